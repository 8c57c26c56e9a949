//! PutObject and UploadPart: bytes that come in, checked against the `Content-MD5` that was sent.

use super::Call;
use super::blob::Blob;
use super::store::{Object, Part};
use crate::http::{Body, Response};
use crate::refusal::Refusal;
use crate::world::lock;
use std::io;
use std::sync::Arc;

/// Parts of an upload: OSS.
const PARTS: std::ops::RangeInclusive<u64> = 1..=10_000;

/// PutObject.
pub(super) fn object(call: &Call<'_>, body: &mut Body<'_>) -> Result<Response, Refusal> {
    check_key(&call.key)?;
    let store = &call.world.store;
    let forbidden = forbids_overwrite(call);
    let bucket = {
        let shelves = lock(&store.shelves);
        shelves.guard_overwrite(&call.bucket, &call.key, forbidden)?;
        shelves.require_bucket(&call.bucket)?.clone()
    };
    let blob = receive(call, body)?;
    let class = call.head.header("x-oss-storage-class").map_or(bucket.storage_class, str::to_owned);
    let object = Object::whole(blob, call.world.clock.now(), class, kept_headers(call));
    let response = Response::new(200)
        .header("ETag", object.etag.as_str())
        .header("Content-MD5", object.blobs[0].content_md5())
        .header("x-oss-hash-crc64ecma", object.crc.to_string());
    let mut shelves = lock(&store.shelves);
    shelves.guard_overwrite(&call.bucket, &call.key, forbidden)?;
    shelves.objects.insert((call.bucket.clone(), call.key.clone()), object);
    Ok(response)
}

/// UploadPart.
pub(super) fn part(call: &Call<'_>, body: &mut Body<'_>) -> Result<Response, Refusal> {
    let number = call.number("partNumber", PARTS, 0)?;
    let number = u32::try_from(number).ok().filter(|number| *number > 0).ok_or_else(|| {
        Refusal::new(400, "InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive.")
    })?;
    let id = call.head.query("uploadId").unwrap_or_default();
    let store = &call.world.store;
    {
        let mut shelves = lock(&store.shelves);
        shelves.require_bucket(&call.bucket)?;
        shelves.require_upload(id, &call.bucket, &call.key)?;
    }
    let blob = receive(call, body)?;
    let response = Response::new(200)
        .header("ETag", blob.etag())
        .header("Content-MD5", blob.content_md5())
        .header("x-oss-hash-crc64ecma", blob.crc.to_string());
    // The upload may have ended meanwhile.
    let mut shelves = lock(&store.shelves);
    let upload = shelves.require_upload(id, &call.bucket, &call.key)?;
    upload.parts.insert(number, Part { blob: Arc::new(blob), modified: call.world.clock.now() });
    Ok(response)
}

fn receive(call: &Call<'_>, body: &mut Body<'_>) -> Result<Blob, Refusal> {
    if call.head.header("content-length").is_none() && call.head.header("transfer-encoding").is_none() {
        return Err(Refusal::new(411, "MissingContentLength", "You must provide the Content-Length HTTP header."));
    }
    let blob = Blob::receive(&call.world.store.new_path(), body).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::InvalidData => {
            Refusal::new(400, "IncompleteBody", format!("The request body could not be taken whole: {error}."))
        }
        // The scratch folder is full, or gone.
        _ => Refusal::new(500, "InternalError", format!("The simulator cannot store the body: {error}.")),
    })?;
    let sent = call.head.header("content-md5");
    if sent.is_some_and(|sent| sent != blob.content_md5()) {
        return Err(Refusal::new(400, "InvalidDigest", "The Content-MD5 you specified is not valid.")
            .with("ClientDigest", sent.unwrap_or_default())
            .with("ServerDigest", blob.content_md5()));
    }
    Ok(blob)
}

/// Keys have 1 to 1023 bytes and do not begin with a slash or a backslash.
pub(super) fn check_key(key: &str) -> Result<(), Refusal> {
    if key.len() > 1023 || key.starts_with(['/', '\\']) {
        return Err(
            Refusal::new(400, "InvalidObjectName", "The specified object is not valid.").with("ObjectName", key)
        );
    }
    Ok(())
}

pub(super) fn forbids_overwrite(call: &Call<'_>) -> bool {
    call.head.header("x-oss-forbid-overwrite").is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// What a client says of an object, and gets back with it.
pub(super) fn kept_headers(call: &Call<'_>) -> Vec<(String, String)> {
    let kept = |name: &str| {
        name.starts_with("x-oss-meta-")
            || matches!(name, "content-type" | "content-encoding" | "content-disposition" | "cache-control")
    };
    call.head.headers.iter().filter(|(name, _)| kept(name)).cloned().collect()
}
