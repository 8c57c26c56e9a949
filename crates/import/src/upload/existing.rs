//! Whether an object that is there is the one that was to be uploaded.

use super::body::{Piece, Shared};
use super::maker::Content;
use super::plan::Plan;
use crate::crc64::combine;
use crate::error::Result;
use crate::oss::{Bucket, ObjectInfo};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// What there is of the key.
pub(super) enum Existing {
    None,
    /// It has the same length and checksum.
    Same(ObjectInfo, u64),
    Other,
}

/// Asks, and compares: by length first, for the checksum of the image costs reading or making it.
pub(super) fn existing(bucket: &Bucket, key: &str, content: Content<'_>, shared: &Shared<'_>) -> Result<Existing> {
    let Some(object) = bucket.head(key)? else { return Ok(Existing::None) };
    let possible = match content {
        Content::Stored(bytes) => object.size == bytes.size(),
        Content::Made(maker) => object.size <= maker.bound(),
    };
    let Some(crc64) = object.crc64.filter(|_| possible) else { return Ok(Existing::Other) };
    let ours = sums(content, shared)?;
    Ok(if ours == (object.size, crc64) { Existing::Same(object, crc64) } else { Existing::Other })
}

/// Length and CRC-64/XZ of all bytes.
pub(super) fn sums(content: Content<'_>, shared: &Shared<'_>) -> Result<(u64, u64)> {
    let maker = match content {
        Content::Stored(bytes) => {
            return Ok((bytes.size(), shared.crc64(Piece::whole(bytes))?));
        }
        Content::Made(maker) => maker,
    };
    let all = Mutex::new(BTreeMap::new());
    maker.make(Plan::streamed(maker.bound())?.part_size(), 1, &|number, part| {
        let sum = shared.crc64(Piece::whole(part))?;
        all.lock().unwrap_or_else(PoisonError::into_inner).insert(number, (part.size(), sum));
        Ok(())
    })?;
    let all = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    let add = |(size, crc64), (more, sum)| (size + more, combine(crc64, sum, more));
    Ok(all.into_values().fold((0, 0), add))
}
