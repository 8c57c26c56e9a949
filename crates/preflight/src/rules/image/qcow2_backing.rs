//! IMG-QCOW2-BACKING: a QCOW2 holds all of its disk, in the clear.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "IMG-QCOW2-BACKING",
    aliases: &[],
    title: "A QCOW2 holds all of its disk, unencrypted",
    severity: Severity::Reject,
    confidence: Confidence::Derived,
    source: "derived: one object is imported per disk; QEMU docs/interop/qcow2.rst",
    docs: "\
# What it checks
Whether the QCOW2 refers to a backing file or an external data file, or is encrypted.

# Why ECS needs it
One object is uploaded per disk. What lies in another file does not come along, and there is no way to pass on the key
of an encrypted image.

# How to fix
Convert the image on the machine where the other files are: `qemu-img convert -O qcow2 disk.qcow2 whole.qcow2` copies
what the backing file holds; for an encrypted image give the key with `--object secret,id=…` and `--image-opts`.
",
    check,
};

fn check(facts: &Facts, _: &Target) -> Judged {
    of_format(facts, "qcow2")?;
    let qcow2 = facts.image.qcow2.as_ref().ok_or_else(|| Undecided::unknown("the QCOW2 header was not read"))?;
    let path = shell_word(&facts.image.path);
    let whole = format!("convert it where that file is: qemu-img convert -O qcow2 {path} whole.qcow2");
    let mut found = Vec::new();
    if let Some(name) = &qcow2.backing_file {
        let at = file(facts, format!("backing file {name}"));
        found.push(Finding::new(format!("the image needs its backing file {name}"), whole.clone()).at(at));
    }
    if let Some(name) = &qcow2.data_file {
        let at = file(facts, format!("external data file {name}"));
        found.push(Finding::new("the content of the image lies in another file", whole).at(at));
    }
    if let Some(kind) = &qcow2.encryption {
        let remedy = "convert it to an unencrypted image, giving qemu-img the key with --object secret";
        found.push(Finding::new("the image is encrypted", remedy).at(file(facts, format!("encryption {kind}"))));
    }
    Ok(found)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn header(facts: &mut Facts) -> &mut Qcow2 {
        facts.image.qcow2.get_or_insert_default()
    }

    cases! {
        fires: |facts, _| header(facts).backing_file = Some("base.img".into()),
        passes: |_, _| (),
        undecided: |facts, _| facts.image.qcow2 = None,
    }

    #[test]
    fn each_reason_is_said() {
        let found = findings(&RULE, |facts, _| {
            header(facts).data_file = Some(String::new());
            header(facts).encryption = Some("luks".into());
        });
        assert_eq!(found.len(), 2);
    }
}
