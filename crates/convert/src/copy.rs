//! Copying a disk, and hashing one without copying it.

use crate::checksums::Checksums;
use crate::crew::{self, Limits, Progress};
use crate::digest::{Digest, Hash, SEGMENT, Tree};
use crate::plan::{Plan, Task};
use crate::segment::Segment;
use crate::turns::Turns;
use crate::writer::Writer;
use std::sync::{Mutex, PoisonError};
use storage::{ReadAt, Result, WriteAt};

/// Zeros written over old content in one step, between which a stop is noticed.
const LONGEST_WIPE: u64 = 256 << 20;

/// Memory that a copy may take, by default.
const MEMORY: u64 = 96 << 20;

/// How to copy.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads; 0: two more than there are processors, so that all of those are busy while some wait for their turns.
    pub workers: usize,
    /// `-S`, in bytes: where data holds zeros, aligned pieces of this size are skipped like holes; more than 1 MiB is
    /// taken for 1 MiB. 0: nothing is skipped, holes neither, and the target is fully allocated.
    pub sparse: u64,
    /// The target reads as zeros before anything is written, so that zeros need not be written.
    pub target_is_zero: bool,
    /// `-r`: bytes of data written in a second, at most; 0 is no limit.
    pub rate: Option<u64>,
    /// Bytes of memory that the threads may take together: each is counted with 4 MiB, for its buffer of 1 MiB, its
    /// stack and what formats hold while a segment is read and written. There are as many threads as that allows; an
    /// amount too small for one is an error. What a format knows of the whole disk, such as its tables, is not counted.
    pub memory: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options { workers: 0, sparse: 4096, target_is_zero: true, rate: None, memory: MEMORY }
    }
}

/// What a copy did.
#[derive(Clone, Debug)]
pub struct Copied {
    /// Of the whole disk.
    pub digest: Digest,
    /// Length of the disk.
    pub size: u64,
    /// Bytes written as data.
    pub written: u64,
    /// For [`verify`](crate::verify), to say where.
    pub(crate) checksums: Checksums,
}

/// Copies all of `source` to `target`, which may be longer. Does not call `finish`.
///
/// Every segment with data is written by one call of [`write_segment`](WriteAt::write_segment), with its turn: in the
/// order of the disk, whatever the number of threads.
pub fn copy(source: &dyn ReadAt, target: &dyn WriteAt, options: &Options, progress: &dyn Progress) -> Result<Copied> {
    let longest_hole = match options {
        Options { sparse: 0, .. } => SEGMENT,
        Options { target_is_zero: false, .. } => LONGEST_WIPE,
        _ => u64::MAX,
    };
    let plan = Plan::new(&[source], longest_hole);
    let stop = || progress.stop();
    let (writer, turns) = (Writer::new(target, options, &stop), Turns::default());
    let tree = Mutex::new(Tree::noting(Checksums::new()));
    crew::run(plan, Limits::of(options), progress, || {
        let mut segment = Segment::new()?;
        let (tree, writer, turns) = (&tree, &writer, &turns);
        Ok(move |task: &Task| {
            let place = turns.place(task.turn);
            segment.load(source, task)?;
            segment.hash_into(tree, task);
            writer.write(&mut segment, task, &place)?;
            place.done();
            Ok(None)
        })
    })?;
    let (top, checksums) = tree.into_inner().unwrap_or_else(PoisonError::into_inner).end();
    let size = source.size();
    Ok(Copied { digest: Digest::new(&top, size), size, written: writer.written(), checksums })
}

/// The digest of a disk without copying it.
pub fn digest(source: &dyn ReadAt, workers: usize, progress: &dyn Progress) -> Result<Digest> {
    let tree = hashed(source, Limits { workers, memory: u64::MAX }, Tree::new(), progress)?;
    Ok(Digest::new(&tree.end().0, source.size()))
}

/// The top of the tree over a disk, and its checksums.
pub(crate) fn summed(source: &dyn ReadAt, options: &Options, progress: &dyn Progress) -> Result<(Hash, Checksums)> {
    Ok(hashed(source, Limits::of(options), Tree::noting(Checksums::new()), progress)?.end())
}

fn hashed(source: &dyn ReadAt, limits: Limits, tree: Tree, progress: &dyn Progress) -> Result<Tree> {
    let (turns, tree) = (Turns::default(), Mutex::new(tree));
    crew::run(Plan::new(&[source], u64::MAX), limits, progress, || {
        let mut segment = Segment::new()?;
        let (tree, turns) = (&tree, &turns);
        Ok(move |task: &Task| {
            let place = turns.place(task.turn);
            segment.load(source, task)?;
            segment.hash_into(tree, task);
            place.done();
            Ok(None)
        })
    })?;
    Ok(tree.into_inner().unwrap_or_else(PoisonError::into_inner))
}
