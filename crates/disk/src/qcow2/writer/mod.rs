//! Writing: clusters where there is room for the next, tables between them as they become whole, refcounts behind all,
//! the header last. The L1 table has its place behind the header from the start.
//!
//! What is written in segments gets its places in the order of the disk, whatever the threads do: equal disks become
//! equal files. What lies before a segment is taken to be whole when that has its turn, and changing it then is an
//! error. So memory does not grow with the disk: there are the one or two tables that may still change, about a
//! megabyte of tables that wait to be written together, where clusters are compressed as much again of refcounts, and
//! eight bytes for each block of those that is written, of which the format allows 8 MiB. Who writes in any other order
//! keeps all tables until the end, eight bytes for each cluster.

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
