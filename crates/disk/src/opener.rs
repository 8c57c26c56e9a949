//! The files that an image refers to.

use storage::{Error, Result, Source};

/// Opens the files that an image refers to.
pub trait Opener: Sync {
    /// The file called `name` by the image; `name` is hostile.
    fn open(&self, name: &str) -> Result<Source>;
}

/// Refuses to open anything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Closed;

impl Opener for Closed {
    fn open(&self, name: &str) -> Result<Source> {
        Err(Error::refused(format!("the image refers to another file, {name:?}, and none may be opened")))
    }
}
