//! What came of an import, for people and for programs.

use super::detection::Checked;
use crate::cli::CloudOutput;
use crate::exit::Failure;
use crate::output;
use ::import::Imported;
use facts::printable;
use serde_json::{Value, json};

/// Version of the document.
const SCHEMA_VERSION: u32 = 1;

/// Writes it; `digests` are of the disks that were converted on the way.
pub(super) fn write(
    format: CloudOutput,
    region: &str,
    bucket: &str,
    imported: &Imported,
    digests: &[Option<String>],
    checked: Option<&Checked<'_>>,
) -> Result<(), Failure> {
    match format {
        CloudOutput::Json => {
            let mut document = document(region, bucket, imported, digests);
            document["detection"] = checked.map(Checked::json).unwrap_or_default();
            output::json(&document)
        }
        CloudOutput::Text => output::text(&(text(imported) + &checked.map(Checked::text).unwrap_or_default())),
    }
}

fn text(imported: &Imported) -> String {
    let mut lines = vec![
        format!("image: {}", printable(image(imported))),
        format!("name: {}", printable(imported.request.image_name.as_deref().unwrap_or_default())),
    ];
    let status = imported.image.as_ref().map_or("begun, not waited for", |image| image.status.as_str());
    lines.push(format!("status: {}", printable(status)));
    if !imported.started.task.is_empty() {
        lines.push(format!("task: {}", printable(&imported.started.task)));
    }
    lines.join("\n") + "\n"
}

fn image(imported: &Imported) -> &str {
    imported.image.as_ref().map_or(&imported.started.image, |image| &image.id)
}

fn document(region: &str, bucket: &str, imported: &Imported, digests: &[Option<String>]) -> Value {
    let disks = imported.request.disk_device_mapping.iter().zip(&imported.objects);
    let digests = digests.iter().chain(std::iter::repeat(&None));
    let objects = disks.zip(digests).map(|((disk, object), digest)| {
        json!({
            "bucket": bucket,
            "key": disk.oss_object,
            "size": object.size,
            "crc64": object.crc64.to_string(),
            "etag": object.etag,
            "parts_sent": object.sent,
            "parts_kept": object.kept,
            "digest": digest,
        })
    });
    json!({
        "schema_version": SCHEMA_VERSION,
        "region_id": region,
        "image_id": image(imported),
        "image_name": imported.request.image_name,
        "status": imported.image.as_ref().map(|image| &image.status),
        "task_id": Some(&imported.started.task).filter(|task| !task.is_empty()),
        "adopted": imported.started.adopted,
        "objects": objects.collect::<Vec<_>>(),
    })
}
