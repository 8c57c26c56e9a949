//! LNX-MDRAID: the system is not spread over a RAID of several disks.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-MDRAID",
    aliases: &[],
    title: "The system is not on a software RAID",
    severity: Severity::NoBoot,
    confidence: Confidence::Derived,
    source: "derived: an image holds one disk; md superblock formats",
    docs: "\
# What it checks
Whether a volume of the disk is a member of a Linux software RAID (md).

# Why ECS needs it
The other members are on other disks. A system whose root is on such an array does not boot without them, or waits and
boots degraded where it is a mirror.

# How to fix
Copy the system to a plain partition before the import, or import all member disks and attach them before the first
boot. An array for data only: mark it `nofail` in /etc/fstab.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    system_disk(target)?;
    known(&facts.disk)?;
    let mut tally = Tally::default();
    for volume in &facts.volumes {
        let Known::Is(Content::Member { of, name, .. }) = &volume.content else {
            if facts.guest.value().is_none() {
                tally.value(&volume.content);
            }
            continue;
        };
        if of != "md" {
            continue;
        }
        let array = name.as_ref().map_or(String::new(), |name| format!(" {name}"));
        let finding = Finding::new(
            format!("{} is a member of the RAID{array}", volume.id),
            "copy the system to a plain partition, or import all member disks; nofail for an array of data",
        )
        .at(Evidence::volume(&volume.id, "md superblock"));
        // A root that was read on an array was read of this image: a mirror that starts with one leg, or all of it.
        let holds_root = facts.guest.value().is_none();
        tally.fail(if holds_root { finding } else { finding.only(Severity::Degraded) });
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn member(facts: &mut Facts) {
        let content = Content::Member { of: "md".into(), uuid: None, name: Some("host:0".into()) };
        facts.volumes.push(Volume { id: VolumeId::partition(2), content: is(content), ..Volume::default() });
    }

    cases! {
        fires: |facts, _| { member(facts); facts.guest = Known::Absent },
        passes: |_, _| (),
        undecided: |_, target| target.disk = DiskUse::Data,
    }

    #[test]
    fn a_root_that_was_read_on_an_array_boots() {
        let found = findings(&RULE, |facts, _| {
            member(facts);
            guest_of(facts).root = VolumeId::md("host:0");
        });
        assert_eq!(found[0].severity, Severity::Degraded);
    }

    #[test]
    fn beside_a_plain_root_it_is_a_warning() {
        assert_eq!(findings(&RULE, |facts, _| member(facts))[0].severity, Severity::Degraded);
    }
}
