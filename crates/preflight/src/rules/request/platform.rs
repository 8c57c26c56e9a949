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
    let mut tally = Tally::default();
    let platform = declared.unwrap_or(&found.value);
    if platform != found.value && platform != OTHERS && platform != "Customized Linux" {
        let message = format!("Platform is declared as {platform}, the disk holds {}", found.value);
        let finding = Finding::new(message, format!("declare --platform \"{}\"", found.value));
        tally.fail(finding.at_all(&found.evidence).only(Severity::Degraded));
    }
    if platform == OTHERS {
        let message = "for Others Linux nothing is configured in an instance: network, host name, password";
        let remedy = match found.value.as_str() {
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
}
