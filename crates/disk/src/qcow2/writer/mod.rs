//! Writing: clusters where there is room for the next, tables between them as they become whole, refcounts behind all,
//! the header last. The L1 table has its place behind the header from the start.
//!
//! What is written in segments gets its places in the order of the disk, whatever the threads do: equal disks become
//! equal files. What lies before a segment is taken to be whole when that has its turn, and changing it then is an
//! error: so there are never more tables in memory than about a megabyte, whatever the size of the disk. Who writes in
//! any other order keeps all tables in memory until the end, eight bytes for each cluster.

mod bench;
mod codec;
mod l1;
mod measure;
mod metadata;
mod packed;
mod packing;
mod parts;
mod pieces;
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
