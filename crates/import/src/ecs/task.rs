//! Tasks: DescribeTaskAttribute, CancelTask.

use super::{Ecs, items, percent, text};
use crate::error::Result;
use serde_json::Value;
use std::fmt;

/// How far a task is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskStatus {
    /// It goes on.
    Processing,
    /// It is done; what it was to do may have failed all the same.
    Finished,
    /// It failed.
    Failed,
    /// Something that the reference does not name, which is no reason to give up.
    Other(String),
}

impl fmt::Display for TaskStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            TaskStatus::Processing => "Processing",
            TaskStatus::Finished => "Finished",
            TaskStatus::Failed => "Failed",
            TaskStatus::Other(other) => other,
        })
    }
}

/// Why a task failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskError {
    /// The code.
    pub code: String,
    /// The words for people, as the service sent them.
    pub message: String,
}

/// What is known of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// How far it is.
    pub status: TaskStatus,
    /// The same in percent.
    pub percent: Option<u8>,
    /// How many of its operations failed.
    pub failed: u64,
    /// Whether it can be cancelled now.
    pub cancellable: bool,
    /// Why its operations failed: this is the only place where that shows.
    pub errors: Vec<TaskError>,
    /// The image that it makes, where it is told.
    pub image: Option<String>,
}

impl TaskStatus {
    pub(super) fn of(value: &Value) -> Self {
        match text(value) {
            status if status.eq_ignore_ascii_case("Processing") => TaskStatus::Processing,
            status if status.eq_ignore_ascii_case("Finished") => TaskStatus::Finished,
            status if status.eq_ignore_ascii_case("Failed") => TaskStatus::Failed,
            other => TaskStatus::Other(other),
        }
    }
}

impl Task {
    fn of(value: &Value) -> Self {
        let error = |operation: &Value| {
            let (code, message) = (text(&operation["ErrorCode"]), text(&operation["ErrorMsg"]));
            (!code.is_empty() || !message.is_empty()).then_some(TaskError { code, message })
        };
        let operations = items(&value["OperationProgressSet"], "OperationProgress");
        Task {
            status: TaskStatus::of(&value["TaskStatus"]),
            percent: percent(&value["TaskProcess"]),
            failed: text(&value["FailedCount"]).parse().unwrap_or(0),
            cancellable: text(&value["SupportCancel"]).eq_ignore_ascii_case("true"),
            errors: operations.iter().filter_map(error).collect(),
            image: operations.iter().find_map(image_of).or_else(|| is_image(&value["ResourceId"])),
        }
    }

    /// Whether it failed, be it that it calls itself finished.
    pub fn has_failed(&self) -> bool {
        self.status == TaskStatus::Failed || (self.status == TaskStatus::Finished && self.failed > 0)
    }
}

/// The image among what an operation is about.
fn image_of(operation: &Value) -> Option<String> {
    let related = items(&operation["RelatedItemSet"], "RelatedItem");
    related.iter().find_map(|item| is_image(&item["Value"]).filter(|_| text(&item["Name"]).contains("Image")))
}

fn is_image(value: &Value) -> Option<String> {
    Some(text(value)).filter(|id| id.starts_with("m-"))
}

impl Ecs {
    /// DescribeTaskAttribute.
    pub fn task(&self, id: &str) -> Result<Task> {
        self.call("DescribeTaskAttribute", &[("TaskId", id)]).map(|value| Task::of(&value))
    }

    /// CancelTask.
    pub fn cancel(&self, id: &str) -> Result<()> {
        self.call("CancelTask", &[("TaskId", id)]).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn answers_are_read_in_all_their_spellings() {
        let task = Task::of(&json!({
            "TaskStatus": "Finished", "TaskProcess": "100%", "FailedCount": "1", "SupportCancel": "false",
            "OperationProgressSet": [
                { "ErrorCode": "C", "ErrorMsg": "M" },
                { "ErrorCode": "", "RelatedItemSet": [{ "Name": "ImageId", "Value": "m-1" }] },
            ],
        }));
        assert_eq!(task.image.as_deref(), Some("m-1"));
        assert!(task.has_failed() && !task.cancellable && task.percent == Some(100));
        assert_eq!(task.errors, [TaskError { code: "C".into(), message: "M".into() }]);
        let task = Task::of(&json!({ "TaskStatus": "Paused", "TaskProcess": "700%", "SupportCancel": true }));
        assert!(!task.has_failed() && task.cancellable && task.percent.is_none());
        assert_eq!(task.status, TaskStatus::Other("Paused".into()));
    }
}
