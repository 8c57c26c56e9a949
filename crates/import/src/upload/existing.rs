//! Whether an object that is there is the one that was to be uploaded.

use super::body::{Shared, Sums};
use super::plan::Plan;
use crate::error::Result;
use crate::oss::{Bucket, ObjectInfo};

/// What there is of the key.
pub(super) enum Existing {
    None,
    /// It has the same length and checksum.
    Same(ObjectInfo, u64),
    Other,
}

/// Asks, and compares: by length first, for the checksum of the image costs reading it.
pub(super) fn existing(bucket: &Bucket, key: &str, plan: Plan, shared: &Shared<'_>) -> Result<Existing> {
    let Some(object) = bucket.head(key)? else { return Ok(Existing::None) };
    let Some(crc64) = object.crc64.filter(|_| object.size == plan.size()) else {
        return Ok(Existing::Other);
    };
    let Sums { crc64: ours, .. } = shared.sum(0..plan.size())?;
    Ok(if ours == crc64 { Existing::Same(object, crc64) } else { Existing::Other })
}
