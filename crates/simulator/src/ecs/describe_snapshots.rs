//! DescribeSnapshots: those that imports make. Until an import is done, its snapshots show as failed.

use super::page;
use super::stage::Stage;
use crate::refusal::Refusal;
use crate::rpc::{Answer, Call};
use crate::time;
use crate::world::lock;
use serde_json::json;

pub(super) fn answer(call: &Call<'_>) -> Answer {
    let ids = call.get("SnapshotIds").map(serde_json::from_str::<Vec<String>>).transpose();
    let ids = ids.map_err(|_| Refusal::new(400, "InvalidParameter", "SnapshotIds is not a list in JSON."))?;
    let wanted = call.get("Status").filter(|status| *status != "all");
    let state = lock(&call.world.cloud.state);
    let mut found = Vec::new();
    let here = state.imports.iter().filter(|import| Some(import.region.as_str()) == call.get("RegionId"));
    for import in here {
        let stage = import.stage(call.world);
        if matches!(stage, Stage::Gone | Stage::Cancelled(_)) {
            continue;
        }
        let status = if stage == Stage::Finished { "accomplished" } else { "failed" };
        let disks = import.snapshots.iter().zip(&import.disks).enumerate();
        found.extend(
            disks
                .filter(|(_, (id, _))| ids.as_ref().is_none_or(|ids| ids.contains(id)))
                .filter(|_| wanted.is_none_or(|wanted| wanted == status))
                .map(|(index, (id, disk))| {
                    json!({
                        "SnapshotId": id,
                        "Status": status,
                        "Progress": format!("{}%", stage.percent()),
                        "SourceDiskSize": disk.size_gib.to_string(),
                        "SourceDiskType": if index == 0 { "system" } else { "data" },
                        "Usage": "image",
                        "CreationTime": time::iso(import.created),
                    })
                }),
        );
    }
    let (number, size, total, snapshots) = page(call, found)?;
    Ok(json!({ "PageNumber": number, "PageSize": size, "TotalCount": total, "Snapshots": { "Snapshot": snapshots } }))
}
