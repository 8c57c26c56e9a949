//! LNX-CONSOLE: the kernel writes to the serial console.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-CONSOLE",
    aliases: &[],
    title: "The kernel writes to the serial console",
    severity: Severity::Info,
    confidence: Confidence::Derived,
    source: "derived: GetInstanceConsoleOutput reads the serial port",
    docs: "\
# What it checks
Whether the command line of the entry that boots has `console=ttyS0`, on Arm `console=ttyAMA0`.

# Why ECS needs it
What the system prints at boot is kept from its first serial port (GetInstanceConsoleOutput). Without it a system that
does not come up leaves nothing to read but the picture of its screen.

# How to fix
Add `console=tty0 console=ttyS0,115200n8` to GRUB_CMDLINE_LINUX in /etc/default/grub and write the configuration anew;
with BLS entries `grubby --update-kernel=ALL --args=console=ttyS0,115200n8`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, _) = linux(facts, target)?;
    let entry = boot_entry(guest)?;
    let arm = guest.architecture.value().is_some_and(|found| found.value == Architecture::Arm64);
    let port = if arm { "ttyAMA0" } else { "ttyS0" };
    let has = |value: &str| value.split(',').next() == Some(port);
    if parameters(&entry.cmdline).any(|(name, value)| name == "console" && value.is_some_and(has)) {
        return passed();
    }
    let message = format!("console={port} is not on the command line: the console output of an instance stays empty");
    let remedy = format!("add console=tty0 console={port},115200n8 to GRUB_CMDLINE_LINUX in /etc/default/grub");
    Ok(vec![Finding::new(message, remedy).at(entry.evidence.clone().saying(entry.cmdline.clone()))])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| entry_of(facts).cmdline = "root=/dev/sda1 quiet".into(),
        passes: |_, _| (),
        undecided: |facts, _| guest_of(facts).loader = Known::unknown("/boot could not be read"),
    }
}
