//! DescribeTasks and DescribeTaskAttribute, the only place where the reason of a failed import shows.

use super::import::Import;
use super::page;
use super::stage::Stage;
use crate::refusal::Refusal;
use crate::rpc::{Answer, Call};
use crate::time;
use crate::world::lock;
use serde_json::{Value, json};

/// DescribeTasks.
pub(super) fn list(call: &Call<'_>) -> Answer {
    call.world.clock.advance(call.world.options.step);
    let ids: Option<Vec<_>> = call.get("TaskIds").map(|ids| ids.split(',').map(str::trim).collect());
    let status = call.get("TaskStatus").filter(|status| matches!(*status, "Finished" | "Processing" | "Failed"));
    let action = call.get("TaskAction").is_none_or(|action| action == "ImportImage");
    let state = lock(&call.world.cloud.state);
    let found: Vec<_> = state
        .imports
        .iter()
        .rev()
        .filter(|import| action && Some(import.region.as_str()) == call.get("RegionId"))
        .filter(|import| ids.as_ref().is_none_or(|ids| ids.contains(&import.task_id.as_str())))
        .filter_map(|import| {
            let stage = import.stage(call.world);
            let own = stage.task_status()?;
            status.is_none_or(|status| status == own).then(|| common(call, import, &stage))
        })
        .collect();
    let (number, size, total, tasks) = page(call, found)?;
    Ok(json!({
        "RegionId": call.get("RegionId"),
        "PageNumber": number,
        "PageSize": size,
        "TotalCount": total,
        "TaskSet": { "Task": tasks },
    }))
}

/// DescribeTaskAttribute.
pub(super) fn attribute(call: &Call<'_>) -> Answer {
    call.world.clock.advance(call.world.options.step);
    let id = call.require("TaskId")?;
    let state = lock(&call.world.cloud.state);
    let import = find(call, &state.imports, id)?;
    let stage = import.stage(call.world);
    let (succeeded, failed) = match &stage {
        Stage::Finished => (1, 0),
        Stage::Failed { .. } | Stage::Cancelled(_) => (0, 1),
        _ => (0, 0),
    };
    let mut answer = common(call, import, &stage);
    answer["RegionId"] = json!(import.region);
    answer["TaskProcess"] = json!(format!("{}%", stage.percent()));
    answer["TotalCount"] = json!(1);
    answer["SuccessCount"] = json!(succeeded);
    answer["FailedCount"] = json!(failed);
    answer["OperationProgressSet"] = json!({ "OperationProgress": [operation(import, &stage)] });
    Ok(answer)
}

/// The import of a task that is there.
pub(super) fn find<'a>(call: &Call<'_>, imports: &'a [Import], id: &str) -> Result<&'a Import, Refusal> {
    let region = call.get("RegionId");
    let found = imports.iter().find(|import| import.task_id == id && Some(import.region.as_str()) == region);
    found
        .filter(|import| import.stage(call.world) != Stage::Gone)
        .ok_or_else(|| Refusal::new(400, "InvalidTaskId.NotFound", "The specified TaskId is not found."))
}

fn common(call: &Call<'_>, import: &Import, stage: &Stage) -> Value {
    let mut task = json!({
        "TaskId": import.task_id,
        "TaskAction": "ImportImage",
        "TaskStatus": stage.task_status(),
        "SupportCancel": stage.is_going().to_string(),
        "CreationTime": time::iso_minutes(import.created),
        "ResourceId": import.image_id,
    });
    if !stage.is_going() {
        task["FinishedTime"] = json!(time::iso_minutes(call.world.clock.now()));
    }
    task
}

fn operation(import: &Import, stage: &Stage) -> Value {
    let (status, code, message) = match stage {
        Stage::Finished => ("Success", "", ""),
        Stage::Failed { code, message, .. } => ("Failed", code.as_str(), message.as_str()),
        Stage::Cancelled(_) => ("Failed", "TaskCancelled", "The task was cancelled."),
        _ => ("Processing", "", ""),
    };
    let mut items = vec![json!({ "Name": "ImageId", "Value": import.image_id })];
    items.extend(import.disks.iter().map(|disk| json!({ "Name": "OSSObject", "Value": disk.object })));
    json!({
        "OperationStatus": status,
        "ErrorCode": code,
        "ErrorMsg": message,
        "RelatedItemSet": { "RelatedItem": items },
    })
}
