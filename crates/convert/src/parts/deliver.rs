//! Conversion and delivery side by side.

use super::Part;
use super::cut::Cut;
use super::cutter::Cutter;
use crate::crew::lock;
use std::sync::{Arc, Mutex};
use std::thread;
use storage::{Result, WriteAt};

/// What became of a conversion into parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered<T> {
    /// What the conversion said.
    pub value: T,
    /// Length of the file: of all parts together.
    pub size: u64,
    /// How many parts there were.
    pub parts: u32,
}

/// Runs `write`, which makes a file in the target that it is given, and meanwhile `sink` with every part of that file
/// as it becomes whole, on `connections` threads: every part once, in no order; the first one often last.
///
/// The first error of either ends both: parts that are in a sink then are waited for, others are not begun. A sink that
/// is to be stopped says so by an error, and a conversion by its [`Progress`](crate::Progress); neither waits for the
/// other without end.
pub fn in_parts<T, E>(
    cut: &Cut,
    connections: usize,
    sink: &(dyn Fn(&Part<'_>) -> Result<(), E> + Sync),
    write: impl FnOnce(Arc<dyn WriteAt>) -> Result<T>,
) -> Result<Delivered<T>, E>
where
    E: From<storage::Error> + Send,
{
    let cutter = Arc::new(Cutter::new(cut)?);
    let failure = Mutex::new(None);
    let fail = |error: E| {
        lock(&failure).get_or_insert(error);
        cutter.fail();
    };
    let written = thread::scope(|scope| {
        for _ in 0..connections.max(1) {
            scope.spawn(|| {
                let _alarm = Alarm(&cutter);
                while let Some(part) = cutter.next() {
                    if let Err(error) = sink(&part) {
                        fail(error);
                    }
                }
            });
        }
        let _alarm = Alarm(&cutter);
        let written = write(cutter.clone()).and_then(|value| Ok((value, cutter.close()?)));
        written.map_err(|error| fail(error.into())).ok()
    });
    match (lock(&failure).take(), written) {
        (None, Some((value, (size, parts)))) => Ok(Delivered { value, size, parts }),
        (Some(error), _) => Err(error),
        (None, None) => Err(storage::Error::interrupted().into()),
    }
}

/// Calls the others back when a thread panics.
struct Alarm<'a>(&'a Cutter);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.fail();
        }
    }
}
