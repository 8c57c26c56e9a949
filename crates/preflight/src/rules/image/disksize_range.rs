//! IMG-DISKSIZE-RANGE: the disk has a size that can be imported.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "IMG-DISKSIZE-RANGE",
    aliases: &["image_check.disk-size"],
    title: "The size of the disk is within the limits",
    severity: Severity::Reject,
    confidence: Confidence::Current,
    source: "ImportImage, DiskDeviceMapping.N.DiskImageSize; errors InvalidImageSize, InvalidDataDiskSize",
    docs: "\
# What it checks
The size of the disk in whole GiB, or the declared DiskImageSize, against the limits of the profile: 1 to 2048 GiB
today; 5 to 500 (data disks 1000) in 2021; 40 to 500 (data disks 5 to 2000) before that.

# Why ECS needs it
The size of the disk in the image, not of the file, becomes the size of the cloud disk. Beyond the limits the request is
refused with InvalidImageSize or InvalidDataDiskSize.

# How to fix
Declare a larger DiskImageSize for a disk that is too small (`--disk-image-size 40`); the disk grows on import. A disk
that is too large must be made smaller in the guest, filesystems and partitions first.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    if facts.image.file_size == 0 && facts.image.format.reason().is_none() {
        return Err(Undecided::skipped("the file is empty (see IMG-ZERO)"));
    }
    let (low, high) = match target.disk {
        DiskUse::System => target.profile.system_gib,
        DiskUse::Data => target.profile.data_gib,
    };
    let bytes = *present(&facts.image.virtual_size, "there is no disk in the image")?;
    let (size, whose) = match target.request.disk_image_size_gib {
        Some(declared) => (declared, "DiskImageSize is declared as"),
        None => (bytes.div_ceil(1 << 30), "the disk needs a DiskImageSize of"),
    };
    if (low..=high).contains(&size) {
        return passed();
    }
    let remedy = match size < low {
        true => format!("declare --disk-image-size {low}, which makes the disk larger"),
        false => format!("make filesystems, partitions and the disk smaller than {high} GiB, or split the data off"),
    };
    let message = format!("{whose} {size} GiB, and {low} to {high} GiB are allowed ({})", target.profile.name);
    let at = file(facts, format!("virtual size {bytes} bytes"));
    Ok(vec![Finding::new(message, remedy).at(at)])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::Profile;
    use crate::testing::*;

    cases! {
        fires: |facts, _| facts.image.virtual_size = is(3 << 40),
        passes: |_, _| (),
        undecided: |facts, _| facts.image.virtual_size = Known::unknown("the header is damaged"),
    }

    fn in_2019(target: &mut Target) {
        target.profile = Profile::named("2019").unwrap();
    }

    #[test]
    fn the_profile_decides() {
        let small = findings(&RULE, |_, target| in_2019(target));
        assert!(small[0].message.contains("40 to 500 GiB"), "{small:?}");
        crate::testing::passes(&RULE, |_, target| {
            in_2019(target);
            target.request.disk_image_size_gib = Some(40);
        });
        crate::testing::passes(&RULE, |facts, target| {
            in_2019(target);
            target.disk = DiskUse::Data;
            facts.image.virtual_size = is(2000 << 30);
        });
        crate::testing::fires(&RULE, |facts, _| facts.image.virtual_size = is(0));
    }
}
