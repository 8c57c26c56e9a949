//! CancelTask.

use super::describe_tasks::find;
use crate::refusal::Refusal;
use crate::rpc::{Answer, Call};
use crate::world::lock;
use serde_json::json;

pub(super) fn answer(call: &Call<'_>) -> Answer {
    let id = call.require("TaskId")?;
    let mut state = lock(&call.world.cloud.state);
    if !find(call, &state.imports, id)?.stage(call.world).is_going() {
        let message = "The specified task status is invalid.";
        return Err(Refusal::new(403, "InvalidTaskId.IncorrectTaskStatus", message));
    }
    for import in state.imports.iter_mut().filter(|import| import.task_id == id) {
        import.cancelled = Some(call.world.clock.elapsed());
    }
    Ok(json!({}))
}
