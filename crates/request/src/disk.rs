//! What one disk says of itself: `Format`, `DiskImageSize`, and what its object is called.

use crate::import::{DiskDeviceMapping, mapping};
use crate::origin::{Found, Origin};
use crate::stated::StatedDisk;
use facts::{Evidence, Facts, Image, Known};
use preflight::Profile;

/// Suffixes that say that a file is a disk, and are replaced by the one of its format.
const SUFFIXES: [&str; 10] = ["img", "raw", "dd", "bin", "disk", "qcow2", "qcow", "vhd", "vpc", "vmdk"];

/// `DiskDeviceMapping.N` and where it comes from.
pub(crate) fn disk(
    facts: &Facts,
    number: usize,
    stated: &StatedDisk,
    bucket: Option<&str>,
    profile: &Profile,
) -> (DiskDeviceMapping, Vec<Origin>) {
    let format = format(&facts.image, number, stated.format.as_deref());
    let size = size(&facts.image, number, stated.disk_image_size_gib, profile);
    let key = Origin::of(mapping(number, "OSSObject"), stated.object_key.as_deref(), key(&facts.image));
    let disk = DiskDeviceMapping {
        format: format.sent.clone(),
        oss_bucket: bucket.map(Into::into),
        oss_object: key.sent.clone(),
        disk_image_size: size.sent.as_deref().and_then(|size| size.parse().ok()),
    };
    // The name of the object is free: another than the file's is no difference.
    (disk, vec![format, Origin { differs: false, ..key }, size])
}

fn format(image: &Image, number: usize, stated: Option<&str>) -> Origin {
    let found = image.format.as_ref().and_then(|format| match format.as_str() {
        "raw" | "vhd" | "qcow2" | "vmdk" => {
            let evidence = Evidence { path: Some(image.path.clone()), ..Evidence::default() };
            Known::Is(Found::new(format.to_ascii_uppercase(), format!("the content is {format}")).at([&evidence]))
        }
        other => Known::unknown(format!("Format has no word for {other}")),
    });
    let stated = stated.map(str::to_ascii_uppercase);
    Origin::of(mapping(number, "Format"), stated.as_deref(), found)
}

/// Whole GiB that hold the disk and the file, and that the import takes.
fn size(image: &Image, number: usize, stated: Option<u64>, profile: &Profile) -> Origin {
    let least = if number == 1 { profile.system_gib.0 } else { profile.data_gib.0 };
    let found = image.virtual_size.as_ref().map(|&bytes| {
        let needed = bytes.max(image.file_size).div_ceil(1 << 30);
        let why = match needed < least {
            true => format!("the disk needs {needed} GiB, and {least} is the least that is imported"),
            false => "the disk has that many GiB, rounded up".to_owned(),
        };
        let text = format!("virtual size {bytes} bytes, file {} bytes", image.file_size);
        let evidence = Evidence { path: Some(image.path.clone()), text: Some(text), ..Evidence::default() };
        Found::new(needed.max(least).to_string(), why).at([&evidence])
    });
    let needed = found.value().and_then(|found| found.value.parse::<u64>().ok());
    let small = stated.zip(needed).is_some_and(|(stated, needed)| stated < needed);
    let stated = stated.map(|size| size.to_string());
    // A larger disk is as right.
    Origin { differs: small, ..Origin::of(mapping(number, "DiskImageSize"), stated.as_deref(), found) }
}

/// The name of the file, with the suffix of the format.
fn key(image: &Image) -> Known<Found> {
    let path = image.path.split(['?', '#']).next().filter(|_| image.path.contains("://")).unwrap_or(&image.path);
    let name = path.rsplit('/').next().unwrap_or_default();
    if name.is_empty() || name == "-" {
        return Known::unknown("the image has no name");
    }
    let stem = match name.rsplit_once('.') {
        Some((stem, suffix)) if !stem.is_empty() && SUFFIXES.iter().any(|known| suffix.eq_ignore_ascii_case(known)) => {
            stem
        }
        _ => name,
    };
    image.format.as_ref().and_then(|format| {
        let evidence = Evidence { path: Some(image.path.clone()), ..Evidence::default() };
        let why = "that is the name of the file, with the suffix of its format";
        Known::Is(Found::new(format!("{stem}.{format}"), why).at([&evidence]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::debian;

    fn image(path: &str, format: &str) -> Image {
        Image { path: path.into(), format: Known::Is(format.into()), ..debian().image }
    }

    #[test]
    fn objects_are_named_after_file_and_format() {
        for (path, format, expected) in [
            ("disk.qcow2", "qcow2", "disk.qcow2"),
            ("/images/disk.img", "raw", "disk.raw"),
            ("disk-12.9", "vhd", "disk-12.9.vhd"),
            ("a/.raw", "raw", ".raw.raw"),
            ("https://example.com/a/disk.VHD?x=1/2", "vhd", "disk.vhd"),
            ("what?.raw", "raw", "what?.raw"),
        ] {
            assert_eq!(key(&image(path, format)).value().unwrap().value, expected, "{path}");
        }
        assert!(key(&image("-", "raw")).value().is_none());
    }

    #[test]
    fn sizes_are_rounded_up_and_kept_within_limits() {
        let size = |bytes: u64, stated, profile: &str| {
            let image = Image { virtual_size: Known::Is(bytes), ..image("disk.raw", "raw") };
            let origin = size(&image, 1, stated, Profile::named(profile).unwrap());
            (origin.sent.unwrap(), origin.differs)
        };
        assert_eq!(size(4 << 30, None, "current"), ("4".into(), false));
        assert_eq!(size((4 << 30) + 1, None, "current"), ("5".into(), false));
        assert_eq!(size(1, None, "current").0, "1");
        assert_eq!(size(4 << 30, None, "2019").0, "40");
        assert_eq!(size(4 << 30, Some(60), "current"), ("60".into(), false));
        assert_eq!(size(4 << 30, Some(3), "current"), ("3".into(), true));
        assert_eq!(size(u64::MAX, None, "current").0, "17179869184");
    }

    #[test]
    fn formats_are_the_words_of_the_api() {
        let sent = |format: &str, stated| super::format(&image("disk", format), 1, stated).sent;
        assert_eq!(sent("qcow2", None).as_deref(), Some("QCOW2"));
        assert_eq!(sent("vdi", None), None);
        assert_eq!(sent("vhd", Some("vhd")).as_deref(), Some("VHD"));
        assert!(format(&image("disk", "vhd"), 1, Some("RAW")).differs);
    }
}
