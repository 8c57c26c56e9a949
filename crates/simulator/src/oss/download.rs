//! GetObject with ranges, HeadObject, DeleteObject.

use super::Call;
use super::store::Object;
use crate::http::{Content, Response};
use crate::refusal::Refusal;
use crate::time;
use crate::world::lock;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// A run of an object's bytes, read as they are sent.
pub(crate) struct ObjectReader {
    object: Object,
    position: u64,
    end: u64,
    /// The blob that is open, and where in the object it ends.
    open: Option<(File, u64)>,
}

impl ObjectReader {
    pub(crate) fn new(object: Object, start: u64, end: u64) -> Self {
        let end = end.min(object.size);
        Self { position: start.min(end), end, object, open: None }
    }

    pub(crate) fn left(&self) -> u64 {
        self.end - self.position
    }

    /// Opens the blob that holds the next byte.
    fn open_next(&mut self) -> io::Result<(File, u64)> {
        let mut start = 0;
        for blob in &self.object.blobs {
            let end = start + blob.length;
            if self.position < end {
                let mut file = blob.open()?;
                file.seek(SeekFrom::Start(self.position - start))?;
                return Ok((file, end));
            }
            start = end;
        }
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

impl Read for ObjectReader {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.position == self.end {
            return Ok(0);
        }
        let (mut file, blob_end) = match self.open.take() {
            Some((file, end)) if self.position < end => (file, end),
            _ => self.open_next()?,
        };
        let most = (blob_end.min(self.end) - self.position).min(bytes.len() as u64);
        let read = file.read(&mut bytes[..usize::try_from(most).unwrap_or(0)])?;
        self.position += read as u64;
        self.open = Some((file, blob_end));
        Ok(read)
    }
}

/// GetObject.
pub(super) fn get(call: &Call<'_>) -> Result<Response, Refusal> {
    let object = find(call)?;
    if object.storage_class.contains("Archive") {
        let message = "The operation is not valid for the object's state: it must be restored first.";
        return Err(Refusal::new(403, "InvalidObjectState", message));
    }
    let size = object.size;
    let range = call.head.header("range").and_then(|range| parse_range(range, size));
    let standard = call.head.header("x-oss-range-behavior") == Some("standard");
    let mut response = describe(Response::new(200), &object);
    let (start, end) = match range {
        Some((start, end)) if start < end => {
            response.status = 206;
            response.set("Content-Range", format!("bytes {start}-{}/{size}", end - 1));
            (start, end)
        }
        // Without the header, OSS answers a range that there is not with the whole object.
        Some(_) if standard => {
            return Err(Refusal::new(416, "InvalidRange", "The requested range cannot be satisfied."));
        }
        _ => (0, size),
    };
    response.content = Content::Object(ObjectReader::new(object, start, end));
    Ok(response)
}

/// HeadObject.
pub(super) fn head(call: &Call<'_>) -> Result<Response, Refusal> {
    let object = find(call)?;
    Ok(describe(Response::new(200), &object).header("Content-Length", object.size.to_string()))
}

/// DeleteObject: deleting what is not there succeeds.
pub(super) fn delete(call: &Call<'_>) -> Result<Response, Refusal> {
    lock(&call.world.store.shelves).require_bucket(&call.bucket)?;
    call.world.store.remove(&call.bucket, &call.key);
    Ok(Response::new(204))
}

fn find(call: &Call<'_>) -> Result<Object, Refusal> {
    lock(&call.world.store.shelves).require_bucket(&call.bucket)?;
    call.world.store.object(&call.bucket, &call.key).ok_or_else(|| {
        Refusal::new(404, "NoSuchKey", "The specified key does not exist.").with("Key", call.key.as_str())
    })
}

fn describe(mut response: Response, object: &Object) -> Response {
    response.set("Content-Type", "application/octet-stream");
    for (name, value) in &object.headers {
        response.set(name, value.as_str());
    }
    response
        .header("ETag", object.etag.as_str())
        .header("Last-Modified", time::http(object.modified))
        .header("Accept-Ranges", "bytes")
        .header("x-oss-object-type", object.kind)
        .header("x-oss-storage-class", object.storage_class.as_str())
        .header("x-oss-hash-crc64ecma", object.crc.to_string())
}

/// `bytes=A-B`, `bytes=A-`, `bytes=-N` as start and end; an empty run where nothing is there. `None`: not one range.
fn parse_range(range: &str, size: u64) -> Option<(u64, u64)> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    Some(match (first, last) {
        ("", last) => (size.saturating_sub(last.parse().ok()?), size),
        (first, "") => (first.parse().ok()?, size),
        (first, last) => {
            let (first, last) = (first.parse().ok()?, last.parse::<u64>().ok()?);
            if last < first {
                return None;
            }
            (first, last.saturating_add(1).min(size))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read() {
        for (range, expected) in [
            ("bytes=0-3", Some((0, 4))),
            ("bytes=4-", Some((4, 10))),
            ("bytes=-4", Some((6, 10))),
            ("bytes=-40", Some((0, 10))),
            ("bytes=5-99", Some((5, 10))),
            ("bytes=10-", Some((10, 10))),
            ("bytes=3-2", None),
            ("bytes=0-1,3-4", None),
            ("lines=0-1", None),
        ] {
            assert_eq!(parse_range(range, 10), expected, "{range}");
        }
    }
}
