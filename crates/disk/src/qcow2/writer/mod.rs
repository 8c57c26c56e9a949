//! Writing: clusters where there is room for the next, all metadata behind them, the header last.
//!
//! What is written in segments gets its places in the order of the disk, whatever the threads do: equal disks become
//! equal files.

mod bench;
mod codec;
mod measure;
mod metadata;
mod packed;
mod packing;
mod parts;
mod plain;
mod refcounts;
mod shape;
mod tables;

pub(super) use measure::measure;
pub(super) use shape::OPTIONS;

use crate::CreateOptions;
use shape::Shape;
use std::sync::Arc;
use storage::{Result, WriteAt};

pub(super) fn create(file: Arc<dyn WriteAt>, options: &CreateOptions) -> Result<Box<dyn WriteAt>> {
    let shape = Shape::new(options)?;
    Ok(if options.compress {
        Box::new(packed::Packed::new(file, shape)?)
    } else {
        Box::new(plain::Plain::new(file, shape)?)
    })
}
