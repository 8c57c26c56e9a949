//! Read-only filesystem trees.
//!
//! A [`Driver`] reads one kind of filesystem from a [`Source`](storage::Source). [`identify`] names what a volume holds
//! even where nothing here reads it.
//!
//! # How to add one
//!
//! Write `NAME.rs` (or `NAME/`) with a unit struct `Reader` that implements [`Driver`], and add its word to
//! `filesystems!`. A format that is only to be named is a row in `identify/table.rs`.

mod cache;
mod crc;
mod features;
mod field;
mod identify;
mod nodes;
mod overlay;
mod path;
mod pieces;
mod tree;
mod unused;

pub use identify::{Content, identify, open, open_truncated};
pub use path::GuestPath;
pub use tree::{Driver, Entry, FileKind, FileSystem, Info, MAX_ENTRIES, Metadata, See, Subvolume};
pub use unused::{Unused, unused};

macro_rules! filesystems {
    ($($name:ident),*) => {
        $(mod $name;)*

        /// Every reader, each the `Reader` of its module.
        pub static DRIVERS: &[&dyn Driver] = &[$(&$name::Reader),*];
    };
}

filesystems! { btrfs, ext, fat, iso9660, ntfs, udf, ufs, xfs }
