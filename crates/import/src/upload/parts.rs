//! Sending the parts, several at once.

use super::body::{PartBody, Piece, Shared, Sums};
use super::lanes::Lanes;
use super::maker::Maker;
use super::plan::Plan;
use crate::crc64::combine;
use crate::error::{Error, Kind, Result, Retry};
use crate::oss::{Bucket, Part, Sending};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;
use storage::ReadAt;

/// How often a part may arrive other than it was sent: twice is no accident.
const MISMATCHES: u32 = 2;

/// An upload that was begun.
pub(super) struct Parts<'a> {
    pub(super) bucket: &'a Bucket,
    pub(super) key: &'a str,
    pub(super) id: &'a str,
    /// What OSS has, by number.
    pub(super) there: BTreeMap<u32, Part>,
    pub(super) shared: &'a Shared<'a>,
}

/// What became of all parts.
#[derive(Debug, Default)]
pub(super) struct Sent {
    pub(super) parts: Vec<Part>,
    pub(super) crc64: u64,
    pub(super) size: u64,
    pub(super) kept: u32,
    pub(super) changed: u32,
}

/// What became of one.
struct Done {
    part: Part,
    sums: Sums,
    kept: bool,
    changed: bool,
}

impl Parts<'_> {
    /// Sends what of `source` is not there, at most so many parts at once. The first error ends all.
    pub(super) fn send(&self, source: &dyn ReadAt, plan: Plan, workers: usize) -> Result<Sent> {
        let (next, lanes) = (AtomicU32::new(1), Lanes::new(workers));
        let done: Mutex<(Vec<Done>, Option<Error>)> = Mutex::default();
        let is_over = || next.load(Ordering::Relaxed) > plan.count() || self.shared.check().is_err();
        let work = || {
            while let Some(lane) = lanes.enter(is_over) {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number > plan.count() {
                    return;
                }
                let Range { start, end } = plan.range(number);
                let one = self.one(&lanes, number, Piece { source, start, end });
                drop(lane);
                let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                match one {
                    Ok(one) => done.0.push(one),
                    Err(error) => {
                        self.shared.halted.store(true, Ordering::SeqCst);
                        done.1.get_or_insert(error);
                        return;
                    }
                }
            }
        };
        thread::scope(|scope| {
            for _ in 0..workers.clamp(1, plan.count() as usize) {
                scope.spawn(work);
            }
        });
        let (done, error) = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        match error {
            Some(error) => Err(error),
            None if done.len() == plan.count() as usize => Ok(joined(done)),
            None => Err(Error::stopped()),
        }
    }

    /// Sends the parts of what `maker` makes, as they come, as far as they are not there.
    pub(super) fn stream(&self, maker: &dyn Maker, part_size: u64, workers: usize) -> Result<Sent> {
        let lanes = Lanes::new(workers);
        let done = Mutex::new(Vec::new());
        let sink = |number, part: &dyn ReadAt| {
            let lane = lanes.enter(|| self.shared.check().is_err()).ok_or_else(Error::stopped)?;
            let one = self.one(&lanes, number, Piece::whole(part));
            drop(lane);
            let one = one.inspect_err(|_| self.shared.halted.store(true, Ordering::SeqCst))?;
            done.lock().unwrap_or_else(PoisonError::into_inner).push(one);
            Ok(())
        };
        maker.make(part_size, workers, &sink)?;
        self.shared.check()?;
        Ok(joined(done.into_inner().unwrap_or_else(PoisonError::into_inner)))
    }

    fn one(&self, lanes: &Lanes, number: u32, piece: Piece<'_>) -> Result<Done> {
        let sums = self.shared.sum(piece)?;
        let there = self.there.get(&number).filter(|part| part.size == sums.size);
        if let Some(part) = there {
            if part.is(sums.md5) || part.crc64 == Some(sums.crc64) {
                self.shared.progress.kept(sums.size);
                return Ok(Done { part: part.clone(), sums, kept: true, changed: false });
            }
            let words = format!("part {number} that is there is not of these bytes; it is sent again");
            self.shared.progress.note(&words);
        }
        let part = self.upload(lanes, number, piece, sums)?;
        lanes.arrived(sums.size, Instant::now());
        Ok(Done { part, sums, kept: false, changed: there.is_some() })
    }

    /// Sends one part until it arrived as it is.
    fn upload(&self, lanes: &Lanes, number: u32, piece: Piece<'_>, sums: Sums) -> Result<Part> {
        let (mut counted, mut mismatches) = (0, 0);
        let sending = Sending { key: self.key, id: self.id, number, size: sums.size, md5: sums.md5 };
        loop {
            let part = self.bucket.session().retrying(|key, now| {
                let mut body = PartBody::new(self.shared, piece, &mut counted);
                let answer = self.bucket.upload_part(sending, &mut body, key, now);
                if answer.as_ref().is_err_and(|error| error.retry() == Retry::BackOff) {
                    lanes.objected(Instant::now());
                }
                match body.sum() {
                    Some(sum) if sum != sums.crc64 => Err(changed(number)),
                    _ => answer,
                }
            })?;
            if part.crc64.is_none_or(|crc64| crc64 == sums.crc64) {
                return Ok(part);
            }
            mismatches += 1;
            if mismatches == MISMATCHES {
                let what = format!("part {number} arrived {MISMATCHES} times other than it was sent");
                return Err(Error::new(Kind::Mismatch, what)
                    .remedy("something on the way changes bytes; try another network, then run the same command"));
            }
        }
    }
}

fn changed(number: u32) -> Error {
    Error::new(Kind::Source, format!("the image changed while part {number} was sent"))
        .remedy("stop what writes to it and run the same command again")
}

fn joined(mut done: Vec<Done>) -> Sent {
    done.sort_by_key(|one| one.part.number);
    let mut sent = Sent::default();
    for one in done {
        sent.crc64 = combine(sent.crc64, one.sums.crc64, one.sums.size);
        sent.size += one.sums.size;
        sent.kept += u32::from(one.kept);
        sent.changed += u32::from(one.changed);
        sent.parts.push(one.part);
    }
    sent
}
