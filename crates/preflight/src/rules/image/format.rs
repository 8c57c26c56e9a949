//! IMG-FORMAT: the image is RAW, VHD or QCOW2.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "IMG-FORMAT",
    aliases: &[],
    title: "The image is RAW, VHD or QCOW2",
    severity: Severity::Reject,
    confidence: Confidence::Current,
    source: "ImportImage, DiskDeviceMapping.N.Format (API reference 2025-05; SDK model 7.11.8)",
    docs: "\
# What it checks
The format of the image by its content, whatever its name says.

# Why ECS needs it
ImportImage takes RAW, VHD and QCOW2; VMDK by invitation only. Anything else, such as VHDX, VDI, QED, OVA or an ISO,
is refused with InvalidImageFormat.Malformed, after it has been uploaded.

# How to fix
Convert the image to QCOW2 and import that: `bootworthy convert -O qcow2 disk.vmdk disk.qcow2`, which also unpacks
what is compressed. An ISO becomes a disk that starts from the media in the same way; for an installed system, install
from it into a disk, and import that disk.
",
    check,
};

fn check(facts: &Facts, _: &Target) -> Judged {
    let format = format(facts)?;
    let remedy = match format {
        "raw" | "qcow2" | "vhd" => return passed(),
        name if name.starts_with("iso") => {
            let to = shell_word(&qcow2_name(&facts.image.path));
            let path = shell_word(&facts.image.path);
            format!(
                "install the system from the ISO into a disk, and import that disk; for a disk that starts from the media \
                 themselves: bootworthy convert -O qcow2 {path} {to}"
            )
        }
        _ => {
            let path = shell_word(&facts.image.path);
            format!("convert it: bootworthy convert -O qcow2 {path} {}", shell_word(&qcow2_name(&facts.image.path)))
        }
    };
    let named = format.to_uppercase();
    let message = match format {
        "vmdk" => "the image is VMDK, which ECS takes by invitation only".to_string(),
        _ => format!("the image is {named}, which ECS does not take"),
    };
    Ok(vec![Finding::new(message, remedy).at(file(facts, format!("its content is {named}")))])
}

/// The name with the suffix changed.
fn qcow2_name(path: &str) -> String {
    let stem = path.rsplit_once('.').map_or(path, |(stem, suffix)| if suffix.contains('/') { path } else { stem });
    format!("{stem}.qcow2")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::{cases, findings, is};

    cases! {
        fires: |facts, _| facts.image.format = is("vhdx".into()),
        passes: |_, _| (),
        undecided: |facts, _| facts.image.format = Known::unknown("the file could not be read"),
    }

    #[test]
    fn the_command_is_ready_to_paste() {
        let found = findings(&RULE, |facts, _| {
            facts.image.format = is("vmdk".into());
            facts.image.path = "/tmp/my disk.vmdk".into();
        });
        assert!(found[0].remedy.ends_with("bootworthy convert -O qcow2 '/tmp/my disk.vmdk' '/tmp/my disk.qcow2'"));
        assert_eq!(qcow2_name("dir.d/disk"), "dir.d/disk.qcow2");
    }
}
