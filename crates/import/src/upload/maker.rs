//! An image that is made while it is uploaded, and is never stored here.

use crate::error::Result;
use std::fmt::Debug;
use storage::ReadAt;

/// Takes a part: its number, counted from one, and its bytes.
pub type Sink<'a> = dyn Fn(u32, &dyn ReadAt) -> Result<()> + Sync + 'a;

/// Makes an image, in parts. The same parts each time, in whatever order.
pub trait Maker: Debug + Sync {
    /// A length that the image will not exceed. It is what is said to be of the same image.
    fn bound(&self) -> u64;

    /// Makes all parts of at most `part_size` bytes, all but the first and the last of exactly so many, and hands each
    /// to `sink`, on at most so many threads. An error of the sink ends it.
    fn make(&self, part_size: u64, workers: usize, sink: &Sink<'_>) -> Result<()>;
}

/// The bytes of an object to be.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    /// They are there, in any order.
    Stored(&'a dyn ReadAt),
    /// They are made as they are sent.
    Made(&'a dyn Maker),
}

impl Content<'_> {
    /// Their length, or what it will not exceed.
    pub fn bound(&self) -> u64 {
        match self {
            Content::Stored(bytes) => bytes.size(),
            Content::Made(maker) => maker.bound(),
        }
    }
}
