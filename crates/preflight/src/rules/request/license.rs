//! IMG-LICENSE: LicenseType goes with the system.

use super::arch::sent;
use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "IMG-LICENSE",
    aliases: &[],
    title: "LicenseType goes with the system",
    severity: Severity::Reject,
    confidence: Confidence::Current,
    source: "ImportImage, LicenseType; errors InvalidLicenseType.* (API reference 2025-05; SDK model 7.11.8)",
    docs: "\
# What it checks
Whether a declared LicenseType is Aliyun or BYOL (Auto, of older versions of the API, is let through), and not Aliyun
for RHEL and SLES, whose licences Alibaba Cloud does not lend to imported images. Windows needs it declared: a warning
until the request is whole.

# Why ECS needs it
A value that does not go with the system is refused with InvalidLicenseType.NotSupported or .BYOLOnly. For Windows the
default has changed over the years from Auto to Aliyun, which is billed.

# How to fix
Declare `--license-type BYOL` for systems with a licence of their own, and leave it out for other Linux systems.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    system_disk(target)?;
    let request = &target.request;
    let found = facts.guest.value().and_then(|guest| guest.platform.value());
    let platform = request.platform.as_deref().or(found.map(|found| found.value.as_str()));
    let windows = request.os_type.as_deref() == Some("windows")
        || platform.is_some_and(|platform| platform.contains("Windows"))
        || facts.guest.value().is_some_and(|guest| guest.os == Os::Windows);
    let Some(license) = request.license_type.as_deref() else {
        if !windows {
            return Err(Undecided::skipped("no LicenseType is declared"));
        }
        let message = "LicenseType is not declared for a Windows image: its default has changed and may be billed";
        let finding = Finding::new(message, "declare --license-type Aliyun or --license-type BYOL")
            .at(sent("Platform", platform.unwrap_or("windows")));
        return Ok(vec![if request.whole { finding } else { finding.only(Severity::Degraded) }]);
    };
    let (message, remedy) = match (license.to_ascii_lowercase().as_str(), platform) {
        ("aliyun", Some(platform @ ("RedHat" | "SUSE"))) => {
            (format!("LicenseType Aliyun is not given to imported {platform} images"), "declare --license-type BYOL")
        }
        ("aliyun" | "byol" | "auto", _) => return passed(),
        _ => (format!("LicenseType {license} does not exist"), "declare --license-type Aliyun or --license-type BYOL"),
    };
    Ok(vec![Finding::new(message, remedy).at(sent("LicenseType", license))])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |_, target| target.request.license_type = Some("Free".into()),
        passes: |_, target| target.request.license_type = Some("BYOL".into()),
        undecided: |_, _| (),
    }

    #[test]
    fn rhel_brings_its_own_and_windows_must_say() {
        let rhel = findings(&RULE, |_, target| {
            target.request.platform = Some("RedHat".into());
            target.request.license_type = Some("Aliyun".into());
        });
        assert_eq!(rhel[0].severity, Severity::Reject);
        let windows = findings(&RULE, |_, target| target.request.platform = Some("Windows Server 2019".into()));
        assert_eq!(windows[0].severity, Severity::Degraded);
        let whole = findings(&RULE, |_, target| {
            target.request.platform = Some("Windows Server 2019".into());
            target.request.whole = true;
        });
        assert_eq!(whole[0].severity, Severity::Reject);
    }
}
