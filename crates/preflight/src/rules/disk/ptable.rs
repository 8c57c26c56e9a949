//! LNX-PTABLE: the partition table is an MBR or a GPT, and sound.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-PTABLE",
    aliases: &["image_check.partition-table"],
    title: "The partition table is sound",
    severity: Severity::NoBoot,
    confidence: Confidence::Derived,
    source: "Instructions for importing images (2021): MBR and GPT; derived from UEFI 2.10, section 5",
    docs: "\
# What it checks
Whether the disk has an MBR or a GPT, and what is wrong with it: partitions that overlap or reach past the end of the
disk, damaged or differing copies of a GPT, a backup GPT that is not in the last sector.

# Why ECS needs it
Firmware, boot loader and kernel find the system by this table. A partition that reaches past the end of the disk is
the mark of an image that was cut short. A backup GPT that is not at the end is the mark of a disk that was resized: it
boots, but tools refuse to grow a partition before that is put right.

# How to fix
`sgdisk -v disk.raw` says what is wrong. `sgdisk -e disk.raw` moves the backup GPT to the end. An image that was cut
short must be fetched or converted again.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let disk = present(&facts.disk, "there is no disk in the image")?;
    let mut tally = Tally::default();
    let table = tally.value(&disk.table);
    for problem in &disk.problems {
        let severe = problem.severe && target.disk == DiskUse::System;
        let finding =
            Finding::new(sentence(problem), remedy(problem)).at(problem.evidence.clone().saying(problem.id.clone()));
        tally.fail(if severe { finding } else { finding.only(Severity::Degraded) });
    }
    if table.is_none() && disk.table.is_absent() && target.disk == DiskUse::System && facts.guest.value().is_some() {
        let message = "the disk has no partition table: the filesystem is directly on it";
        let remedy = "move the system into a partition; ECS knows MBR and GPT disks";
        let finding = Finding::new(message, remedy).at(Evidence::disk(0, "no partition table"));
        tally.fail(finding.only(Severity::Degraded));
    }
    tally.done()
}

fn sentence(problem: &Problem) -> String {
    match &problem.evidence.text {
        Some(text) => format!("the partition table is not sound: {text}"),
        None => format!("the partition table is not sound ({})", problem.id),
    }
}

fn remedy(problem: &Problem) -> &'static str {
    match problem.id.as_str() {
        "gpt-backup-not-at-end" | "gpt-backup-missing" | "gpt-usable-range" => {
            "fetch the image again if it was cut short; if the disk was resized, run sgdisk -e on a raw copy of it"
        }
        id if id.ends_with("beyond-end") => "the image was cut short: fetch or convert it again",
        _ => "sgdisk -v on a raw copy of the disk says more; write the table anew, or convert the original disk again",
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn problem(facts: &mut Facts, severe: bool) {
        let evidence = Evidence::disk(512, "the backup header lies past the end of the disk");
        of(&mut facts.disk).problems = vec![Problem { id: "gpt-backup-not-at-end".into(), severe, evidence }];
    }

    cases! {
        fires: |facts, _| problem(facts, true),
        passes: |_, _| (),
        undecided: |facts, _| of(&mut facts.disk).table = Known::unknown("sector 0 could not be read"),
    }

    #[test]
    fn what_can_still_be_relied_on_is_a_warning() {
        assert_eq!(findings(&RULE, |facts, _| problem(facts, false))[0].severity, Severity::Degraded);
        let data = findings(&RULE, |facts, target| {
            problem(facts, true);
            target.disk = DiskUse::Data;
        });
        assert_eq!(data[0].severity, Severity::Degraded);
        assert_eq!(findings(&RULE, |facts, _| of(&mut facts.disk).table = Known::Absent).len(), 1);
    }
}
