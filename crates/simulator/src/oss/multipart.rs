//! InitiateMultipartUpload, AbortMultipartUpload, ListMultipartUploads.

use super::Call;
use super::store::Upload;
use super::upload::{check_key, forbids_overwrite, kept_headers};
use super::xml::Document;
use crate::http::Response;
use crate::refusal::Refusal;
use crate::time;
use crate::world::lock;
use std::collections::BTreeMap;

/// InitiateMultipartUpload.
pub(super) fn initiate(call: &Call<'_>) -> Result<Response, Refusal> {
    check_key(&call.key)?;
    let mut shelves = lock(&call.world.store.shelves);
    shelves.require_bucket(&call.bucket)?;
    let forbids_overwrite = forbids_overwrite(call);
    shelves.guard_overwrite(&call.bucket, &call.key, forbids_overwrite)?;
    let id = format!("{:032X}", call.world.number());
    let upload = Upload {
        bucket: call.bucket.clone(),
        key: call.key.clone(),
        initiated: call.world.clock.now(),
        forbids_overwrite,
        storage_class: call.head.header("x-oss-storage-class").map(str::to_owned),
        headers: kept_headers(call),
        parts: BTreeMap::new(),
    };
    shelves.uploads.insert(id.clone(), upload);
    let mut document = Document::new("InitiateMultipartUploadResult");
    encoding(call, &mut document);
    document.text("Bucket", &call.bucket).key("Key", &call.key, call.encodes_keys()).text("UploadId", &id);
    Ok(Response::xml(document.end()))
}

/// AbortMultipartUpload.
pub(super) fn abort(call: &Call<'_>) -> Result<Response, Refusal> {
    let id = call.head.query("uploadId").unwrap_or_default();
    let mut shelves = lock(&call.world.store.shelves);
    shelves.require_bucket(&call.bucket)?;
    shelves.require_upload(id, &call.bucket, &call.key)?;
    shelves.uploads.remove(id);
    Ok(Response::new(204))
}

/// ListMultipartUploads, by key and then by id, a page at a time.
pub(super) fn list(call: &Call<'_>) -> Result<Response, Refusal> {
    let most = call.page("max-uploads", 1000)?;
    let query = |name| call.head.query(name).unwrap_or_default();
    let (prefix, after_key, after_id) = (query("prefix"), query("key-marker"), query("upload-id-marker"));
    let shelves = lock(&call.world.store.shelves);
    shelves.require_bucket(&call.bucket)?;
    let mut uploads: Vec<_> = shelves
        .uploads
        .iter()
        .filter(|(_, upload)| upload.bucket == call.bucket && upload.key.starts_with(prefix))
        .map(|(id, upload)| (upload.key.as_str(), id.as_str(), upload.initiated))
        .filter(|(key, id, _)| {
            // Without an id, the marker stands behind all uploads of its key.
            after_key.is_empty() || *key > after_key || (*key == after_key && !after_id.is_empty() && *id > after_id)
        })
        .collect();
    uploads.sort_unstable();
    let truncated = uploads.len() > most;
    uploads.truncate(most);
    let (next_key, next_id) = uploads.last().filter(|_| truncated).map_or(("", ""), |(key, id, _)| (key, id));
    let encoded = call.encodes_keys();
    let mut document = Document::new("ListMultipartUploadsResult");
    encoding(call, &mut document);
    document.text("Bucket", &call.bucket).key("KeyMarker", after_key, encoded).text("UploadIdMarker", after_id);
    document.key("NextKeyMarker", next_key, encoded).text("NextUploadIdMarker", next_id);
    document.key("Prefix", prefix, encoded).text("Delimiter", "").text("MaxUploads", &most.to_string());
    document.text("IsTruncated", &truncated.to_string());
    for (key, id, initiated) in uploads {
        document.open("Upload").key("Key", key, encoded).text("UploadId", id);
        document.text("StorageClass", "Standard").text("Initiated", &time::iso_millis(initiated)).close();
    }
    Ok(Response::xml(document.end()))
}

/// Says that keys are encoded, where they are.
pub(super) fn encoding(call: &Call<'_>, document: &mut Document) {
    if call.encodes_keys() {
        document.text("EncodingType", "url");
    }
}
