//! IMG-QCOW2-DIRTY: the metadata of a QCOW2 is sound.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "IMG-QCOW2-DIRTY",
    aliases: &[],
    title: "The metadata of a QCOW2 is sound",
    severity: Severity::Reject,
    confidence: Confidence::Derived,
    source: "derived from QEMU docs/interop/qcow2.rst",
    docs: "\
# What it checks
The dirty and corrupt bits of a QCOW2, and whether all of its tables lie in the file and do not overlap.

# Why ECS needs it
A table that points outside the file, most often after a download that was cut short, makes the import fail, or gives
a disk with holes that does not boot. The dirty bit alone says that a writer stopped without closing the image: the
content is readable, and only the reference counts may be wrong.

# How to fix
Fetch a damaged image again, or convert the original disk again. For the dirty bit: `qemu-img check -r all disk.qcow2`.
",
    check,
};

fn check(facts: &Facts, _: &Target) -> Judged {
    of_format(facts, "qcow2")?;
    let path = shell_word(&facts.image.path);
    let mut tally = Tally::default();
    match &facts.image.qcow2 {
        None => tally.doubt("the QCOW2 header was not read"),
        Some(header) => {
            if header.corrupt {
                let remedy = format!("convert the original disk again; qemu-img check {path} says what is damaged");
                let at = file(facts, "corrupt bit in the header");
                tally.fail(Finding::new("a program that wrote this image found it damaged", remedy).at(at));
            }
            if header.dirty {
                let remedy = format!("close it properly: qemu-img check -r all {path}");
                let finding = Finding::new("the image was not closed by the program that wrote it", remedy);
                tally.fail(finding.at(file(facts, "dirty bit in the header")).only(Severity::Degraded));
            }
        }
    }
    if let Some(damage) = tally.value(&facts.image.damage).filter(|damage| !damage.is_empty()) {
        let remedy = "fetch the image again, or convert the original disk again";
        tally.fail(Finding::new("the structure of the image is damaged", remedy).at_all(damage));
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| facts.image.damage = is(vec![Evidence::disk(262_144, "L2 table past the end of the file")]),
        passes: |_, _| (),
        undecided: |facts, _| facts.image.damage = Known::unknown("the tables were not walked"),
    }

    #[test]
    fn dirty_is_a_warning_and_corrupt_is_not() {
        let dirty = findings(&RULE, |facts, _| facts.image.qcow2.get_or_insert_default().dirty = true);
        assert_eq!(dirty[0].severity, Severity::Degraded);
        let corrupt = findings(&RULE, |facts, _| facts.image.qcow2.get_or_insert_default().corrupt = true);
        assert_eq!(corrupt[0].severity, Severity::Reject);
    }
}
