//! The tasks of a region: DescribeTasks, all pages.
//!
//! Samples of the reference spell the action both `ImportImage` and `IMPORT_IMAGE`, leave out seconds, and nest the set
//! or not; all of it is read.

use super::{Ecs, TaskStatus, items, text};
use crate::error::{Error, Result};
use crate::time;
use serde_json::Value;

/// Tasks of a page, at most: the service.
const PAGE: usize = 100;
/// Pages, at most: ours.
const PAGES: usize = 1000;

/// Which tasks are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskFilter {
    /// Those of this status only. The service knows three; of another, it would send all.
    pub status: Option<TaskStatus>,
    /// Those that do this only, such as `ImportImage`.
    pub action: Option<String>,
}

/// A task, as a list shows it. Why one failed is in [`Ecs::task`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// `t-…`
    pub id: String,
    /// What it does, such as `ImportImage`, as the service spells it.
    pub action: String,
    /// How far it is.
    pub status: TaskStatus,
    /// Whether it can be cancelled now.
    pub cancellable: bool,
    /// What it works on: the image of an import. Empty where the service does not say.
    pub resource: String,
    /// When it began, in seconds since 1970, to the minute.
    pub begun: Option<i64>,
    /// When it ended.
    pub ended: Option<i64>,
}

impl Listed {
    fn of(value: &Value) -> Self {
        let time = |name: &str| time::parse_iso(&text(&value[name]));
        Listed {
            id: text(&value["TaskId"]),
            action: text(&value["TaskAction"]),
            status: TaskStatus::of(&value["TaskStatus"]),
            cancellable: text(&value["SupportCancel"]).eq_ignore_ascii_case("true"),
            resource: text(&value["ResourceId"]),
            begun: time("CreationTime"),
            ended: time("FinishedTime"),
        }
    }

    /// Whether it does this, in any spelling.
    pub fn does(&self, action: &str) -> bool {
        let plain = |text: &str| text.replace('_', "").to_ascii_lowercase();
        plain(&self.action) == plain(action)
    }
}

impl TaskFilter {
    fn takes(&self, task: &Listed) -> bool {
        self.status.as_ref().is_none_or(|status| *status == task.status)
            && self.action.as_ref().is_none_or(|action| task.does(action))
    }

    fn parameters(&self) -> Vec<(&str, &str)> {
        let status = match &self.status {
            Some(TaskStatus::Processing) => Some("Processing"),
            Some(TaskStatus::Finished) => Some("Finished"),
            Some(TaskStatus::Failed) => Some("Failed"),
            Some(TaskStatus::Other(_)) | None => None,
        };
        let action = self.action.as_deref().map(|action| ("TaskAction", action));
        action.into_iter().chain(status.map(|status| ("TaskStatus", status))).collect()
    }
}

impl Ecs {
    /// DescribeTasks: the tasks that a filter takes, in the order of the service, newest first.
    pub fn tasks(&self, filter: &TaskFilter) -> Result<Vec<Listed>> {
        let (mut all, mut seen) = (Vec::new(), 0);
        for page in 1..=PAGES {
            let value = self.page(filter, page)?;
            let tasks = items(&value["TaskSet"], "Task");
            seen += tasks.len();
            // One that ends between two pages moves those after it: nothing is listed twice.
            for task in tasks.iter().map(Listed::of).filter(|task| filter.takes(task)) {
                if !all.iter().any(|known: &Listed| known.id == task.id) {
                    all.push(task);
                }
            }
            let total = text(&value["TotalCount"]).parse::<usize>().ok();
            if tasks.is_empty() || total.map_or(tasks.len() < PAGE, |total| seen >= total) {
                return Ok(all);
            }
        }
        Err(Error::network("DescribeTasks: the list does not end"))
    }

    fn page(&self, filter: &TaskFilter, page: usize) -> Result<Value> {
        let (page, size) = (page.to_string(), PAGE.to_string());
        let mut parameters = filter.parameters();
        parameters.extend([("PageNumber", page.as_str()), ("PageSize", size.as_str())]);
        self.call("DescribeTasks", &parameters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tasks_are_read_in_all_their_spellings() {
        let task = Listed::of(&json!({
            "TaskId": "t-1", "TaskAction": "IMPORT_IMAGE", "TaskStatus": "finished", "SupportCancel": true,
            "CreationTime": "2026-01-02T03:04Z", "FinishedTime": "", "ResourceId": "m-1",
        }));
        assert!(task.does("ImportImage") && !task.does("ExportImage") && task.cancellable);
        assert_eq!((task.begun, task.ended), (Some(1_767_323_040), None));
        let filter = |status| TaskFilter { status: Some(status), action: Some("ImportImage".into()) };
        assert!(filter(TaskStatus::Finished).takes(&task) && !filter(TaskStatus::Failed).takes(&task));
        let odd = filter(TaskStatus::Other("Paused".into()));
        assert!(!odd.takes(&task));
        assert_eq!(odd.parameters(), [("TaskAction", "ImportImage")], "the service would ignore the status");
    }
}
