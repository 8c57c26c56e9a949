//! ListParts, a page at a time.

use super::Call;
use super::multipart::encoding;
use super::xml::Document;
use crate::http::Response;
use crate::refusal::Refusal;
use crate::time;
use crate::world::lock;

pub(super) fn list(call: &Call<'_>) -> Result<Response, Refusal> {
    let most = call.page("max-parts", 1000)?;
    let marker = u32::try_from(call.number("part-number-marker", 0..=10_000, 0)?).unwrap_or(0);
    let id = call.head.query("uploadId").unwrap_or_default();
    let upload = {
        let mut shelves = lock(&call.world.store.shelves);
        shelves.require_bucket(&call.bucket)?;
        shelves.require_upload(id, &call.bucket, &call.key)?.clone()
    };
    let page: Vec<_> = upload.parts.range(marker + 1..).take(most).collect();
    let last = page.last().map_or(marker, |(number, _)| **number);
    let truncated = upload.parts.range(last + 1..).next().is_some();
    let mut document = Document::new("ListPartsResult");
    encoding(call, &mut document);
    document.text("Bucket", &call.bucket).key("Key", &call.key, call.encodes_keys()).text("UploadId", id);
    document.text("StorageClass", upload.storage_class.as_deref().unwrap_or("Standard"));
    document.text("PartNumberMarker", &marker.to_string()).text("NextPartNumberMarker", &last.to_string());
    document.text("MaxParts", &most.to_string()).text("IsTruncated", &truncated.to_string());
    for (number, part) in page {
        document.open("Part").text("PartNumber", &number.to_string());
        document.text("LastModified", &time::iso_millis(part.modified)).text("ETag", &part.blob.etag());
        document.text("HashCrc64ecma", &part.blob.crc.to_string()).text("Size", &part.blob.length.to_string()).close();
    }
    Ok(Response::xml(document.end()))
}
