//! Copying a disk, and hashing one without copying it.

use crate::crew::{self, Progress, lock};
use crate::digest::{CHUNK, Digest, SEGMENT, SEGMENT_CHUNKS, Tree, segment_hash};
use crate::plan::{Plan, Task};
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use storage::{ReadAt, Result, WriteAt, is_zero, to_usize};

/// Zeros written over old content in one step, between which a stop is noticed.
const LONGEST_WIPE: u64 = 256 << 20;

/// How to copy.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads; 0: as many as there are processors.
    pub workers: usize,
    /// `-S`, in bytes: where data holds zeros, aligned pieces of this size are skipped like holes; more than 1 MiB is
    /// taken for 1 MiB. 0: nothing is skipped, holes neither, and the target is fully allocated.
    pub sparse: u64,
    /// The target reads as zeros before anything is written, so that zeros need not be written.
    pub target_is_zero: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { workers: 0, sparse: 4096, target_is_zero: true }
    }
}

/// What a copy did.
#[derive(Clone, Copy, Debug)]
pub struct Copied {
    /// Of the whole disk.
    pub digest: Digest,
    /// Length of the disk.
    pub size: u64,
    /// Bytes written as data.
    pub written: u64,
}

/// Copies all of `source` to `target`. Does not call `finish`.
pub fn copy(source: &dyn ReadAt, target: &dyn WriteAt, options: &Options, progress: &dyn Progress) -> Result<Copied> {
    let longest_hole = match options {
        Options { sparse: 0, .. } => SEGMENT,
        Options { target_is_zero: false, .. } => LONGEST_WIPE,
        _ => u64::MAX,
    };
    let plan = Plan::new(&[source], longest_hole);
    let writer = Writer { target, options, written: AtomicU64::new(0) };
    let tree = Mutex::new(Tree::new());
    crew::run(plan, options.workers, progress, || {
        let mut segment = Segment::new();
        let (tree, writer) = (&tree, &writer);
        move |task| {
            segment.load(source, task)?;
            segment.hash_into(tree, task);
            writer.write(&mut segment, task)?;
            Ok(None)
        }
    })?;
    Ok(Copied { digest: tree_digest(tree, source.size()), size: source.size(), written: writer.written.into_inner() })
}

/// The digest of a disk without copying it.
pub fn digest(source: &dyn ReadAt, workers: usize, progress: &dyn Progress) -> Result<Digest> {
    let tree = Mutex::new(Tree::new());
    crew::run(Plan::new(&[source], u64::MAX), workers, progress, || {
        let mut segment = Segment::new();
        let tree = &tree;
        move |task| {
            segment.load(source, task)?;
            segment.hash_into(tree, task);
            Ok(None)
        }
    })?;
    Ok(tree_digest(tree, source.size()))
}

fn tree_digest(tree: Mutex<Tree>, size: u64) -> Digest {
    tree.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).digest(size)
}

/// The bytes of one segment; the buffer is used again for the next.
struct Segment {
    bytes: Box<[[u8; CHUNK]]>,
    /// Which chunks hold data; the bytes of the others are old.
    loaded: [bool; SEGMENT_CHUNKS],
}

impl Segment {
    fn new() -> Self {
        Segment { bytes: vec![[0; CHUNK]; SEGMENT_CHUNKS].into(), loaded: [false; SEGMENT_CHUNKS] }
    }

    fn load(&mut self, source: &dyn ReadAt, task: &Task) -> Result<()> {
        self.loaded.fill(false);
        for range in &task.data {
            let part = within(task, range)?;
            self.prepare(&part);
            source.read_at(&mut self.bytes.as_flattened_mut()[part], range.start)?;
        }
        Ok(())
    }

    /// Chunks that `part` enters first and does not fill have zeros around it.
    fn prepare(&mut self, part: &Range<usize>) {
        for i in part.start / CHUNK..part.end.div_ceil(CHUNK) {
            let filled = part.start <= i * CHUNK && (i + 1) * CHUNK <= part.end;
            if !self.loaded[i] && !filled {
                self.bytes[i].fill(0);
            }
            self.loaded[i] = true;
        }
    }

    fn hash_into(&self, tree: &Mutex<Tree>, task: &Task) {
        if !task.data.is_empty() {
            let hash = segment_hash(|i| self.loaded[i].then_some(&self.bytes[i]));
            lock(tree).add(task.number, task.range.start / SEGMENT, hash);
        }
    }

    /// All bytes of the segment, with zeros where nothing was loaded.
    fn whole(&mut self) -> &[u8] {
        for (chunk, loaded) in self.bytes.iter_mut().zip(&mut self.loaded) {
            if !*loaded {
                chunk.fill(0);
                *loaded = true;
            }
        }
        self.bytes.as_flattened()
    }
}

/// A range of the disk as a range of the task's segment.
fn within(task: &Task, range: &Range<u64>) -> Result<Range<usize>> {
    Ok(to_usize(range.start - task.range.start)?..to_usize(range.end - task.range.start)?)
}

struct Writer<'a> {
    target: &'a dyn WriteAt,
    options: &'a Options,
    written: AtomicU64,
}

impl Writer<'_> {
    fn write(&self, segment: &mut Segment, task: &Task) -> Result<()> {
        if self.options.sparse == 0 {
            let whole = within(task, &task.range)?;
            return self.data(&segment.whole()[whole], task.range.start);
        }
        let bytes = segment.bytes.as_flattened();
        let mut at = task.range.start;
        for range in &task.data {
            let mut rest = range.clone();
            while let Some(run) = next_run(&bytes[within(task, &rest)?], rest.start, self.options.sparse.min(SEGMENT)) {
                self.zeros(at..run.start)?;
                self.data(&bytes[within(task, &run)?], run.start)?;
                at = run.end;
                rest.start = run.end;
            }
        }
        self.zeros(at..task.range.end)
    }

    fn data(&self, bytes: &[u8], offset: u64) -> Result<()> {
        self.written.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        self.target.write_at(bytes, offset)
    }

    fn zeros(&self, range: Range<u64>) -> Result<()> {
        if range.is_empty() || self.options.target_is_zero { Ok(()) } else { self.target.zero_at(range) }
    }
}

/// The first run of pieces that are not zeros in `bytes`, which lie at `offset` on the disk. Pieces end at multiples of
/// `granule`.
fn next_run(bytes: &[u8], offset: u64, granule: u64) -> Option<Range<u64>> {
    let end = offset + bytes.len() as u64;
    let mut run: Option<Range<u64>> = None;
    let (mut at, mut rest) = (offset, bytes);
    while at < end {
        let len = (granule - at % granule).min(end - at);
        let (piece, after) = rest.split_at(usize::try_from(len).expect("no longer than bytes"));
        match &mut run {
            found if !is_zero(piece) => found.get_or_insert(at..at).end = at + len,
            Some(_) => return run,
            None => {}
        }
        (at, rest) = (at + len, after);
    }
    run
}
