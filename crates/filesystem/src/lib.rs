//! Read-only filesystem trees.
//!
//! A [`Driver`] reads one kind of filesystem from a [`Source`]. [`identify`] names what a volume holds even where
//! nothing here reads it.
//!
//! # How to add one
//!
//! Write `NAME.rs` (or `NAME/`) with a unit struct that implements [`Driver`], and add its word to `filesystems!`.

use std::fmt;
use storage::{Error, ReadAt, Result, Source};

/// A path inside a guest, in bytes: absolute, normalised, `/` between names. It cannot become a path of this machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GuestPath(Vec<u8>);

impl GuestPath {
    /// The root.
    pub fn root() -> Self {
        GuestPath(b"/".to_vec())
    }

    /// The names on the way, none of them empty, `.` or `..`.
    pub fn names(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.0.split(|&byte| byte == b'/').filter(|name| !name.is_empty())
    }

    /// One name further. A name with `/` in it counts as several.
    #[must_use]
    pub fn join(&self, name: &[u8]) -> Self {
        let mut bytes = self.0.clone();
        bytes.push(b'/');
        bytes.extend_from_slice(name);
        GuestPath::from(bytes.as_slice())
    }

    /// One name less; the root is its own parent.
    #[must_use]
    pub fn parent(&self) -> Self {
        let names: Vec<_> = self.names().collect();
        let mut parent = GuestPath::root();
        for name in names.iter().take(names.len().saturating_sub(1)) {
            parent = parent.join(name);
        }
        parent
    }

    /// The last name; none for the root.
    pub fn name(&self) -> Option<&[u8]> {
        self.names().next_back()
    }

    /// As bytes, beginning with `/`.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Normalises: `..` stops at the root.
impl From<&[u8]> for GuestPath {
    fn from(bytes: &[u8]) -> Self {
        let mut names: Vec<&[u8]> = Vec::new();
        for name in bytes.split(|&byte| byte == b'/') {
            match name {
                b"" | b"." => {}
                b".." => drop(names.pop()),
                name => names.push(name),
            }
        }
        let mut path = vec![b'/'];
        path.extend_from_slice(&names.join(&b'/'));
        GuestPath(path)
    }
}

impl From<&str> for GuestPath {
    fn from(text: &str) -> Self {
        GuestPath::from(text.as_bytes())
    }
}

/// With bytes that are not UTF-8 replaced; escape it before printing.
impl fmt::Display for GuestPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

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

/// A read-only tree.
///
/// Methods do not follow a link at the last name of a path; whether they follow links before it is not defined:
/// resolve paths above, name by name, so that links stay inside the guest. One instance belongs to one thread.
pub trait FileSystem {
    /// What the superblock says.
    fn info(&self) -> &Info;
    /// Of the file, not of what a link points to.
    fn metadata(&self, path: &GuestPath) -> Result<Metadata>;
    /// The names in a directory, in no order.
    fn read_dir(&self, path: &GuestPath) -> Result<Vec<Entry>>;
    /// Where a link points to, as written.
    fn read_link(&self, path: &GuestPath) -> Result<Vec<u8>>;
    /// A file's content; a file longer than `limit` bytes is an error that says so.
    fn read(&self, path: &GuestPath, limit: u64) -> Result<Vec<u8>>;
    /// The first `len` bytes of a file, or all of a shorter one.
    fn read_start(&self, path: &GuestPath, len: u64) -> Result<Vec<u8>>;
    /// Whether names differ by case (`false` on FAT).
    fn case_sensitive(&self) -> bool {
        true
    }
}

/// Reads one kind of filesystem.
pub trait Driver: Sync {
    /// Its name.
    fn name(&self) -> &'static str;
    /// Whether the volume bears its marks.
    fn probe(&self, volume: &dyn ReadAt) -> Result<bool>;
    /// What the superblock says, without opening the tree: works where `open` is not supported.
    fn info(&self, volume: &dyn ReadAt) -> Result<Info>;
    /// The tree.
    fn open(&self, volume: Source) -> Result<Box<dyn FileSystem>>;
}

/// What a volume holds by its marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A filesystem; `readable` if [`open`] has a driver for it.
    FileSystem {
        /// What the superblock says.
        info: Info,
        /// There is a driver.
        readable: bool,
    },
    /// Swap space.
    Swap {
        /// UUID.
        uuid: Option<String>,
        /// Label.
        label: Option<String>,
        /// Holds a hibernation image.
        hibernated: bool,
    },
    /// Part of something larger: `lvm2`, `md`, `bcache`, `zfs`, `vdo`, `stratis`, `ldm`, `drbd`.
    Member {
        /// Of what.
        of: &'static str,
        /// UUID of the member or its set.
        uuid: Option<String>,
        /// Name of the set.
        name: Option<String>,
    },
    /// Encrypted: `luks1`, `luks2`, `bitlocker`.
    Encrypted {
        /// By what.
        by: &'static str,
        /// UUID.
        uuid: Option<String>,
    },
}

/// Names what a volume holds. None: nothing that is known here. Two filesystems whose superblocks are both sound are an
/// error of kind `Corrupt` that names them.
pub fn identify(volume: &dyn ReadAt) -> Result<Option<Content>> {
    let _ = volume;
    Err(Error::unsupported("not written yet"))
}

/// Opens the filesystem on a volume.
pub fn open(volume: Source) -> Result<Box<dyn FileSystem>> {
    let _ = volume;
    Err(Error::unsupported("not written yet"))
}
