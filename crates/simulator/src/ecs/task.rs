//! Imports as they go on: what a task is at a moment of its clock, and what that makes of its image.

use crate::world::{World, lock};
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

/// Percent of an import for which its image only waits: ours.
const WAITING: u8 = 5;

/// How an import is to end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// The image becomes available.
    #[default]
    Finish,
    /// The task fails at this percentage.
    FailAt {
        /// Where.
        percent: u8,
        /// `ErrorCode` of the operation.
        code: String,
        /// `ErrorMsg` of the operation.
        message: String,
    },
    /// The task goes no further than this percentage.
    StallAt(u8),
    /// The task says that it is finished, and counts a failure; the image is not made.
    FinishFailed {
        /// `ErrorCode` of the operation.
        code: String,
        /// `ErrorMsg` of the operation.
        message: String,
    },
    /// From this percentage on the task reports a status that is not in the reference.
    ReportAt {
        /// From where on.
        percent: u8,
        /// The status.
        status: String,
    },
    /// From this percentage on, neither the task nor the image is there.
    VanishAt(u8),
}

/// What an import is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Waiting(u8),
    Creating(u8),
    Odd(u8, String),
    Finished,
    Failed { code: String, message: String, says_finished: bool, percent: u8 },
    Cancelled(u8),
    Gone,
}

/// One import: its task and its image.
#[derive(Clone, Debug)]
pub(crate) struct Import {
    pub(super) task_id: String,
    pub(super) image_id: String,
    pub(super) region: String,
    pub(super) snapshots: Vec<String>,
    /// On the wall, in seconds since 1970.
    pub(super) created: i64,
    /// On the clock of tasks.
    pub(super) started: Duration,
    pub(super) outcome: Outcome,
    /// When it was cancelled, on the clock of tasks.
    pub(super) cancelled: Option<Duration>,
    pub(super) deleted: bool,
    pub(super) parameters: BTreeMap<String, String>,
    pub(super) disks: Vec<super::disks::Disk>,
}

/// An image, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// `m-…`
    pub id: String,
    /// Its name; empty where none was given.
    pub name: String,
    /// `Waiting`, `Creating`, `Available` or `CreateFailed`.
    pub status: String,
    /// The parameters of the call that made it.
    pub parameters: BTreeMap<String, String>,
}

/// A task, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// `t-…`
    pub id: String,
    /// The image that it makes.
    pub image_id: String,
    /// `Processing`, `Finished` or `Failed`.
    pub status: String,
    /// How far it is.
    pub percent: u8,
}

/// What ECS remembers.
#[derive(Default)]
pub(crate) struct Cloud {
    pub(super) state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) imports: Vec<Import>,
    /// By client token: the parameters that were sent, and what was answered.
    pub(super) tokens: BTreeMap<String, (BTreeMap<String, String>, Value)>,
    pub(super) outcomes: VecDeque<Outcome>,
}

impl Cloud {
    pub(crate) fn script(&self, outcome: Outcome) {
        lock(&self.state).outcomes.push_back(outcome);
    }

    pub(crate) fn images(&self, world: &World) -> Vec<Image> {
        lock(&self.state).imports.iter().filter_map(|import| import.image(world)).collect()
    }

    pub(crate) fn tasks(&self, world: &World) -> Vec<Task> {
        lock(&self.state).imports.iter().filter_map(|import| import.task(world)).collect()
    }
}

impl Import {
    /// What it is, on the clock of `world`.
    pub(super) fn stage(&self, world: &World) -> Stage {
        let now = self.cancelled.unwrap_or_else(|| world.clock.elapsed());
        let percent = share(now.saturating_sub(self.started), world.options.import_time);
        if self.cancelled.is_some() {
            return Stage::Cancelled(percent);
        }
        let going = |percent: u8| if percent < WAITING { Stage::Waiting(percent) } else { Stage::Creating(percent) };
        match &self.outcome {
            Outcome::FailAt { percent: at, code, message } if percent >= *at => {
                Stage::Failed { code: code.clone(), message: message.clone(), says_finished: false, percent: *at }
            }
            Outcome::StallAt(at) => going(percent.min(*at)),
            Outcome::ReportAt { percent: at, status } if percent >= *at => Stage::Odd(percent, status.clone()),
            Outcome::VanishAt(at) if percent >= *at => Stage::Gone,
            Outcome::FinishFailed { code, message } if percent == 100 => {
                Stage::Failed { code: code.clone(), message: message.clone(), says_finished: true, percent }
            }
            _ if percent == 100 => Stage::Finished,
            _ => going(percent),
        }
    }

    /// How much of the checks after the import is done; `None` before they begin.
    pub(super) fn detection(&self, world: &World) -> Option<u8> {
        let done = self.started.saturating_add(world.options.import_time);
        let since = world.clock.elapsed().checked_sub(done)?;
        Some(share(since, world.options.detection_time))
    }

    pub(super) fn name(&self) -> &str {
        self.parameters.get("ImageName").map_or("", String::as_str)
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    pub(super) fn task(&self, world: &World) -> Option<Task> {
        let stage = self.stage(world);
        Some(Task {
            id: self.task_id.clone(),
            image_id: self.image_id.clone(),
            status: stage.task_status()?.to_owned(),
            percent: stage.percent(),
        })
    }

    pub(super) fn image(&self, world: &World) -> Option<Image> {
        let status = if self.deleted { None } else { self.stage(world).image_status() };
        Some(Image {
            id: self.image_id.clone(),
            name: self.name().to_owned(),
            status: status?.to_owned(),
            parameters: self.parameters.clone(),
        })
    }
}

fn share(elapsed: Duration, whole: Duration) -> u8 {
    if elapsed >= whole {
        return 100;
    }
    // Less than 100 by the line before, whatever the division rounds to.
    u8::try_from(elapsed.as_millis().saturating_mul(100) / whole.as_millis().max(1)).unwrap_or(99).min(99)
}

impl Stage {
    /// The status of the task. One that was cancelled reads as failed: the reference knows three words only.
    pub(super) fn task_status(&self) -> Option<&str> {
        match self {
            Self::Waiting(_) | Self::Creating(_) => Some("Processing"),
            Self::Odd(_, status) => Some(status),
            Self::Finished | Self::Failed { says_finished: true, .. } => Some("Finished"),
            Self::Failed { .. } | Self::Cancelled(_) => Some("Failed"),
            Self::Gone => None,
        }
    }

    /// The status of the image; one whose import was cancelled is not there.
    pub(super) fn image_status(&self) -> Option<&'static str> {
        match self {
            Self::Waiting(_) => Some("Waiting"),
            Self::Creating(_) | Self::Odd(..) => Some("Creating"),
            Self::Finished => Some("Available"),
            Self::Failed { .. } => Some("CreateFailed"),
            Self::Cancelled(_) | Self::Gone => None,
        }
    }

    pub(super) fn percent(&self) -> u8 {
        match self {
            Self::Waiting(percent) | Self::Creating(percent) | Self::Odd(percent, _) | Self::Cancelled(percent) => {
                *percent
            }
            Self::Failed { percent, .. } => *percent,
            Self::Finished => 100,
            Self::Gone => 0,
        }
    }

    pub(super) fn is_going(&self) -> bool {
        matches!(self, Self::Waiting(_) | Self::Creating(_) | Self::Odd(..))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Pace;
    use crate::options::Options;

    fn world() -> World {
        World::new(Options { pace: Pace::Manual, ..Options::default() }).expect("a world")
    }

    fn import(outcome: Outcome) -> Import {
        Import {
            task_id: "t-1".to_owned(),
            image_id: "m-1".to_owned(),
            region: "cn-hangzhou".to_owned(),
            snapshots: Vec::new(),
            created: 0,
            started: Duration::ZERO,
            outcome,
            cancelled: None,
            deleted: false,
            parameters: BTreeMap::new(),
            disks: Vec::new(),
        }
    }

    /// Task and image at so many percent of the time.
    fn at(world: &World, import: &Import) -> (String, u8, String) {
        let (task, image) = (import.task(world), import.image(world));
        let (status, percent) = task.map_or(("-".to_owned(), 0), |task| (task.status, task.percent));
        (status, percent, image.map_or("-".to_owned(), |image| image.status))
    }

    fn course(outcome: Outcome) -> Vec<(String, u8, String)> {
        let (world, import) = (world(), import(outcome));
        let mut seen = Vec::new();
        for _ in 0..4 {
            seen.push(at(&world, &import));
            world.clock.advance(world.options.import_time / 3 + Duration::from_secs(1));
        }
        seen
    }

    fn says(task: &str, percent: u8, image: &str) -> (String, u8, String) {
        (task.to_owned(), percent, image.to_owned())
    }

    #[test]
    fn outcomes_take_their_course() {
        let first = says("Processing", 0, "Waiting");
        let second = says("Processing", 33, "Creating");
        let third = says("Processing", 67, "Creating");
        let (code, message) = ("E".to_owned(), "why".to_owned());
        for (outcome, then) in [
            (Outcome::Finish, [third.clone(), says("Finished", 100, "Available")]),
            (Outcome::StallAt(40), [says("Processing", 40, "Creating"), says("Processing", 40, "Creating")]),
            (Outcome::VanishAt(50), [says("-", 0, "-"), says("-", 0, "-")]),
            (
                Outcome::FinishFailed { code: code.clone(), message: message.clone() },
                [third.clone(), says("Finished", 100, "CreateFailed")],
            ),
            (Outcome::FailAt { percent: 90, code, message }, [third.clone(), says("Failed", 90, "CreateFailed")]),
            (
                Outcome::ReportAt { percent: 50, status: "Paused".to_owned() },
                [says("Paused", 67, "Creating"), says("Paused", 100, "Creating")],
            ),
        ] {
            let [third, fourth] = then;
            assert_eq!(course(outcome.clone()), [first.clone(), second.clone(), third, fourth], "{outcome:?}");
        }
    }

    #[test]
    fn a_cancelled_import_stands_still_and_has_no_image() {
        let (world, mut import) = (world(), import(Outcome::Finish));
        import.cancelled = Some(world.options.import_time / 2);
        world.clock.advance(world.options.import_time);
        assert_eq!(at(&world, &import), says("Failed", 50, "-"));
    }
}
