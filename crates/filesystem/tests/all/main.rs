//! Against the tools of the formats, and against images of other makers.

// Fixtures fail a test by panicking, say aloud what they skip, and cut random numbers to size.
#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::cast_possible_truncation)]

mod conformance;
mod corpus;
mod damage;
mod ext;
mod fat;
mod journal;
mod ntfs;
mod ntfs_corpus;
mod ntfs_tools;
mod ntfs_unused;
mod ntfs_wof;
mod optical;
mod support;
mod udf;
mod unused;
mod unused_others;
