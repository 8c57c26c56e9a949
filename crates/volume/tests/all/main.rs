//! The crate from outside: real disks, other programs' disks, damaged disks.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod bsd;
mod build;
mod corpus;
mod gpt;
mod images;
mod lvm;
mod made;
mod mbr;
mod md;
mod mutation;
mod oracle;
mod problems;

use std::sync::Arc;
use storage::Source;
use volume::{Layout, scan};

fn source(bytes: Vec<u8>) -> Source {
    Arc::new(bytes)
}

fn layout(bytes: Vec<u8>) -> Layout {
    scan(&source(bytes), None).unwrap()
}

/// Names of the problems, in order.
fn ids(layout: &Layout) -> Vec<&'static str> {
    layout.problems.iter().map(|problem| problem.id).collect()
}

/// Number, start and length of the partitions, in sectors.
fn places(layout: &Layout) -> Vec<(u32, u64, u64)> {
    let sectors = |bytes: u64| bytes / layout.sector_size;
    let partitions = layout.volumes.iter().filter(|volume| volume.number.is_some());
    partitions.map(|found| (found.number.unwrap(), sectors(found.offset.unwrap()), sectors(found.size))).collect()
}
