//! IMG-FORMAT-HINT: name, declared format and content agree, and the content is of one format only.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "IMG-FORMAT-HINT",
    aliases: &[],
    title: "Name and declared format agree with the content",
    severity: Severity::Reject,
    confidence: Confidence::Current,
    source: "ImportImage, DiskDeviceMapping.N.Format (API reference 2025-05; SDK model 7.11.8)",
    docs: "\
# What it checks
Whether the declared format and the suffix of the file name say what the content is, and whether the content bears the
marks of one format only.

# Why ECS needs it
The format may be left out of the request, and is then detected. If it is sent, it must be right. A file that can be
read as two formats is read as one by one program and as the other by the next, which is how an upload becomes
something else than what was tested.

# How to fix
Leave the format out or send the right one, and rename the file after its content. Where the content is of two
formats, convert it anew: `qemu-img convert -f FORMAT -O qcow2 disk disk.qcow2`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let image = &facts.image;
    let format = format(facts)?;
    let seen = || file(facts, format!("its content is {format}"));
    let mut tally = Tally::default();
    if let Some(declared) = target.request.format.as_deref().filter(|declared| !same(declared, format)) {
        let remedy = format!("send Format {}, or leave it out", format.to_uppercase());
        tally.fail(Finding::new(format!("Format is declared as {declared}, the image is {format}"), remedy).at(seen()));
    }
    if let Some(named) = image.named_as.as_deref().filter(|named| !same(named, format)) {
        let message = format!("the file is named as {named}, its content is {format}");
        let remedy = format!("rename the file so that its suffix is .{format}");
        tally.fail(Finding::new(message, remedy).at(seen()).only(Severity::Info));
    }
    for other in &image.also_looks_like {
        let message = format!("the image is {format} and bears the marks of {other} as well");
        let remedy = format!("convert it anew, saying what it is: qemu-img convert -f {format} -O qcow2 IN OUT");
        let marks = file(facts, format!("marks of {format} and {other}"));
        tally.fail(Finding::new(message, remedy).at(marks).only(Severity::Degraded));
    }
    tally.done()
}

/// Whether two names mean one format: `vpc` is QEMU's name for VHD, `img` says nothing but raw.
fn same(a: &str, b: &str) -> bool {
    let plain = |name: &str| match name.to_ascii_lowercase().as_str() {
        "vpc" => "vhd".to_string(),
        "img" => "raw".to_string(),
        other => other.to_string(),
    };
    plain(a) == plain(b)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |_, target| target.request.format = Some("RAW".into()),
        passes: |_, target| target.request.format = Some("QCOW2".into()),
        undecided: |facts, _| facts.image.format = Known::unknown("the file could not be read"),
    }

    #[test]
    fn a_wrong_name_is_a_note_and_two_formats_a_warning() {
        let named = findings(&RULE, |facts, _| facts.image.named_as = Some("raw".into()));
        assert_eq!(named[0].severity, Severity::Info);
        let both = findings(&RULE, |facts, _| facts.image.also_looks_like = vec!["iso".into()]);
        assert_eq!(both[0].severity, Severity::Degraded);
        assert!(same("VPC", "vhd"));
    }
}
