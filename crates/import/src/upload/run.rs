//! The upload as a whole: what was begun is gone on with, what is there is adopted, and what is written down is true.

use super::body::Shared;
use super::existing::{self, Existing, existing};
use super::maker::Content;
use super::pace::Pace;
use super::parts::{Parts, Sent};
use super::plan::Plan;
use super::progress::Progress;
use crate::error::{Error, Kind, Result};
use crate::journal::Journal;
use crate::oss::{Begin, Bucket, Part};
use crate::state::ObjectState;
use crate::stop::Stop;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

/// How to upload.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Bytes of a part, instead of what follows from the size.
    pub part_size: Option<u64>,
    /// Parts that are sent at once, at most; how many it is follows from what that brings.
    pub workers: usize,
    /// Bytes a second, at most.
    pub rate: Option<u64>,
    /// An object of the key that is there already may be replaced.
    pub overwrite: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { part_size: None, workers: 16, rate: None, overwrite: false }
    }
}

/// An object that has the bytes of the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uploaded {
    /// Its length.
    pub size: u64,
    /// Its tag.
    pub etag: String,
    /// Its CRC-64/XZ, which is the one of the image.
    pub crc64: u64,
    /// Parts that were sent in this run.
    pub sent: u32,
    /// Parts that were there from an earlier one.
    pub kept: u32,
    /// Parts that were there and had other bytes: the image is not what it was.
    pub changed: u32,
}

/// Uploads `content` to `key` of `bucket`, from wherever `journal` says an earlier run came to. `unchanged` is asked
/// whether the image is still what it was when it was opened, before its parts become an object.
pub fn send(
    bucket: &Bucket,
    key: &str,
    content: Content<'_>,
    journal: &mut Journal,
    options: Options,
    progress: &dyn Progress,
    unchanged: &dyn Fn() -> storage::Result<()>,
) -> Result<Uploaded> {
    Bucket::check_key(key)?;
    let plan = match (content, options.part_size) {
        (Content::Made(maker), None) => Plan::streamed(maker.bound())?,
        _ => Plan::new(content.bound(), options.part_size)?,
    };
    let pace = Pace::new(options.rate);
    let stop = bucket.session().stop();
    let shared = Shared { stop, halted: AtomicBool::new(false), pace, progress };
    let run = Run { bucket, key, content, plan, options, shared: &shared, unchanged };
    run.begin(journal).map_err(|error| error.within(format_args!("uploading to oss://{}/{key}", bucket.name())))
}

/// Length and CRC-64/XZ of all bytes.
pub(crate) fn sums(content: Content<'_>, stop: &Stop) -> Result<(u64, u64)> {
    let shared = Shared { stop, halted: AtomicBool::new(false), pace: Pace::new(None), progress: &() };
    existing::sums(content, &shared)
}

struct Run<'a> {
    bucket: &'a Bucket,
    key: &'a str,
    content: Content<'a>,
    plan: Plan,
    options: Options,
    shared: &'a Shared<'a>,
    unchanged: &'a dyn Fn() -> storage::Result<()>,
}

impl Run<'_> {
    fn begin(mut self, journal: &mut Journal) -> Result<Uploaded> {
        if let Some(ObjectState::Uploading { id, size, part_size }) = journal.object(self.bucket.name(), self.key) {
            match self.resume(journal, &id, size, part_size)? {
                Some(uploaded) => return Ok(uploaded),
                None => self.shared.progress.note("the upload that was begun is gone; it starts anew"),
            }
        }
        match existing(self.bucket, self.key, self.content, self.shared)? {
            Existing::Same(object, crc64) => {
                let sent = Sent { size: object.size, ..Sent::default() };
                return self.keep(journal, object.etag, crc64, sent);
            }
            Existing::Other if !self.options.overwrite => return Err(self.taken()),
            Existing::None | Existing::Other => {}
        }
        let id = self.bucket.initiate(self.begin_of())?;
        let state = ObjectState::Uploading { id: id.clone(), size: self.plan.size(), part_size: self.plan.part_size() };
        journal.set_object(self.bucket.name(), self.key, state)?;
        self.finish(journal, &id, Vec::new())
    }

    /// Goes on with an upload; `None`: there is none any more, and its object is not there either.
    fn resume(&mut self, journal: &mut Journal, id: &str, size: u64, part_size: u64) -> Result<Option<Uploaded>> {
        let plan = Plan::new(self.plan.size(), Some(part_size)).ok();
        let (Some(plan), true) = (plan, size == self.plan.size()) else {
            self.shared.progress.note("the image has another size than when its upload was begun; it starts anew");
            self.bucket.abort(self.key, id)?;
            return Ok(None);
        };
        let Some(there) = self.bucket.parts(self.key, id)? else { return Ok(None) };
        self.plan = plan;
        match self.finish(journal, id, there) {
            Err(error) if error.code() == "NoSuchUpload" => Ok(None),
            done => done.map(Some),
        }
    }

    /// Sends what is not there, and makes the object.
    fn finish(&self, journal: &mut Journal, id: &str, there: Vec<Part>) -> Result<Uploaded> {
        self.shared.progress.begun(id);
        let there: BTreeMap<_, _> = there.into_iter().map(|part| (part.number, part)).collect();
        let parts = Parts { bucket: self.bucket, key: self.key, id, there, shared: self.shared };
        let sent = match self.content {
            Content::Stored(source) => parts.send(source, self.plan, self.options.workers)?,
            Content::Made(maker) => parts.stream(maker, self.plan.part_size(), self.options.workers)?,
        };
        (self.unchanged)().map_err(Error::source)?;
        let (etag, crc64) = match self.bucket.complete(self.begin_of(), id, &sent.parts) {
            Ok(done) => done,
            Err(error) => self.after(error, &sent)?,
        };
        // An answer need not say the sum; the object does.
        let crc64 = match crc64 {
            Some(crc64) => Some(crc64),
            None => self.bucket.head(self.key)?.and_then(|object| object.crc64),
        };
        if crc64 != Some(sent.crc64) {
            return Err(self.spoilt(journal, sent.crc64, crc64));
        }
        self.keep(journal, etag, sent.crc64, sent)
    }

    /// Whether the object was made although the service refused, or its answer was lost.
    fn after(&self, error: Error, sent: &Sent) -> Result<(String, Option<u64>)> {
        let doubtful = error.is_temporary() || matches!(error.code(), "NoSuchUpload" | "FileAlreadyExists");
        if error.kind() == Kind::Stopped || !doubtful {
            return Err(error);
        }
        match self.bucket.head(self.key) {
            Ok(Some(object)) if object.size == sent.size && object.crc64 == Some(sent.crc64) => {
                Ok((object.etag, object.crc64))
            }
            _ => Err(error),
        }
    }

    /// The object is not the image: nobody shall import it.
    fn spoilt(&self, journal: &mut Journal, ours: u64, theirs: Option<u64>) -> Error {
        let theirs = theirs.map_or("none".into(), |sum| sum.to_string());
        let mut error = Error::new(Kind::Mismatch, format!("the object has the CRC-64 {theirs}, the image {ours}"));
        let removed = self.bucket.delete(self.key).and_then(|()| journal.forget_object(self.bucket.name(), self.key));
        error = match removed {
            Ok(()) => error.remedy("the object was deleted; run the same command again"),
            Err(_) => error.remedy("delete the object, and run the same command again"),
        };
        error
    }

    fn keep(&self, journal: &mut Journal, etag: String, crc64: u64, sent: Sent) -> Result<Uploaded> {
        let size = sent.size;
        let state = ObjectState::Uploaded { size, etag: etag.clone(), crc64 };
        journal.set_object(self.bucket.name(), self.key, state)?;
        let count = u32::try_from(sent.parts.len()).unwrap_or(u32::MAX) - sent.kept;
        Ok(Uploaded { size, etag, crc64, sent: count, kept: sent.kept, changed: sent.changed })
    }

    fn begin_of(&self) -> Begin<'_> {
        Begin { key: self.key, overwrite: self.options.overwrite }
    }

    fn taken(&self) -> Error {
        Error::usage("there is an object of this key, and it is not this image")
            .remedy("choose another key, or allow to overwrite")
    }
}
