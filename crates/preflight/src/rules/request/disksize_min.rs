//! IMG-DISKSIZE-MIN: the declared size holds the disk.

use super::arch::sent;
use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "IMG-DISKSIZE-MIN",
    aliases: &[],
    title: "The declared DiskImageSize holds the disk",
    severity: Severity::Reject,
    confidence: Confidence::Current,
    source: "ImportImage, DiskDeviceMapping.N.DiskImageSize; error InvalidImageSize (SDK model 7.11.8)",
    docs: "\
# What it checks
Whether a declared DiskImageSize, in GiB, is at least the size of the disk in the image, and of the image file.

# Why ECS needs it
The API asks for the size of the file at least, and the import guide for the size of the disk: what lies behind the end
of the cloud disk is lost, with the end of the last partition and the backup GPT.

# How to fix
Declare the size of the disk, rounded up to whole GiB, or leave it out.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let Some(declared) = target.request.disk_image_size_gib else {
        return Err(Undecided::skipped("no DiskImageSize is declared"));
    };
    let bytes = *present(&facts.image.virtual_size, "there is no disk in the image")?;
    let needed = bytes.max(facts.image.file_size).div_ceil(1 << 30);
    if declared >= needed {
        return passed();
    }
    let message = format!("DiskImageSize is declared as {declared} GiB, the image needs {needed} GiB");
    let finding = Finding::new(message, format!("declare --disk-image-size {needed}, or more"));
    let sizes = format!("virtual size {bytes} bytes, file {} bytes", facts.image.file_size);
    Ok(vec![finding.at(file(facts, sizes)).at(sent("DiskImageSize", &declared.to_string()))])
}

#[cfg(test)]
pub(crate) mod tests {
    use crate::testing::*;

    cases! {
        fires: |_, target| target.request.disk_image_size_gib = Some(3),
        passes: |_, target| target.request.disk_image_size_gib = Some(4),
        undecided: |_, _| (),
    }
}
