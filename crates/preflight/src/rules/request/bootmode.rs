//! IMG-BOOTMODE: the declared BootMode exists, and goes with the architecture.

use super::arch::sent;
use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "IMG-BOOTMODE",
    aliases: &["GUESTOS.BootMode"],
    title: "The declared BootMode exists",
    severity: Severity::Reject,
    confidence: Confidence::Current,
    source: "ImportImage, BootMode; errors InvalidBootMode.* (SDK model 7.11.8)",
    docs: "\
# What it checks
Whether a declared BootMode is BIOS or UEFI, and not BIOS for an arm64 image. Whether the disk can boot that way is the
question of LNX-BOOT-DECLARED.

# Why ECS needs it
Another value is refused with InvalidBootMode.Malformed, BIOS for arm64 with InvalidBootMode.NotSupport. UEFI-Preferred
is an attribute that an image can be given later, not a value of the import.

# How to fix
Declare `--boot-mode BIOS` or `--boot-mode UEFI`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    system_disk(target)?;
    let Some(mode) = &target.request.boot_mode else { return Err(Undecided::skipped("no BootMode is declared")) };
    let detected = facts.guest.value().and_then(|guest| guest.architecture.value()).map(|found| found.value);
    let arm = match &target.request.architecture {
        Some(declared) => declared == "arm64",
        None => detected == Some(Architecture::Arm64),
    };
    let message = match mode.as_str() {
        "UEFI" => return passed(),
        "BIOS" if arm => "BIOS is not a BootMode of arm64 images".to_string(),
        "BIOS" => return passed(),
        other => format!("BootMode {other} does not exist"),
    };
    let remedy = if arm { "declare --boot-mode UEFI" } else { "declare --boot-mode BIOS or --boot-mode UEFI" };
    Ok(vec![Finding::new(message, remedy).at(sent("BootMode", mode))])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |_, target| target.request.boot_mode = Some("UEFI-Preferred".into()),
        passes: |_, target| target.request.boot_mode = Some("BIOS".into()),
        undecided: |_, _| (),
    }

    #[test]
    fn arm_has_uefi_only() {
        let found = findings(&RULE, |_, target| {
            target.request.boot_mode = Some("BIOS".into());
            target.request.architecture = Some("arm64".into());
        });
        assert_eq!(found.len(), 1);
    }
}
