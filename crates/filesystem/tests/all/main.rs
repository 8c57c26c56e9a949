//! Against the tools of the formats, and against images of other makers.

// Fixtures fail a test by panicking, say aloud what they skip, and cut random numbers to size.
#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::cast_possible_truncation)]

mod btrfs;
mod btrfs_damage;
mod conformance;
mod corpus;
mod damage;
mod ext;
mod fat;
mod journal;
mod ntfs;
mod ntfs_corpus;
mod ntfs_mft;
mod ntfs_tools;
mod ntfs_unused;
mod ntfs_wof;
mod optical;
mod support;
mod udf;
mod ufs;
mod unused;
mod unused_btrfs;
mod unused_others;
mod xfs;
