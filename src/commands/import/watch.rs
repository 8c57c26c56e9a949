//! What a person sees while an import goes on.

use crate::cli::Import;
use crate::commands::cloud::{self, Farewell};
use crate::image::say;
use crate::progress;
use crate::size;
use ::import::ecs::{Following, Image, Task};
use ::import::upload::Progress;
use ::import::{Step, Watch};
use convert::Progress as _;
use facts::printable;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Percents between two lines about an import that goes on.
const STRIDE: u8 = 10;

/// Says each step on standard error, and draws a bar of an upload where one was asked for.
pub(super) struct Shown<'a> {
    args: &'a Import,
    region: &'a str,
    bucket: &'a str,
    farewell: Farewell,
    state: Mutex<State>,
    done: AtomicU64,
}

#[derive(Default)]
struct State {
    bar: Option<progress::Shown>,
    key: String,
    size: u64,
    said: Option<(String, u8)>,
}

impl<'a> Shown<'a> {
    pub(super) fn new(args: &'a Import, region: &'a str, bucket: &'a str, farewell: Farewell) -> Self {
        farewell.set("the same command goes on from here");
        Shown { args, region, bucket, farewell, state: Mutex::default(), done: AtomicU64::new(0) }
    }

    /// Whatever came of it: no bar stays.
    pub(super) fn end(&self) {
        self.state().bar = None;
    }

    fn say(&self, words: &str) {
        if !self.args.progress.quiet {
            say(words);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, bytes: u64) {
        let done = self.done.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let state = self.state();
        if let Some(bar) = &state.bar {
            bar.at(done.min(state.size), state.size);
        }
    }

    fn begin_upload(&self, key: &str, size: u64) {
        self.say(&format!("uploading {} to oss://{}/{}", size::human(size), self.bucket, printable(key)));
        self.done.store(0, Ordering::Relaxed);
        let mut state = self.state();
        state.bar = progress::Shown::new("upload", &self.args.progress).ok();
        (state.key, state.size) = (key.to_owned(), size);
    }
}

impl Progress for Shown<'_> {
    fn begun(&self, id: &str) {
        let key = self.state().key.clone();
        self.farewell.set(format!(
            "what was uploaded is kept; the same command goes on from here\nto throw it away: bootworthy uploads abort \
             --region-id {} --oss-bucket {} '{}' {}",
            self.region,
            self.bucket,
            printable(&key),
            printable(id)
        ));
    }

    fn sent(&self, bytes: u64) {
        self.add(bytes);
    }

    fn kept(&self, bytes: u64) {
        self.add(bytes);
    }

    fn note(&self, text: &str) {
        self.say(&printable(text));
    }
}

impl Following for Shown<'_> {
    fn seen(&self, task: Option<&Task>, image: Option<&Image>) {
        let (status, percent) = cloud::progress(task, image);
        let now = (status, percent.unwrap_or(0));
        let mut state = self.state();
        let old = state.said.as_ref();
        if old.is_some_and(|(status, percent)| *status == now.0 && now.1 < percent.saturating_add(STRIDE)) {
            return;
        }
        self.say(&cloud::progress_line(&now.0, percent));
        state.said = Some(now);
    }
}

impl Watch for Shown<'_> {
    fn step(&self, step: Step<'_>) {
        match step {
            Step::Bucket | Step::Try => {}
            Step::Upload { key, size } => self.begin_upload(key, size),
            Step::Uploaded { object, .. } => {
                let mut state = self.state();
                if let Some(bar) = state.bar.take() {
                    bar.end(state.size);
                }
                let kept = match (object.sent, object.kept) {
                    (0, 0) => "it was there already".to_owned(),
                    (1, 0) => "1 part sent".to_owned(),
                    (sent, 0) => format!("{sent} parts sent"),
                    (sent, kept) => format!("parts sent: {sent}; there before: {kept}"),
                };
                self.say(&format!("uploaded: {kept}; its CRC-64 is that of the file"));
                self.farewell.set("the objects are there; the same command goes on from here");
            }
            Step::Started(started) => {
                let found = if started.adopted { "an import of this was found" } else { "import begun" };
                let ids = [("task", &started.task), ("image", &started.image)];
                let ids: Vec<_> = ids.into_iter().filter(|(_, id)| !id.is_empty()).collect();
                let words: Vec<_> = ids.iter().map(|(what, id)| format!("{what} {}", printable(id))).collect();
                self.say(&format!("{found}: {}", words.join(", ")));
                let id = ids.first().map_or("", |(_, id)| id.as_str());
                let (region, id) = (self.region, printable(id));
                self.farewell.set(format!(
                    "the import goes on without this program; to follow it: bootworthy wait --region-id {region} {id}\n\
                     to cancel it: bootworthy cancel --region-id {region} {id}"
                ));
            }
        }
    }
}
