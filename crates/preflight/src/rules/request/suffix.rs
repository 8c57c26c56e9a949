//! IMG-SUFFIX: the object is named after the format.

use super::arch::sent;
use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "IMG-SUFFIX",
    aliases: &[],
    title: "The object key ends in the format's suffix",
    severity: Severity::Reject,
    confidence: Confidence::Current,
    source: "ImportImage, error UnsupportedSuffix.OSSObject (API reference 2025-05); the list is not published",
    docs: "\
# What it checks
Whether the key of the object to upload to ends in `.qcow2`, `.vhd` or `.raw`, and in that of the image's format.

# Why ECS needs it
A suffix that the service does not know is refused with UnsupportedSuffix.OSSObject. Which it knows is not published;
these three are known to work. The suffix of another format misleads whoever reads the bucket.

# How to fix
Name the object `NAME.qcow2`, `NAME.vhd` or `NAME.raw`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let Some(key) = target.request.object_key.as_deref() else {
        return Err(Undecided::skipped("no object key is declared"));
    };
    let format = format(facts)?;
    let name = key.rsplit('/').next().unwrap_or(key);
    let suffix = name.rsplit_once('.').map_or("", |(_, suffix)| suffix);
    let remedy = format!("name the object so that it ends in .{format}");
    let at = sent("OSSObject", key);
    match suffix.to_ascii_lowercase().as_str() {
        known if known == format => passed(),
        "qcow2" | "vhd" | "raw" => {
            let message = format!("the object key ends in .{suffix}, the image is {format}");
            Ok(vec![Finding::new(message, remedy).at(at).only(Severity::Degraded)])
        }
        "" => {
            let message = "the object key has no suffix: whether the service takes that is not published";
            Ok(vec![Finding::new(message, remedy).at(at).only(Severity::Degraded)])
        }
        _ => Ok(vec![Finding::new(format!("the suffix .{suffix} is none that is known to work"), remedy).at(at)]),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |_, target| target.request.object_key = Some("images/disk.bin".into()),
        passes: |_, target| target.request.object_key = Some("images/v1.2/disk.qcow2".into()),
        undecided: |_, _| (),
    }

    #[test]
    fn none_or_another_is_a_warning() {
        for key in ["v1.2/disk", "disk.vhd"] {
            let mut target = Target::default();
            target.request.object_key = Some(key.into());
            assert_eq!(RULE.judge(&bios(), &target).findings()[0].severity, Severity::Degraded, "{key}");
        }
    }
}
