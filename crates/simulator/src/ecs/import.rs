//! Imports as they go on, each a task and an image, on the clock of tasks.

use super::check::Check;
use super::outcome::Outcome;
use super::stage::{Stage, share};
use crate::world::{World, lock};
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

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
pub(crate) struct Cloud {
    pub(super) state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) imports: Vec<Import>,
    /// By client token: the parameters that were sent, and what was answered.
    pub(super) tokens: BTreeMap<String, (BTreeMap<String, String>, Value)>,
    pub(super) outcomes: VecDeque<Outcome>,
    pub(super) detection: Vec<Check>,
}

impl Default for Cloud {
    fn default() -> Self {
        Self { state: Mutex::new(State { detection: Check::all_well(), ..State::default() }) }
    }
}

impl Cloud {
    pub(crate) fn script(&self, outcome: Outcome) {
        lock(&self.state).outcomes.push_back(outcome);
    }

    pub(crate) fn script_detection(&self, items: Vec<Check>) {
        lock(&self.state).detection = items;
    }

    pub(crate) fn cancel(&self, world: &World, id: &str) -> bool {
        let mut state = lock(&self.state);
        let found = state.imports.iter_mut().find(|import| import.task_id == id);
        let Some(import) = found.filter(|import| import.stage(world).is_going()) else { return false };
        import.cancelled = Some(world.clock.elapsed());
        true
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
        if self.cancelled.is_some() { Stage::Cancelled(percent) } else { Stage::at(percent, &self.outcome) }
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
