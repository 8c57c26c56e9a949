//! The files of a volume.
//!
//! As with `ntfs-3g`, the files that NTFS keeps for itself (`$MFT`, `$Extend` and so on) are not listed, but found by
//! name; so are the short names that DOS needs. Streams other than a file's own are not listed.

use super::index;
use super::interix;
use super::mft::{FIRST_USER, Mft, ROOT};
use super::name::{UpCase, text, units};
use super::record::{DATA, REPARSE_POINT, Record, number};
use super::reparse::{self, MAX_REPARSE, Target};
use super::stream::Stream;
use super::wof;
use crate::nodes::Nodes;
use crate::tree::{FileKind, MAX_ENTRIES, Metadata};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use storage::{Error, ErrorKind, Result, Source};

/// Mode of everything, and of files with the read-only attribute.
const MODE: u32 = 0o755;
const READ_ONLY_MODE: u32 = 0o555;
/// The attribute.
const READ_ONLY: u32 = 1;

/// The files of a volume.
pub(super) struct Tree {
    volume: Source,
    mft: Mft,
    upcase: UpCase,
    /// The file that was looked at last: what it is and what it holds are asked one after the other.
    last: RefCell<Option<(u64, Rc<File>)>>,
    /// Names that may still be looked at to find out where links point to.
    left: Cell<usize>,
}

/// A file as its directory tells of it.
#[derive(Clone, Debug)]
pub(super) struct Node {
    reference: u64,
    is_directory: bool,
    /// What it is, if the directory tells.
    kind: Option<FileKind>,
    is_listed: bool,
}

/// A file as its own records tell of it.
struct File {
    kind: FileKind,
    at: u64,
    data: Option<Stream>,
    is_read_only: bool,
    /// The bytes of the reparse point.
    reparse: Option<Vec<u8>>,
}

impl File {
    fn tag(&self) -> Option<u32> {
        self.reparse.as_ref().map(|point| tag(point))
    }

    fn size(&self) -> u64 {
        self.data.as_ref().map_or(0, |data| data.size)
    }
}

/// Zero if there is not even that.
fn tag(point: &[u8]) -> u32 {
    point.first_chunk().map_or(0, |tag| u32::from_le_bytes(*tag))
}

impl Tree {
    pub(super) fn new(volume: Source, mft: Mft, upcase: UpCase) -> Self {
        Tree { volume, mft, upcase, last: RefCell::default(), left: Cell::new(MAX_ENTRIES) }
    }

    fn reparse(&self, record: &Record) -> Result<Option<Vec<u8>>> {
        let Some(stream) = self.mft.stream(&*self.volume, record, REPARSE_POINT, b"")? else { return Ok(None) };
        match stream.size {
            size if size > MAX_REPARSE => Err(record.damaged(format!("a reparse point of {size} bytes"))),
            size => stream.read(&*self.volume, 0, size).map(Some),
        }
    }

    fn file(&self, node: &Node) -> Result<Rc<File>> {
        if let Some((reference, file)) = &*self.last.borrow()
            && *reference == node.reference
        {
            return Ok(file.clone());
        }
        let record = self.mft.file(&*self.volume, node.reference)?;
        if record.is_directory() != node.is_directory {
            return Err(record.damaged("it contradicts the directory that names it: one says directory, one file"));
        }
        let reparse = self.reparse(&record)?;
        let data = self.mft.stream(&*self.volume, &record, DATA, b"")?;
        let kind = match &reparse {
            Some(point) => reparse::kind(tag(point), node.is_directory),
            None if node.is_directory => FileKind::Directory,
            None => self.plain_kind(&record, data.as_ref())?,
        };
        let attributes = record.file_attributes().unwrap_or(0);
        let is_read_only = !node.is_directory && attributes & READ_ONLY != 0;
        let file = Rc::new(File { kind, at: record.at, data, is_read_only, reparse });
        *self.last.borrow_mut() = Some((node.reference, file.clone()));
        Ok(file)
    }

    /// What a file without a reparse point is.
    fn plain_kind(&self, record: &Record, data: Option<&Stream>) -> Result<FileKind> {
        let attributes = record.file_attributes()?;
        match data {
            Some(data) if attributes & interix::SYSTEM != 0 => {
                let start = match data.read(&*self.volume, 0, data.size.min(8)) {
                    Err(error) if error.kind() == ErrorKind::Io => return Err(error),
                    // What cannot be read is no link.
                    start => start.unwrap_or_default(),
                };
                Ok(interix::kind(attributes, data.size, &start))
            }
            _ => Ok(FileKind::File),
        }
    }

    /// The content of a file that the Windows Overlay Filter compresses.
    fn overlaid(&self, node: &Node, file: &File, size: u64, len: u64) -> Result<Vec<u8>> {
        let method = wof::method(file.reparse.as_deref().unwrap_or_default())?;
        let record = self.mft.file(&*self.volume, node.reference)?;
        let packed = self.mft.stream(&*self.volume, &record, DATA, &units(wof::STREAM))?;
        let packed =
            packed.ok_or_else(|| record.damaged("it says that it is compressed (WOF), and has no such content"))?;
        wof::read(&*self.volume, method, &packed, size, len)
    }

    fn interix_target(&self, file: &File) -> Result<Vec<u8>> {
        let content = match &file.data {
            Some(data) => data.read(&*self.volume, 0, data.size.min(interix::MAX_CONTENT))?,
            None => Vec::new(),
        };
        interix::target(&content).ok_or_else(|| Error::corrupt(file.at, "NTFS: the target of a link is damaged"))
    }

    /// Whether there is something at a path, without following links; not if there is too much to look at.
    fn has(&self, path: &[u8]) -> Result<bool> {
        let mut node = self.root();
        for name in path.split(|&byte| byte == b'/').filter(|name| !name.is_empty()) {
            if !node.is_directory {
                return Ok(false);
            }
            let (wanted, entries) = (self.upcase.fold(name), self.list(&node)?);
            let Some(left) = self.left.get().checked_sub(entries.len() + 1) else { return Ok(false) };
            self.left.set(left);
            let found = entries.into_iter().find(|(name, _)| self.upcase.fold(name) == wanted);
            let Some((_, next)) = found else { return Ok(false) };
            node = next;
        }
        Ok(true)
    }
}

impl Nodes for Tree {
    type Node = Node;

    fn root(&self) -> Node {
        Node { reference: ROOT, is_directory: true, kind: Some(FileKind::Directory), is_listed: true }
    }

    fn place(&self, directory: &Node) -> u64 {
        self.mft.place(number(directory.reference))
    }

    fn list(&self, directory: &Node) -> Result<Vec<(Vec<u8>, Node)>> {
        let record = self.mft.file(&*self.volume, directory.reference)?;
        let entries = index::list(&*self.volume, &self.mft, &record)?;
        // Full names go before short ones.
        let (short, full): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| entry.is_short);
        let named = |entry: index::IndexEntry| {
            let file = number(entry.reference);
            let is_listed = !entry.is_short && file >= FIRST_USER;
            let (reference, is_directory, kind) = (entry.reference, entry.is_directory, entry.kind);
            // The root names itself.
            (file != ROOT).then(|| (text(&entry.name), Node { reference, is_directory, kind, is_listed }))
        };
        Ok(full.into_iter().chain(short).filter_map(named).collect())
    }

    fn kind(&self, node: &Node) -> Result<FileKind> {
        match node.kind {
            Some(kind) => Ok(kind),
            None => self.file(node).map(|file| file.kind),
        }
    }

    fn metadata(&self, node: &Node) -> Result<Metadata> {
        let file = self.file(node)?;
        let size = match file.kind {
            FileKind::File => file.size(),
            FileKind::Link => self.target(node)?.len() as u64,
            FileKind::Directory | FileKind::Special => 0,
        };
        let mode = if file.is_read_only { READ_ONLY_MODE } else { MODE };
        Ok(Metadata { kind: file.kind, size, mode, uid: 0, gid: 0, immutable: false })
    }

    fn content(&self, node: &Node, len: u64) -> Result<Vec<u8>> {
        let file = self.file(node)?;
        match (file.tag(), &file.data) {
            (Some(reparse::WOF), Some(data)) => self.overlaid(node, &file, data.size, len),
            (Some(tag), _) => Err(Error::unsupported(reparse::unread(tag))),
            (None, Some(data)) => data.read(&*self.volume, 0, len),
            (None, None) => Ok(Vec::new()),
        }
    }

    fn target(&self, link: &Node) -> Result<Vec<u8>> {
        let file = self.file(link)?;
        let Some(point) = &file.reparse else { return self.interix_target(&file) };
        match reparse::target(point) {
            Some(Target::Path(path)) => Ok(path),
            Some(Target::Drive(_, path)) if path.len() > 1 && self.has(&path)? => Ok(path),
            Some(Target::Drive(drive, path)) => Ok([b"/", &drive[..], &path].concat()),
            None => Err(Error::corrupt(file.at, "NTFS: the target of a link is damaged")),
        }
    }

    fn case_sensitive(&self) -> bool {
        false
    }

    fn fold(&self, name: &[u8]) -> Vec<u8> {
        self.upcase.fold(name)
    }

    fn is_listed(&self, node: &Node) -> bool {
        node.is_listed
    }
}
