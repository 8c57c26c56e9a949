//! `DiskDeviceMapping.N` of ImportImage: buckets, objects, sizes.

use super::object;
use crate::oss::{Encryption, is_bucket_name};
use crate::refusal::Refusal;
use crate::rpc::{Call, field};

/// One system disk and 16 data disks; what follows is ignored.
const DISKS: usize = 17;
/// GiB of a disk: current limits.
const SIZES: std::ops::RangeInclusive<u64> = 1..=2048;
/// Suffixes of objects that are known to be taken; the service does not publish its list.
const SUFFIXES: &[&str] = &["raw", "vhd", "qcow2", "vmdk"];

/// A disk of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Disk {
    pub(super) bucket: String,
    pub(super) object: String,
    pub(super) format: String,
    pub(super) size_gib: u64,
}

pub(super) fn read(call: &Call<'_>) -> Result<Vec<Disk>, Refusal> {
    let items = call.items("DiskDeviceMapping", DISKS);
    if items.is_empty() {
        let message = "DiskDeviceMapping parameters are mandatory for this operation.";
        return Err(Refusal::new(403, "MissingParameter.DiskDeviceMapping", message));
    }
    items.iter().enumerate().map(|(index, fields)| disk(call, index, fields)).collect()
}

fn disk(call: &Call<'_>, index: usize, fields: &[(&str, &str)]) -> Result<Disk, Refusal> {
    let require = |name: &str| {
        field(fields, name).ok_or_else(|| {
            Refusal::new(400, "MissingParameter", format!("The input parameter {name} is mandatory for this request."))
        })
    };
    let (bucket, key) = (require("OSSBucket")?, require("OSSObject")?);
    if field(fields, "Device").is_some() {
        return Err(Refusal::new(400, "InvalidParameter.Malformed", "The parameter Device is not valid."));
    }
    check_bucket(call, bucket)?;
    let stored = check_object(call, bucket, key)?;
    let format = object::format(&stored)?;
    if field(fields, "Format").is_some_and(|wanted| !wanted.eq_ignore_ascii_case(format)) {
        let message = format!("The specified Image Format does not match the object, which is {format}.");
        return Err(Refusal::new(400, "InvalidImageFormat.Malformed", message));
    }
    let asked = field(fields, "DiskImageSize").or_else(|| field(fields, "DiskImSize"));
    let size_gib = size(index, asked, stored.size)?;
    Ok(Disk { bucket: bucket.to_owned(), object: key.to_owned(), format: format.to_owned(), size_gib })
}

fn check_bucket(call: &Call<'_>, name: &str) -> Result<(), Refusal> {
    if !is_bucket_name(name) {
        return Err(Refusal::new(400, "InvalidOSSBucket.Malformed", "The specified OSS bucket is not valid."));
    }
    let bucket =
        call.world.store.bucket(name).ok_or_else(|| {
            Refusal::new(400, "InvalidOSSBucket.NotFound", "The specified OSS bucket does not exist.")
        })?;
    let region = bucket.region.as_deref().unwrap_or(&call.world.options.region);
    if call.get("RegionId") != Some(region) {
        let message = "The specified OSS bucket and the image are not in the same region.";
        return Err(Refusal::new(400, "InvalidOSSBucket.NotMatched", message));
    }
    // Imports from buckets that OSS encrypts with its own keys have been seen to work.
    if bucket.encryption == Some(Encryption::Kms) {
        let message = "The specified OSS bucket is encrypted, which is not supported.";
        return Err(Refusal::new(400, "InvalidOSSBucket.EncryptUnsupported", message));
    }
    Ok(())
}

fn check_object(call: &Call<'_>, bucket: &str, key: &str) -> Result<crate::oss::Object, Refusal> {
    if key.len() > 1023 {
        return Err(Refusal::new(400, "InvalidOSSObject.Malformed", "The specified OSS object is not valid."));
    }
    let name = key.rsplit('/').next().unwrap_or(key);
    if let Some((_, suffix)) = name.rsplit_once('.')
        && !SUFFIXES.contains(&suffix.to_ascii_lowercase().as_str())
    {
        let message = "The suffix of the specified OSS object is not supported.";
        return Err(Refusal::new(400, "UnsupportedSuffix.OSSObject", message));
    }
    let object =
        call.world.store.object(bucket, key).ok_or_else(|| {
            Refusal::new(400, "InvalidOSSObject.NotFound", "The specified OSS object does not exist.")
        })?;
    if object.size == 0 {
        return Err(Refusal::new(400, "InvalidOSSObject.Size", "The size of the specified OSS object is not valid."));
    }
    if object.storage_class.contains("Archive") {
        let message = "The specified OSS object is archived and must be restored first.";
        return Err(Refusal::new(400, "InvalidOSSObject.NeedRestore", message));
    }
    Ok(object)
}

/// The size asked for, which must hold the file; without one, the file's.
fn size(index: usize, asked: Option<&str>, file: u64) -> Result<u64, Refusal> {
    let needed = file.div_ceil(1 << 30);
    let code = if index == 0 { "InvalidImageSize" } else { "InvalidDataDiskSize" };
    let size = asked.map_or(Some(needed), |text| text.parse().ok());
    size.filter(|size| SIZES.contains(size) && *size >= needed)
        .ok_or_else(|| Refusal::new(400, code, "The specified disk size is not valid."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_hold_the_file_and_the_limits() {
        let gib = 1 << 30;
        assert_eq!(size(0, None, gib + 1), Ok(2));
        assert_eq!(size(0, Some("40"), gib), Ok(40));
        for (asked, file) in [("0", 1), ("2049", 1), ("1", gib + 1), ("x", 1), ("-1", 1)] {
            assert_eq!(size(0, Some(asked), file).expect_err("refused").code, "InvalidImageSize");
            assert_eq!(size(1, Some(asked), file).expect_err("refused").code, "InvalidDataDiskSize");
        }
    }
}
