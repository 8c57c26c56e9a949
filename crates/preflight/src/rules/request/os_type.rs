//! REQ-OS-TYPE: OSType is linux or windows, and that of the system.

use super::arch::sent;
use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "REQ-OS-TYPE",
    aliases: &[],
    title: "OSType is that of the system",
    severity: Severity::Reject,
    confidence: Confidence::Current,
    source: "ImportImage, OSType; error InvalidOSType.Malformed (SDK model 7.11.8)",
    docs: "\
# What it checks
Whether a declared OSType is `linux` or `windows`, and that of the system on the disk. FreeBSD counts as linux.

# Why ECS needs it
Another value is refused with InvalidOSType.Malformed. A wrong one is believed, and the instance is configured and
billed as the other system.

# How to fix
Declare `--os-type linux` or `--os-type windows`, or leave it out for Linux, which is the default.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    system_disk(target)?;
    let Some(declared) = target.request.os_type.as_deref() else {
        return Err(Undecided::skipped("no OSType is declared"));
    };
    if !matches!(declared, "linux" | "windows") {
        let message = format!("OSType {declared} does not exist");
        return Ok(vec![
            Finding::new(message, "declare --os-type linux or --os-type windows").at(sent("OSType", declared)),
        ]);
    }
    let really = if guest(facts, target)?.os == Os::Windows { "windows" } else { "linux" };
    if declared == really {
        return passed();
    }
    let message = format!("OSType is declared as {declared}, the system on the disk is {really}");
    let finding = Finding::new(message, format!("declare --os-type {really}")).at(sent("OSType", declared));
    Ok(vec![finding.only(Severity::Degraded)])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |_, target| target.request.os_type = Some("Linux".into()),
        passes: |_, target| target.request.os_type = Some("linux".into()),
        undecided: |_, _| (),
    }

    #[test]
    fn the_wrong_one_of_two_is_a_warning() {
        let found = findings(&RULE, |_, target| target.request.os_type = Some("windows".into()));
        assert_eq!(found[0].severity, Severity::Degraded);
    }
}
