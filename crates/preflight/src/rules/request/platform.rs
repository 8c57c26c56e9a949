//! IMG-PLATFORM: the Platform exists, and is that of the system on the disk.

use super::arch::sent;
use crate::rules::prelude::*;

/// Values of `Platform` (SDK model 7.11.8), Linux and Unix first.
const PLATFORMS: [&str; 27] = [
    "Aliyun",
    "Anolis",
    "CentOS",
    "Ubuntu",
    "CoreOS",
    "SUSE",
    "Debian",
    "OpenSUSE",
    "FreeBSD",
    "RedHat",
    "Kylin",
    "UOS",
    "Fedora",
    "Fedora CoreOS",
    "CentOS Stream",
    "AlmaLinux",
    "Rocky Linux",
    "Gentoo",
    "Customized Linux",
    "Others Linux",
    "Windows Server 2022",
    "Windows Server 2019",
    "Windows Server 2016",
    "Windows Server 2012",
    "Windows Server 2008",
    "Windows Server 2003",
    "Other Windows",
];
/// The value for what has no other, for which nothing is configured.
const OTHERS: &str = "Others Linux";

/// The `Platform` of a system that goes by that name: the name, if the API knows it, or that of the others.
pub fn platform_of(os: Os, name: &str) -> &str {
    match os {
        _ if PLATFORMS.contains(&name) => name,
        Os::Windows => "Other Windows",
        Os::FreeBsd => "FreeBSD",
        Os::Linux => OTHERS,
    }
}

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "IMG-PLATFORM",
    aliases: &["GUESTOS.Platform"],
    title: "The Platform is right",
    severity: Severity::Reject,
    confidence: Confidence::Current,
    source: "ImportImage, Platform; error InvalidPlatform.Malformed (SDK model 7.11.8)",
    docs: "\
# What it checks
Whether a declared Platform is one that exists, spelled exactly, and is that of the system on the disk. Where none is
declared, whether the system has a Platform of its own.

# Why ECS needs it
Another value is refused with InvalidPlatform.Malformed. By the Platform the service decides how it configures a new
instance: for Others Linux it configures nothing.

# How to fix
Declare what the disk holds, `--platform Debian`, or leave it out and use what `inspect` finds.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    system_disk(target)?;
    let declared = target.request.platform.as_deref();
    if let Some(declared) = declared.filter(|declared| !PLATFORMS.contains(declared)) {
        let message = format!("Platform {declared} does not exist");
        let close = PLATFORMS.iter().find(|platform| platform.eq_ignore_ascii_case(declared));
        let remedy = close.map_or_else(
            || format!("declare one of {}", PLATFORMS.join(", ")),
            |platform| format!("write it as {platform}"),
        );
        return Ok(vec![Finding::new(message, remedy).at(sent("Platform", declared))]);
    }
    let guest = guest(facts, target)?;
    let found = present(&guest.platform, "the system names no Platform")?;
    let holds = platform_of(guest.os, &found.value);
    let mut tally = Tally::default();
    let platform = declared.unwrap_or(holds);
    if platform != holds && platform != OTHERS && platform != "Customized Linux" {
        let message = format!("Platform is declared as {platform}, the disk holds {}", found.value);
        let finding = Finding::new(message, format!("declare --platform \"{holds}\""));
        tally.fail(finding.at_all(&found.evidence).only(Severity::Degraded));
    }
    if platform == OTHERS {
        let message = "for Others Linux nothing is configured in an instance: network, host name, password";
        let remedy = match holds {
            OTHERS => "make sure that the image configures itself: DHCP, cloud-init, a known password".to_string(),
            other => format!("declare --platform \"{other}\", which the disk holds"),
        };
        tally.fail(Finding::new(message, remedy).at_all(&found.evidence).only(Severity::Degraded));
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |_, target| target.request.platform = Some("debian".into()),
        passes: |_, target| target.request.platform = Some("Debian".into()),
        undecided: |facts, _| guest_of(facts).platform = Known::unknown("no release file could be read"),
    }

    #[test]
    fn another_platform_is_a_warning_and_others_linux_too() {
        let other = findings(&RULE, |_, target| target.request.platform = Some("CentOS".into()));
        assert_eq!(other[0].severity, Severity::Degraded);
        let others = findings(&RULE, |_, target| target.request.platform = Some(OTHERS.into()));
        assert!(others[0].remedy.contains("--platform \"Debian\""));
    }

    #[test]
    fn what_the_api_has_no_name_for_is_another() {
        assert_eq!(platform_of(Os::Windows, "Windows Server 2019"), "Windows Server 2019");
        assert_eq!(platform_of(Os::Windows, "Windows 10"), "Other Windows");
        assert_eq!(platform_of(Os::Linux, "Linux Mint"), OTHERS);
        crate::testing::passes(&RULE, |facts, target| {
            *facts = windows_2019();
            of(&mut guest_of(facts).platform).value = "Windows 10".into();
            target.request.platform = Some("Other Windows".into());
        });
    }
}
