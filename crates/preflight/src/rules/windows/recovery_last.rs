//! WIN-RECOVERY-LAST: no recovery partition is behind Windows.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-RECOVERY-LAST",
    aliases: &[],
    title: "No recovery partition is behind Windows",
    severity: Severity::Degraded,
    confidence: Confidence::Current,
    source: "Troubleshooting of Windows instances, storage",
    docs: "\
# What it checks
Whether a recovery partition lies behind the volume of Windows.

# Why ECS needs it
A volume grows only into free space right behind it. With a recovery partition there Windows stays as small as the
image.

# How to fix
Delete the recovery partition, or move it to the front: `reagentc /disable`, then diskpart, `delete partition
override`.
",
    check,
};

/// Types of recovery partitions.
const TYPES: [&str; 2] = ["DE94BBA4-06D1-4D40-A16A-BFD50179D6AC", "0x27"];

fn check(facts: &Facts, target: &Target) -> Judged {
    windows(facts, target)?;
    let start = root(facts)?.offset;
    let Some(start) = start else {
        return Err(Undecided::unknown("where the volume of Windows lies is not known"));
    };
    let behind = facts.volumes.iter().filter(|volume| {
        let kind = volume.partition_type.as_deref().unwrap_or_default();
        TYPES.iter().any(|own| own.eq_ignore_ascii_case(kind)) && volume.offset.is_some_and(|offset| offset > start)
    });
    let finding = |volume: &Volume| {
        let message = format!("{} is a recovery partition behind Windows, which cannot grow", volume.id);
        let place = Evidence::volume(&volume.id, format!("begins at byte {}", volume.offset.unwrap_or_default()));
        Finding::new(message, "delete it: reagentc /disable, then diskpart, delete partition override").at(place)
    };
    Ok(behind.map(finding).collect())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn recovery(facts: &mut Facts, offset: u64) {
        let mut volume = facts.volumes[0].clone();
        (volume.id, volume.offset) = (VolumeId::partition(3), Some(offset));
        volume.partition_type = Some("0x27".into());
        facts.volumes.push(volume);
    }

    cases! {
        fires: |facts, _| recovery(facts, 1 << 40),
        passes: |facts, _| recovery(facts, 512),
        undecided: |facts, _| facts.volumes[1].offset = None,
    }
}
