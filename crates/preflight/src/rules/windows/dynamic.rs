//! WIN-DYNAMIC: the disk is basic, not dynamic.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-DYNAMIC",
    aliases: &[],
    title: "The disk is basic, not dynamic",
    severity: Severity::Degraded,
    confidence: Confidence::Derived,
    source: "derived from how Windows works; Troubleshooting of Windows instances, storage",
    docs: "\
# What it checks
Whether a partition is of the type of dynamic disks (MBR 0x42, or the LDM types of GPT).

# Why ECS needs it
The volumes of a dynamic disk are not partitions: the platform cannot read or grow them.

# How to fix
Make the disk a basic one with a tool for it, or install Windows on a basic disk.
",
    check,
};

/// Types of partitions of dynamic disks: metadata and data (GPT), and MBR.
const TYPES: [&str; 3] = ["5808C8AA-7E8F-42E0-85D2-E1E90434CFB3", "AF9B60A0-1431-4F62-BC68-3311714A69AD", "0x42"];

fn check(facts: &Facts, target: &Target) -> Judged {
    system_disk(target)?;
    let dynamic = |volume: &&Volume| {
        volume.partition_type.as_deref().is_some_and(|kind| TYPES.iter().any(|own| own.eq_ignore_ascii_case(kind)))
    };
    let found: Vec<_> = facts.volumes.iter().filter(dynamic).collect();
    if found.is_empty() {
        windows(facts, target)?;
        if facts.volumes.is_empty() {
            return Err(Undecided::unknown("no volume is listed"));
        }
        return passed();
    }
    let places: Vec<_> = found.iter().map(|volume| Evidence::volume(&volume.id, "dynamic disk (LDM)")).collect();
    let finding = Finding::new("the disk is a dynamic one: it cannot be grown or examined", "make it a basic disk");
    Ok(vec![finding.at_all(&places)])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| facts.volumes[1].partition_type = Some("0x42".into()),
        passes: |_, _| (),
        undecided: |facts, _| facts.guest = Known::unknown("no volume could be read"),
    }
}
