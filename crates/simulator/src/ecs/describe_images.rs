//! DescribeImages and DeleteImage.

use super::check::Check;
use super::import::Import;
use super::page;
use crate::refusal::Refusal;
use crate::rpc::{Answer, Call, field};
use crate::time;
use crate::world::lock;
use serde_json::{Value, json};

/// DescribeImages. Without `Status`, images that are available only: pollers have been caught by that.
pub(super) fn list(call: &Call<'_>) -> Answer {
    call.world.clock.advance(call.world.options.step);
    let state = lock(&call.world.cloud.state);
    let images = state.imports.iter().rev().filter(|import| is_asked_for(call, import));
    let images: Vec<_> = images.filter_map(|import| describe(call, import, &state.detection)).collect();
    let (number, size, total, images) = page(call, images)?;
    Ok(json!({
        "RegionId": call.get("RegionId"),
        "PageNumber": number,
        "PageSize": size,
        "TotalCount": total,
        "Images": { "Image": images },
    }))
}

/// DeleteImage. What is being imported can be cancelled, not deleted.
pub(super) fn delete(call: &Call<'_>) -> Answer {
    let id = call.require("ImageId")?;
    let mut state = lock(&call.world.cloud.state);
    let here = |import: &&mut Import| import.image_id == id && Some(import.region.as_str()) == call.get("RegionId");
    let import = state.imports.iter_mut().find(here).filter(|import| import.image(call.world).is_some());
    let import =
        import.ok_or_else(|| Refusal::new(404, "InvalidImageId.NotFound", "The specified ImageId does not exist."))?;
    if import.stage(call.world).is_going() {
        let message = "The specified image is being imported, please cancel its task.";
        return Err(Refusal::new(403, "IncorrectImageStatus", message));
    }
    import.deleted = true;
    Ok(json!({}))
}

fn is_asked_for(call: &Call<'_>, import: &Import) -> bool {
    let Some(image) = import.image(call.world) else { return false };
    let statuses = call.get("Status").unwrap_or("Available");
    let wanted = |list: &str, value: &str| list.split(',').any(|item| item.trim() == value);
    let tags = call.items("Tag", 20);
    Some(import.region.as_str()) == call.get("RegionId")
        && (wanted(statuses, "ALL") || wanted(statuses, &image.status))
        && call.get("ImageId").is_none_or(|ids| wanted(ids, &image.id))
        && call.get("ImageName").is_none_or(|name| image.name.contains(name.trim_matches('*')))
        && call.get("ImageOwnerAlias").is_none_or(|alias| alias == "self")
        && tags.iter().all(|tag| has_tag(import, field(tag, "Key"), field(tag, "Value")))
}

fn has_tag(import: &Import, key: Option<&str>, value: Option<&str>) -> bool {
    tags(import).iter().any(|(own, text)| Some(*own) == key && value.is_none_or(|value| value == *text))
}

fn tags(import: &Import) -> Vec<(&str, &str)> {
    let tag = |number| {
        let key = import.parameter(&format!("Tag.{number}.Key"))?;
        Some((key, import.parameter(&format!("Tag.{number}.Value")).unwrap_or_default()))
    };
    (1..=20).map_while(tag).collect()
}

fn describe(call: &Call<'_>, import: &Import, checks: &[Check]) -> Option<Value> {
    let stage = import.stage(call.world);
    let status = stage.image_status()?;
    let or = |name: &str, default: &str| import.parameter(name).unwrap_or(default).to_owned();
    let arm = import.parameter("Architecture") == Some("arm64");
    let tags: Vec<_> = tags(import).iter().map(|(key, value)| json!({ "TagKey": key, "TagValue": value })).collect();
    let mut image = json!({
        "ImageId": import.image_id,
        "ImageName": import.name(),
        "Description": or("Description", ""),
        "Status": status,
        "Progress": format!("{}%", stage.percent()),
        "Size": import.disks.first().map(|disk| disk.size_gib),
        "Architecture": or("Architecture", "x86_64"),
        "BootMode": or("BootMode", if arm { "UEFI" } else { "BIOS" }),
        "Platform": or("Platform", "Others Linux"),
        "OSType": or("OSType", "linux"),
        "OSName": or("Platform", "Others Linux"),
        "LicenseType": or("LicenseType", "Aliyun"),
        "ImageOwnerAlias": "self",
        "CreationTime": time::iso(import.created),
        "ResourceGroupId": or("ResourceGroupId", ""),
        "Features": {
            "NvmeSupport": or("Features.NvmeSupport", "unsupported"),
            "ImdsSupport": or("Features.ImdsSupport", "v1"),
        },
        "Tags": { "Tag": tags },
        "DiskDeviceMappings": { "DiskDeviceMapping": mappings(import, stage.percent()) },
    });
    if let Some(options) = detection(call, import, checks) {
        image["DetectionOptions"] = options;
    }
    Some(image)
}

fn mappings(import: &Import, percent: u8) -> Vec<Value> {
    let disks = import.disks.iter().zip(&import.snapshots).enumerate();
    disks
        .map(|(index, (disk, snapshot))| {
            json!({
                "SnapshotId": snapshot,
                "Size": disk.size_gib.to_string(),
                "Format": disk.format,
                "Type": if index == 0 { "system" } else { "data" },
                "Progress": format!("{percent}%"),
                "ImportOSSBucket": disk.bucket,
                "ImportOSSObject": disk.object,
            })
        })
        .collect()
}

/// The checks that follow an import, where they were asked for.
fn detection(call: &Call<'_>, import: &Import, checks: &[Check]) -> Option<Value> {
    import.parameter("DetectionStrategy")?;
    let done = import.detection(call.world)?;
    if done < 100 {
        return Some(json!({ "Status": "Processing", "Items": { "Item": [] } }));
    }
    let items: Vec<_> = checks.iter().map(Check::describe).collect();
    Some(json!({ "Status": "Finished", "Items": { "Item": items } }))
}
