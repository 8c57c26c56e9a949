//! WIN-VIRTIO-COMMUNITY: the files of virtio drivers may be replaced.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-VIRTIO-COMMUNITY",
    aliases: &[],
    title: "The files of virtio drivers may be replaced",
    severity: Severity::Degraded,
    confidence: Confidence::Old,
    source: "Import custom images (2021)",
    docs: "\
# What it checks
Whether a file of netkvm, balloon, vioser, viostor or pvpanic has the read-only attribute.

# Why ECS needs it
The platform replaces drivers of the community at the import. It cannot replace files that are read-only.

# How to fix
Take the attribute off in the source system: `attrib -r C:\\Windows\\System32\\drivers\\viostor.sys`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, windows) = windows(facts, target)?;
    let mut tally = Tally::default();
    for name in ["netkvm", "balloon", "vioser", "viostor", "pvpanic"] {
        let Some(driver) = windows_driver(windows, name)? else { continue };
        let Some(file) = tally.value(&driver.service.file) else { continue };
        if tally.value(&file.read_only) == Some(&true) {
            let remedy = format!("attrib -r C:\\Windows\\System32\\drivers\\{name}.sys");
            let message = format!("the file of {name} is read-only and cannot be replaced");
            tally.fail(Finding::new(message, remedy).at(file.evidence.clone()));
        }
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn read_only(facts: &mut Facts) -> &mut Known<bool> {
        &mut of(&mut win_driver(facts, "viostor").service.file).read_only
    }

    cases! {
        fires: |facts, _| *read_only(facts) = is(true),
        passes: |_, _| (),
        undecided: |facts, _| *read_only(facts) = Known::unknown("the attributes could not be read"),
    }
}
