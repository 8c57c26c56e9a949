//! REQ-FORMAT: Format is a word that the service knows.

use super::arch::sent;
use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "REQ-FORMAT",
    aliases: &[],
    title: "Format is a word that the import knows",
    severity: Severity::Reject,
    confidence: Confidence::Current,
    source: "ImportImage, DiskDeviceMapping.N.Format; error InvalidImageFormat.Malformed (SDK model 7.11.8)",
    docs: "\
# What it checks
Whether a declared Format is RAW, VHD or QCOW2, in letters of either case, or VMDK, which is taken by invitation only.
Whether the image has that format is the question of IMG-FORMAT-HINT.

# Why ECS needs it
Another word is refused with InvalidImageFormat.Malformed, those of other programs for the same formats (`vpc`, `img`)
too.

# How to fix
Declare `--object-format RAW`, VHD or QCOW2, or leave it out: the content says which it is.
",
    check,
};

fn check(_: &Facts, target: &Target) -> Judged {
    let Some(declared) = target.request.format.as_deref() else {
        return Err(Undecided::skipped("no Format is declared"));
    };
    let at = sent("Format", declared);
    match declared.to_ascii_uppercase().as_str() {
        "RAW" | "VHD" | "QCOW2" => passed(),
        "VMDK" => {
            let remedy = "convert it, bootworthy convert -O qcow2 IN OUT, unless your account has been invited";
            Ok(vec![Finding::new("Format VMDK is taken by invitation only", remedy).at(at).only(Severity::Degraded)])
        }
        _ => {
            let message = format!("Format {declared} does not exist");
            Ok(vec![Finding::new(message, "declare --object-format RAW, VHD or QCOW2, or leave it out").at(at)])
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |_, target| target.request.format = Some("vpc".into()),
        passes: |_, target| target.request.format = Some("qcow2".into()),
        undecided: |_, _| (),
    }

    #[test]
    fn vmdk_is_a_warning() {
        let found = findings(&RULE, |_, target| target.request.format = Some("VMDK".into()));
        assert_eq!(found[0].severity, Severity::Degraded);
    }
}
