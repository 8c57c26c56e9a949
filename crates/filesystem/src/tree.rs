//! What a reader of a filesystem gives.

use crate::GuestPath;
use std::ops::Range;
use storage::{Error, ReadAt, Result, Source};

/// Names that one directory may hold: far more than any directory that matters to booting.
pub const MAX_ENTRIES: usize = 1_000_000;

/// What a directory entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// Regular file.
    File,
    /// Directory.
    Directory,
    /// Symbolic link.
    Link,
    /// Device, pipe or socket.
    Special,
}

impl FileKind {
    /// With its article, for messages.
    pub(crate) fn word(self) -> &'static str {
        match self {
            FileKind::File => "a file",
            FileKind::Directory => "a directory",
            FileKind::Link => "a link",
            FileKind::Special => "a device, pipe or socket",
        }
    }
}

/// What is known of a file without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// What it is.
    pub kind: FileKind,
    /// Length in bytes.
    pub size: u64,
    /// Permission bits, with set-user-id and the like; 0o755 where the filesystem has none.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Immutable or append-only flag.
    pub immutable: bool,
}

/// One name in a directory; never `.` or `..`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: FileKind,
}

/// What a superblock says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Info {
    /// As in fstab: `ext4`, `vfat`, `xfs`.
    pub fs_type: &'static str,
    /// As in `UUID=`: lower case; FAT `ABCD-1234` in upper case.
    pub uuid: Option<String>,
    /// As in `LABEL=`.
    pub label: Option<String>,
    /// Length by its own account.
    pub size: Option<u64>,
    /// Bytes that root could still write.
    pub free: Option<u64>,
    /// Number of inodes; none where they are not counted.
    pub inodes: Option<u64>,
    /// Free inodes.
    pub free_inodes: Option<u64>,
    /// Unmounted cleanly; none where it is not recorded.
    pub clean: Option<bool>,
    /// Its own record of errors.
    pub errors: Option<bool>,
    /// Names of features, as its tools print them.
    pub features: Vec<String>,
    /// Why it is unclean or odd, in sentences.
    pub notes: Vec<String>,
}

/// A part of a filesystem that can be mounted as if it were one (btrfs).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subvolume {
    /// As in `subvolid=`; 5 is the whole filesystem.
    pub id: u64,
    /// Where it is in the tree, and as in `subvol=`.
    pub path: GuestPath,
    /// Made of another one, by its own account.
    pub snapshot: bool,
    /// Cannot be changed.
    pub read_only: bool,
    /// Mounted where none is named. One of them is.
    pub default: bool,
}

/// A read-only tree.
///
/// Methods do not follow a link at the last name of a path; whether they follow links before it is not defined:
/// resolve paths above, name by name, so that links stay inside the guest. One instance belongs to one thread.
pub trait FileSystem {
    /// What the superblock says.
    fn info(&self) -> &Info;
    /// Of the file, not of what a link points to.
    fn metadata(&self, path: &GuestPath) -> Result<Metadata>;
    /// The names in a directory, in no order. More than [`MAX_ENTRIES`] are an error.
    fn read_dir(&self, path: &GuestPath) -> Result<Vec<Entry>>;
    /// Where a link points to, as written.
    fn read_link(&self, path: &GuestPath) -> Result<Vec<u8>>;
    /// A file's content; a file longer than `limit` bytes is an error that says so.
    fn read(&self, path: &GuestPath, limit: u64) -> Result<Vec<u8>>;
    /// The first `len` bytes of a file, or all of a shorter one.
    fn read_start(&self, path: &GuestPath, len: u64) -> Result<Vec<u8>>;
    /// The parts that can be mounted by themselves, the whole first; none where the filesystem knows no such thing.
    fn subvolumes(&self) -> Result<Vec<Subvolume>> {
        Ok(Vec::new())
    }
    /// Whether names differ by case (`false` on FAT).
    fn case_sensitive(&self) -> bool {
        true
    }
}

/// What is called with ranges of bytes of a volume.
pub type See<'a> = dyn FnMut(Range<u64>) -> Result<()> + 'a;

/// Reads one kind of filesystem.
pub trait Driver: Sync {
    /// Its name.
    fn name(&self) -> &'static str;
    /// Whether the volume bears its marks.
    fn probe(&self, volume: &dyn ReadAt) -> Result<bool>;
    /// What the superblock says, without opening the tree: works where `open` is not supported.
    fn info(&self, volume: &dyn ReadAt) -> Result<Info>;
    /// Whether a checksum proves the superblock: settles which of two filesystems on one volume is the stale one.
    fn proven(&self, volume: &dyn ReadAt) -> Result<bool> {
        let _ = volume;
        Ok(false)
    }
    /// Gives `see` what the filesystem marks free, in order. An error may come after some ranges, so that nobody may rely
    /// on them before the end: [`unused`](crate::unused()) does not let them out before.
    fn unused(&self, volume: &dyn ReadAt, see: &mut See<'_>) -> Result<()> {
        let _ = (volume, see);
        Err(Error::unsupported(format!("what {} does not use is not known here", self.name())))
    }
    /// The tree.
    fn open(&self, volume: Source) -> Result<Box<dyn FileSystem>>;
}

/// Whether a file of `size` bytes may be read whole.
pub(crate) fn check_limit(path: &GuestPath, size: u64, limit: u64) -> Result<()> {
    match size <= limit {
        true => Ok(()),
        false => Err(Error::refused(format!("{path}: {size} bytes are more than the {limit} that are read of it"))),
    }
}
