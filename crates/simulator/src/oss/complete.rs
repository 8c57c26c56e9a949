//! CompleteMultipartUpload: the list of parts is checked in order, by ETag and by size.

use super::Call;
use super::multipart::encoding;
use super::store::{Object, Upload};
use super::xml::{Document, texts};
use crate::encoding::{base64, hex};
use crate::http::{Body, Response};
use crate::refusal::Refusal;
use crate::world::lock;
use md5::{Digest, Md5};
use std::sync::Arc;

/// The list of 10,000 parts has about 1 MB.
const LIST_LIMIT: usize = 8 << 20;
/// The smallest part but the last, in bytes: OSS.
const PART_MINIMUM: u64 = 100 << 10;
/// Parts of an object: OSS.
const PART_LIMIT: usize = 10_000;

pub(super) fn complete(call: &Call<'_>, body: &mut Body<'_>) -> Result<Response, Refusal> {
    let list = read_list(call, body)?;
    let id = call.head.query("uploadId").unwrap_or_default();
    let store = &call.world.store;
    let mut shelves = lock(&store.shelves);
    let class = shelves.require_bucket(&call.bucket)?.storage_class.clone();
    let upload = shelves.require_upload(id, &call.bucket, &call.key)?.clone();
    let forbidden = upload.forbids_overwrite || super::upload::forbids_overwrite(call);
    shelves.guard_overwrite(&call.bucket, &call.key, forbidden)?;
    let object = join(call, &upload, &list, class)?;
    let mut document = Document::new("CompleteMultipartUploadResult");
    encoding(call, &mut document);
    let host = call.head.header("host").unwrap_or_default();
    document.text("Location", &format!("http://{host}/{}/{}", call.bucket, call.key)).text("Bucket", &call.bucket);
    document.key("Key", &call.key, call.encodes_keys()).text("ETag", &object.etag);
    let response = Response::xml(document.end())
        .header("ETag", object.etag.as_str())
        .header("x-oss-hash-crc64ecma", object.crc.to_string());
    shelves.uploads.remove(id);
    shelves.objects.insert((call.bucket.clone(), call.key.clone()), object);
    Ok(response)
}

/// Numbers and ETags, as the client lists them.
fn read_list(call: &Call<'_>, body: &mut Body<'_>) -> Result<Vec<(u32, String)>, Refusal> {
    let malformed = || Refusal::new(400, "MalformedXML", "The XML you provided was not well-formed.");
    let bytes = body.read_whole(LIST_LIMIT).map_err(|_| malformed())?.ok_or_else(malformed)?;
    let sent = call.head.header("content-md5");
    if sent.is_some_and(|sent| sent != base64(&Md5::digest(&bytes))) {
        return Err(Refusal::new(400, "InvalidDigest", "The Content-MD5 you specified is not valid."));
    }
    let mut list = Vec::new();
    let (mut number, mut etag) = (None, None);
    for (path, text) in texts(&bytes).ok_or_else(malformed)? {
        match path.as_str() {
            "CompleteMultipartUpload/Part/PartNumber" => number = Some(text.parse().map_err(|_| malformed())?),
            "CompleteMultipartUpload/Part/ETag" => etag = Some(text),
            "CompleteMultipartUpload/Part" => {
                list.push((number.take().ok_or_else(malformed)?, etag.take().ok_or_else(malformed)?));
            }
            _ => {}
        }
    }
    if list.is_empty() || list.len() > PART_LIMIT { Err(malformed()) } else { Ok(list) }
}

fn join(call: &Call<'_>, upload: &Upload, list: &[(u32, String)], class: String) -> Result<Object, Refusal> {
    if !list.is_sorted_by(|(before, _), (after, _)| before < after) {
        return Err(Refusal::new(400, "InvalidPartOrder", "The list of parts was not in ascending order."));
    }
    let mut blobs = Vec::with_capacity(list.len());
    let mut digests = Md5::new();
    for (index, (number, etag)) in list.iter().enumerate() {
        let part = upload.parts.get(number).filter(|part| part.blob.etag().trim_matches('"') == etag.trim_matches('"'));
        let part = part.ok_or_else(|| {
            let message = "One or more of the specified parts could not be found or the specified entity tag might \
                           not have matched the part's entity tag.";
            Refusal::new(400, "InvalidPart", message)
                .with("UploadId", call.head.query("uploadId").unwrap_or_default())
                .with("PartNumber", number.to_string())
                .with("PartEtag", etag.as_str())
        })?;
        if part.blob.length < PART_MINIMUM && index + 1 < list.len() {
            let message = "Your proposed upload is smaller than the minimum allowed size.";
            return Err(Refusal::new(400, "EntityTooSmall", message)
                .with("MinSizeAllowed", PART_MINIMUM.to_string())
                .with("ProposedSize", part.blob.length.to_string())
                .with("PartNumber", number.to_string()));
        }
        digests.update(part.blob.md5);
        blobs.push(Arc::clone(&part.blob));
    }
    let etag = format!("\"{}-{}\"", hex(&digests.finalize()).to_uppercase(), list.len());
    let class = upload.storage_class.clone().unwrap_or(class);
    Ok(Object::of_parts(blobs, etag, call.world.clock.now(), class, upload.headers.clone()))
}
