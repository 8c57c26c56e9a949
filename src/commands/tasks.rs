//! `tasks`: the imports of a region.

use super::cloud::{Cloud, Farewell};
use crate::cli::{self, CloudOutput, Tasks};
use crate::exit::{Exit, Failure};
use crate::output;
use ::import::ecs::{Listed, TaskFilter, TaskStatus};
use facts::printable;
use serde_json::json;

/// What an import is called among the tasks.
const IMPORT: &str = "ImportImage";

pub(crate) fn run(args: &Tasks) -> Result<Exit, Failure> {
    let cloud = Cloud::at(&args.place, &Farewell::default())?;
    let status = args.status.map(|status| match status {
        cli::TaskStatus::Processing => TaskStatus::Processing,
        cli::TaskStatus::Finished => TaskStatus::Finished,
        cli::TaskStatus::Failed => TaskStatus::Failed,
    });
    let tasks = cloud.ecs()?.tasks(&TaskFilter { status, action: Some(IMPORT.into()) })?;
    match args.output {
        CloudOutput::Text => output::text(&tasks.iter().map(line).collect::<String>())?,
        CloudOutput::Json => {
            let of = |task: &Listed| {
                json!({
                    "task_id": task.id,
                    "status": task.status.to_string(),
                    "cancellable": task.cancellable,
                    "image_id": Some(&task.resource).filter(|id| !id.is_empty()),
                    "begun": task.begun.map(::import::iso),
                    "ended": task.ended.map(::import::iso),
                })
            };
            let all: Vec<_> = tasks.iter().map(of).collect();
            output::json(&json!({ "schema_version": 1, "region_id": cloud.region, "tasks": all }))?;
        }
    }
    Ok(Exit::Done)
}

fn line(task: &Listed) -> String {
    let begun = task.begun.map_or_else(|| "?".to_owned(), ::import::iso);
    let (id, status, image) = (&task.id, task.status.to_string(), &task.resource);
    format!("{begun}  {}  {:<10}  {}\n", printable(id), printable(&status), printable(image))
}
