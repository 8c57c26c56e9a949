//! IMG-QCOW2-SNAP: a QCOW2 has no internal snapshots.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "IMG-QCOW2-SNAP",
    aliases: &[],
    title: "A QCOW2 carries no internal snapshots",
    severity: Severity::Info,
    confidence: Confidence::Derived,
    source: "derived: snapshots are stored in the file and not imported",
    docs: "\
# What it checks
Whether the QCOW2 holds internal snapshots.

# Why ECS needs it
Only the current state of the disk is imported. Snapshots make the upload longer, and hand older states of the disk,
with whatever was deleted since, to the place it is uploaded to.

# How to fix
Copy the current state alone: `bootworthy convert -O qcow2 disk.qcow2 slim.qcow2`.
",
    check,
};

fn check(facts: &Facts, _: &Target) -> Judged {
    of_format(facts, "qcow2")?;
    let header = facts.image.qcow2.as_ref().ok_or_else(|| Undecided::unknown("the QCOW2 header was not read"))?;
    if header.snapshots == 0 {
        return passed();
    }
    let remedy = format!("drop them: bootworthy convert -O qcow2 {} slim.qcow2", shell_word(&facts.image.path));
    let at = file(facts, format!("{} in the snapshot table", header.snapshots));
    Ok(vec![Finding::new("the file carries internal snapshots, which are not imported", remedy).at(at)])
}

#[cfg(test)]
pub(crate) mod tests {
    use crate::testing::*;

    cases! {
        fires: |facts, _| facts.image.qcow2.get_or_insert_default().snapshots = 2,
        passes: |_, _| (),
        undecided: |facts, _| facts.image.format = is("raw".into()),
    }
}
