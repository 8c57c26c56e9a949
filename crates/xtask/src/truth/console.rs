//! What a serial console tells of a machine that starts.

/// Words after which a machine does not get to a login by itself.
const ENDS: [&str; 14] = [
    "Kernel panic",
    "No bootable device",
    "No bootable option",
    "UEFI Interactive Shell",
    ">>Start PXE",
    "grub rescue>",
    "grub>",
    "you need to load the kernel first",
    "ALERT!",
    "(initramfs)",
    "can't access tty; job control turned off",
    "You are in emergency mode",
    "Cannot open access to console",
    "for maintenance",
];

/// Words of the guest that say that its own choice was not to start.
const STOPS: [&str; 3] =
    ["Reached target \u{1b}[0;1;39mpoweroff.target", "reboot: Power down", "reboot: System halted"];

/// Parts of the addresses that the emulator's DHCP server gives.
const LEASE: &str = "10.0.2.";

/// The text so far, without control characters but for the ends of lines.
pub(crate) struct Console(pub(crate) String);

impl Console {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Console(String::from_utf8_lossy(bytes).replace('\r', ""))
    }

    /// A line begins with the name of the host and the prompt. Messages of services may come behind it.
    pub(crate) fn asks_for_a_login(&self) -> bool {
        let prompt = |line: &str| line.split_once(" login:").is_some_and(|(host, _)| !host.contains(' '));
        self.0.lines().any(prompt)
    }

    /// The kernel was loaded and runs.
    pub(crate) fn kernel_runs(&self) -> bool {
        self.0.contains("Linux version")
    }

    /// cloud-init's table of interfaces has an address of the emulator's network.
    pub(crate) fn has_a_lease(&self) -> bool {
        let lines = || self.0.lines().filter(|line| line.contains("ci-info:"));
        lines().any(|line| line.contains("True") && line.contains(LEASE))
    }

    /// Why it ends here, if it does.
    pub(crate) fn end(&self) -> Option<&str> {
        let line = |words: &&str| self.0.lines().find(|line| line.contains(words));
        ENDS.iter().chain(&STOPS).find_map(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_is_not_a_message_about_logins() {
        assert!(Console::new(b"\r\nDebian\r\n\r\nreal login: ").asks_for_a_login());
        assert!(Console::new(b"real login: [   71.0] cloud-init[421]: done").asks_for_a_login());
        assert!(!Console::new(b"Starting User Login Management\r\na b login: bad\r\n").asks_for_a_login());
    }

    #[test]
    fn an_end_is_told_by_its_line() {
        let console = Console::new(b"a\r\nALERT!  UUID=1 does not exist.\r\n(initramfs) ");
        assert_eq!(console.end(), Some("ALERT!  UUID=1 does not exist."));
        assert_eq!(Console::new(b"Welcome to GRUB!").end(), None);
    }

    #[test]
    fn a_lease_is_an_address_of_an_interface_that_is_up() {
        assert!(Console::new(b"cloud-init[1]: ci-info: |  eth0  | True | 10.0.2.15 |").has_a_lease());
        assert!(!Console::new(b"cloud-init[1]: ci-info: |  eth0  | False | . |").has_a_lease());
    }
}
