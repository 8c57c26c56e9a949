//! Names, metadata and links, by the crate `ext4-view`, which checks the checksums of inodes and directories.
//!
//! It is not asked for the content of files: it takes extents that were allocated but never written for data, and holes
//! in the trees of ext2 and ext3 for corruption. Nor for flags, which it does not tell. Nor to replay a journal: it
//! would, but not the journals of ext3 and of ext4 without metadata checksums, nor one that wraps around its end. It has
//! no bounds of its own: what it walks has been walked by [`directory`](super::directory) before. A link whose target is
//! no possible path of Linux (a name of more than 255 bytes) is an error.

use super::superblock;
use crate::GuestPath;
use crate::tree::{Entry, FileKind, MAX_ENTRIES, Metadata};
use ext4_view::{Ext4, Ext4Error, Ext4Read, FileType};
use std::panic::{AssertUnwindSafe, catch_unwind};
use storage::{Error, ReadAt, Result, Source};

/// A source as `ext4-view` wants it.
struct Bytes {
    source: Source,
    /// Inodes of 128 bytes have but half a checksum, with which it does not read them: it is not told of any.
    unsealed: bool,
}

/// The byte with the bit of `metadata_csum`, and the bit.
const SEAL: (u64, u8) = (superblock::OFFSET + 0x65, 0x04);

impl Ext4Read for Bytes {
    fn read(&mut self, start_byte: u64, dst: &mut [u8]) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.source.read_at(dst, start_byte)?;
        let seal = SEAL.0.checked_sub(start_byte).and_then(|at| dst.get_mut(usize::try_from(at).ok()?));
        if let Some(byte) = seal.filter(|_| self.unsealed) {
            *byte &= !SEAL.1;
        }
        Ok(())
    }
}

/// The tree of names.
pub(super) struct View(Ext4);

impl View {
    /// The superblock must have been checked: it is trusted here for the number of groups. `unsealed`: checksums of
    /// metadata are not looked at.
    pub(super) fn load(source: Source, unsealed: bool) -> Result<Self> {
        guarded(|| Ext4::load(Box::new(Bytes { source, unsealed }))).map(View)
    }

    pub(super) fn metadata(&self, path: &GuestPath) -> Result<Metadata> {
        let found = guarded(|| self.0.symlink_metadata(path.as_bytes()))?;
        Ok(Metadata {
            kind: kind(found.file_type()),
            size: found.len(),
            mode: found.mode().into(),
            uid: found.uid(),
            gid: found.gid(),
            immutable: false,
        })
    }

    pub(super) fn read_dir(&self, path: &GuestPath) -> Result<Vec<Entry>> {
        guarded(|| {
            let mut entries = Vec::new();
            for entry in self.0.read_dir(path.as_bytes())? {
                let entry = entry?;
                let name = entry.file_name();
                if name == "." || name == ".." {
                    continue;
                }
                if entries.len() == MAX_ENTRIES {
                    return Ok(Err(Error::unsupported(format!("{path}: more than {MAX_ENTRIES} names"))));
                }
                entries.push(Entry { name: name.as_ref().to_vec(), kind: kind(entry.file_type()?) });
            }
            Ok(Ok(entries))
        })?
    }

    pub(super) fn read_link(&self, path: &GuestPath) -> Result<Vec<u8>> {
        guarded(|| self.0.read_link(path.as_bytes())).map(|target| target.as_ref().to_vec())
    }
}

fn kind(of: FileType) -> FileKind {
    if of.is_dir() {
        FileKind::Directory
    } else if of.is_regular_file() {
        FileKind::File
    } else if of.is_symlink() {
        FileKind::Link
    } else {
        FileKind::Special
    }
}

/// Calls `ext4-view`: a panic in it is a corruption that it did not foresee.
fn guarded<T>(call: impl FnOnce() -> Result<T, Ext4Error>) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(translated),
        Err(_) => Err(Error::corrupt(0, "the filesystem is damaged in a way that ext4-view does not foresee")),
    }
}

fn translated(error: Ext4Error) -> Error {
    let what = error.to_string();
    match error {
        Ext4Error::NotFound | Ext4Error::NotADirectory => Error::not_found(what),
        Ext4Error::Corrupt(_) | Ext4Error::TooManySymlinks | Ext4Error::PathTooLong => Error::corrupt(0, what),
        Ext4Error::Io(below) => match below.downcast::<Error>() {
            Ok(ours) => *ours,
            Err(other) => Error::io("reading", std::io::Error::other(other)),
        },
        _ => Error::unsupported(what),
    }
}
