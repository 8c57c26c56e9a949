//! Following an import to its end: by its task where there is one, and by its image.
//!
//! An import fails as a task, and only there with a reason; it succeeds as an image. The snapshots of an import show as
//! failed until it is done, so they are not asked.

use super::{Ecs, Image, Started, Task, TaskStatus};
use crate::error::{Error, Kind, Result};
use crate::journal::Journal;
use crate::state::ImportState;
use std::time::{Duration, Instant};

/// Looks in a row at neither a task that goes on nor an image, until both are taken to be gone: what was just begun may
/// not show at once.
const LOOKS: u32 = 3;

/// How often to ask, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Between two questions.
    pub interval: Duration,
    /// When to give up; an import takes as long as its size and its queue want.
    pub limit: Option<Duration>,
}

impl Default for Pace {
    fn default() -> Self {
        Pace { interval: Duration::from_secs(10), limit: None }
    }
}

/// Who wants to know how far an import is.
pub trait Following {
    /// The task and the image, as far as they are known.
    fn seen(&self, task: Option<&Task>, image: Option<&Image>);
}

/// Nobody wants to know.
impl Following for () {
    fn seen(&self, _: Option<&Task>, _: Option<&Image>) {}
}

impl Ecs {
    /// Waits until the image is available, and writes the end down. A stop or the limit only ends the waiting: the same
    /// call goes on.
    pub fn follow(
        &self,
        started: &Started,
        pace: Pace,
        following: &dyn Following,
        journal: &mut Journal,
    ) -> Result<Image> {
        match self.watch(started, pace, following) {
            Ok(image) => self.finished(image, journal),
            Err(error) => {
                if error.kind() == Kind::Failed {
                    journal.set_import(None)?;
                }
                Err(error)
            }
        }
    }

    /// The same of an import that somebody else began: nothing is written down.
    pub fn watch(&self, started: &Started, pace: Pace, following: &dyn Following) -> Result<Image> {
        let (begun, mut gone, mut id) = (Instant::now(), 0, started.image.clone());
        loop {
            let mut task = self.task_if_there(&started.task)?;
            if let Some(named) = task.as_ref().and_then(|task| task.image.as_ref()).filter(|_| id.is_empty()) {
                id.clone_from(named);
            }
            let image = if id.is_empty() { None } else { self.image(&id)? };
            // It failed between the two questions: the reason is with the task.
            if image.as_ref().is_some_and(Image::has_failed) && !task.as_ref().is_some_and(Task::has_failed) {
                task = self.task_if_there(&started.task)?;
            }
            following.seen(task.as_ref(), image.as_ref());
            let going = task.as_ref().is_some_and(|task| task.status != TaskStatus::Finished);
            gone = if going || image.is_some() { 0 } else { gone + 1 };
            if let Some(error) = failure(task.as_ref(), image.as_ref(), gone >= LOOKS) {
                return Err(error);
            }
            if let Some(image) = image.filter(Image::is_available) {
                return Ok(image);
            }
            if pace.limit.is_some_and(|limit| begun.elapsed() >= limit) {
                return Err(Error::network(format!("the import is not done after {} s", begun.elapsed().as_secs()))
                    .remedy("it goes on, and the same command follows it further"));
            }
            self.session.stop().sleep(pace.interval)?;
        }
    }

    fn task_if_there(&self, id: &str) -> Result<Option<Task>> {
        if id.is_empty() {
            return Ok(None);
        }
        match self.task(id) {
            Err(error) if error.code() == "InvalidTaskId.NotFound" => Ok(None),
            task => task.map(Some),
        }
    }

    fn finished(&self, image: Image, journal: &mut Journal) -> Result<Image> {
        if let Some(ImportState::Running { parameters, .. }) = journal.import().cloned() {
            journal.set_import(Some(ImportState::Finished { parameters, image: image.id.clone() }))?;
        }
        Ok(image)
    }
}

/// Why there will be no image.
fn failure(task: Option<&Task>, image: Option<&Image>, gone: bool) -> Option<Error> {
    let reasons = |task: &Task| {
        let all: Vec<_> = task.errors.iter().map(|error| format!("{}: {}", error.code, error.message)).collect();
        if all.is_empty() { "the service gives no reason".to_owned() } else { all.join("; ") }
    };
    match (task, image) {
        (Some(task), _) if task.has_failed() => {
            let code = task.errors.iter().map(|error| error.code.clone()).find(|code| !code.is_empty());
            Some(Error::new(Kind::Failed, format!("the import failed: {}", reasons(task))).coded(code))
        }
        (_, Some(image)) if image.has_failed() => {
            let what = format!("the import failed: image {} is {}", image.id, image.status);
            Some(Error::new(Kind::Failed, what))
        }
        _ if gone => Some(
            Error::new(Kind::Failed, "the import is gone: there is neither its image nor a task that goes on")
                .remedy("somebody may have cancelled it or deleted the image; run the same command to import again"),
        ),
        _ => None,
    }
}
