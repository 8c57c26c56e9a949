//! The tree of a FAT filesystem, by the crate `fatfs`.
//!
//! `fatfs` follows chains of clusters without an end in sight. All its reads pass through [`Tap`], which ends those that
//! cannot be of a sound filesystem. It writes nothing, as nothing here changes a file or asks for statistics; the cursor
//! below would refuse.

use super::bpb::{self, Bpb};
use crate::GuestPath;
use crate::field::zeros;
use crate::tree::{Entry, FileKind, FileSystem, Info, Metadata, check_limit};
use fatfs::{DirEntry, FsOptions};
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use storage::{Cursor, Error, Result, Source};

/// Bytes read of one directory: the longest that FAT allows, and the FAT's words for its clusters.
const DIRECTORY_BUDGET: u64 = bpb::MAX_ENTRIES * (32 + 4);
/// Mode of everything: FAT has none.
const MODE: u32 = 0o755;

type Volume = fatfs::FileSystem<Tap>;

/// What the reads of one call are held to.
#[derive(Debug, Default)]
struct Bounds {
    /// Where clusters begin, in bytes.
    data: u64,
    /// Bytes that may still be read.
    left: Cell<u64>,
    /// Places in the clusters that have been read, while a file is read.
    seen: RefCell<Option<HashSet<u64>>>,
}

impl Bounds {
    fn directory(&self) {
        self.left.set(DIRECTORY_BUDGET);
        *self.seen.borrow_mut() = None;
    }

    fn file(&self) {
        self.left.set(u64::MAX);
        *self.seen.borrow_mut() = Some(HashSet::new());
    }

    /// Called with every read, which `fatfs` makes anew for each cluster of a file.
    fn allow(&self, offset: u64, len: u64) -> Result<()> {
        let circle = || Error::corrupt(offset, "FAT: a chain of clusters leads in a circle");
        self.left.set(self.left.get().checked_sub(len).ok_or_else(circle)?);
        let again = offset >= self.data && self.seen.borrow_mut().as_mut().is_some_and(|seen| !seen.insert(offset));
        if again { Err(circle()) } else { Ok(()) }
    }
}

/// What `fatfs` reads from.
#[derive(Debug)]
struct Tap {
    cursor: Cursor,
    bounds: Rc<Bounds>,
}

impl Read for Tap {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let offset = self.cursor.stream_position()?;
        self.bounds.allow(offset, buf.len() as u64)?;
        self.cursor.read(buf)
    }
}

impl Seek for Tap {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.cursor.seek(to)
    }
}

impl Write for Tap {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.cursor.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) struct Tree {
    volume: Volume,
    bounds: Rc<Bounds>,
    size: u64,
    info: Info,
}

/// What a path leads to.
enum Found<'a> {
    Root,
    Entry(DirEntry<'a, Tap>),
}

impl Tree {
    /// The parameters must have been checked against the volume.
    pub(super) fn open(volume: Source, bpb: &Bpb, info: Info) -> Result<Self> {
        let size = volume.size();
        let bounds = Rc::new(Bounds { data: bpb.data, ..Bounds::default() });
        bounds.directory();
        let tap = Tap { cursor: Cursor::new(volume), bounds: bounds.clone() };
        let volume = guarded(|| fatfs::FileSystem::new(tap, FsOptions::new()))
            .map_err(|error| Error::unsupported(error.to_string()).within("FAT"))?;
        Ok(Tree { volume, bounds, size, info })
    }

    /// Runs `visit` over the entries of a directory until it gives something.
    fn entries<'a, T>(
        &'a self,
        of: &Found<'a>,
        mut visit: impl FnMut(DirEntry<'a, Tap>) -> Option<T>,
    ) -> Result<Option<T>> {
        guarded(|| {
            self.bounds.directory();
            let directory = match of {
                Found::Root => self.volume.root_dir(),
                Found::Entry(entry) if entry.is_dir() => entry.to_dir(),
                Found::Entry(_) => return Err(io::ErrorKind::NotADirectory.into()),
            };
            for entry in directory.iter() {
                let entry = entry?;
                if matches!(entry.short_file_name_as_bytes(), b"." | b"..") {
                    continue;
                }
                if let Some(found) = visit(entry) {
                    return Ok(Some(found));
                }
            }
            Ok(None)
        })
    }

    fn find(&self, path: &GuestPath) -> Result<Found<'_>> {
        let mut found = Found::Root;
        for name in path.names() {
            let name = String::from_utf8_lossy(name).to_uppercase();
            let next = self.entries(&found, |entry| {
                let is_it = entry.file_name().to_uppercase() == name || entry.short_file_name() == name;
                is_it.then_some(entry)
            });
            match next {
                Ok(Some(entry)) => found = Found::Entry(entry),
                Ok(None) => return Err(Error::not_found(format!("{path}: file not found"))),
                Err(error) => return Err(error.within(path)),
            }
        }
        Ok(found)
    }

    fn file(&self, path: &GuestPath) -> Result<DirEntry<'_, Tap>> {
        match self.find(path)? {
            Found::Entry(entry) if !entry.is_dir() => Ok(entry),
            _ => Err(Error::unsupported(format!("{path}: not a regular file but a directory"))),
        }
    }

    fn content(&self, path: &GuestPath, entry: &DirEntry<'_, Tap>, len: u64) -> Result<Vec<u8>> {
        if entry.len() > self.size {
            return Err(Error::corrupt(0, format!("{path}: {} bytes in a volume of {}", entry.len(), self.size)));
        }
        let mut content = zeros(len)?;
        guarded(|| {
            self.bounds.file();
            entry.to_file().read_exact(&mut content)
        })
        .map_err(|error| error.within(path))?;
        Ok(content)
    }
}

impl FileSystem for Tree {
    fn info(&self) -> &Info {
        &self.info
    }

    fn metadata(&self, path: &GuestPath) -> Result<Metadata> {
        let (kind, size) = match self.find(path)? {
            Found::Entry(entry) if !entry.is_dir() => (FileKind::File, entry.len()),
            _ => (FileKind::Directory, 0),
        };
        Ok(Metadata { kind, size, mode: MODE, uid: 0, gid: 0, immutable: false })
    }

    fn read_dir(&self, path: &GuestPath) -> Result<Vec<Entry>> {
        let directory = self.find(path)?;
        let mut entries = Vec::new();
        self.entries(&directory, |entry| {
            let kind = if entry.is_dir() { FileKind::Directory } else { FileKind::File };
            entries.push(Entry { name: entry.file_name().into_bytes(), kind });
            None::<()>
        })
        .map_err(|error| error.within(path))?;
        Ok(entries)
    }

    fn read_link(&self, path: &GuestPath) -> Result<Vec<u8>> {
        self.find(path)?;
        Err(Error::unsupported(format!("{path}: there are no links on FAT")))
    }

    fn read(&self, path: &GuestPath, limit: u64) -> Result<Vec<u8>> {
        let entry = self.file(path)?;
        check_limit(path, entry.len(), limit)?;
        self.content(path, &entry, entry.len())
    }

    fn read_start(&self, path: &GuestPath, len: u64) -> Result<Vec<u8>> {
        let entry = self.file(path)?;
        self.content(path, &entry, len.min(entry.len()))
    }

    fn case_sensitive(&self) -> bool {
        false
    }
}

/// Calls `fatfs`: a panic in it is a corruption that it did not foresee.
fn guarded<T>(call: impl FnOnce() -> io::Result<T>) -> Result<T> {
    let result = catch_unwind(AssertUnwindSafe(call))
        .map_err(|_| Error::corrupt(0, "FAT: it is damaged in a way that fatfs does not foresee"))?;
    result.map_err(|error| match error.kind() {
        io::ErrorKind::NotADirectory => Error::not_found("not a directory"),
        io::ErrorKind::UnexpectedEof => Error::corrupt(0, "FAT: a chain of clusters ends too early"),
        _ if error.get_ref().is_some_and(|inner| inner.is::<Error>()) => Error::from(error),
        _ => Error::corrupt(0, format!("FAT: {error}")),
    })
}
