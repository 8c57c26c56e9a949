//! CUS-PART1-RW: the first partition of a Customized Linux can be written to.

use super::part1_fs::first_partition;
use crate::rules::prelude::*;

/// Bytes that the configuration of an instance takes, with room to spare.
const NEEDED: u64 = 1 << 20;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "CUS-PART1-RW",
    aliases: &[],
    title: "The first partition of Customized Linux can be written to",
    severity: Severity::Degraded,
    confidence: Confidence::Old,
    source: "Customize Linux images (2021)",
    docs: "\
# What it checks
For the Platform Customized Linux: whether the filesystem on the first partition was unmounted cleanly, is not marked
read-only, and has a MiB free.

# Why ECS needs it
The platform writes the configuration of a new instance into it, from outside. It does not mount a filesystem for
writing that is damaged or must be recovered first.

# How to fix
Shut the source machine down before its disk is copied; check the filesystem with `e2fsck -f`; make room.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let volume = first_partition(facts, target)?;
    let Some(filesystem) = volume.filesystem() else {
        return Err(Undecided::unknown("the filesystem on the first partition could not be read"));
    };
    let mut tally = Tally::default();
    let mut wrong = Vec::new();
    if tally.value(&filesystem.clean) == Some(&false) {
        wrong.push("was not unmounted cleanly");
    }
    if filesystem.features.iter().any(|feature| feature == "read-only" || feature == "readonly") {
        wrong.push("is marked read-only");
    }
    if tally.value(&filesystem.free).is_some_and(|free| *free < NEEDED) {
        wrong.push("is full");
    }
    if !wrong.is_empty() {
        let message = format!("the filesystem on the first partition {}", wrong.join(", and "));
        let remedy = "shut the source machine down cleanly, check the filesystem with e2fsck -f, and make room on it";
        tally.fail(Finding::new(message, remedy).at(Evidence::volume(&volume.id, wrong.join(", "))));
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use crate::testing::*;

    cases! {
        fires: |facts, target| { customize(target); root_fs(facts).clean = is(false) },
        passes: |_, target| customize(target),
        undecided: |_, _| (),
    }
}
