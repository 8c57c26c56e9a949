//! Directories and what they name.

use super::descriptor::{Descriptors, Root};
use super::record::{MIN_RECORD, Record, records};
use super::rock_ridge::{self, Fields};
use crate::nodes::{MAX_DIRECTORY, Nodes};
use crate::pieces::{self, Piece};
use crate::tree::{FileKind, Metadata};
use std::rc::Rc;
use storage::{Error, ReadAt, Result, Source, read_vec};

/// Mode of everything where there is no Rock Ridge.
const MODE: u32 = 0o755;
/// Bytes that the records of one directory may take elsewhere.
const MAX_CONTINUED: u64 = 64 << 20;
/// The longest record.
const MAX_RECORD: u64 = 255;

/// Which names and attributes are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flavour {
    /// So many bytes of each record precede its fields.
    RockRidge(usize),
    Joliet,
    Plain,
}

/// The files below one volume descriptor.
pub(super) struct Tree {
    volume: Source,
    flavour: Flavour,
    block: u64,
    root: Node,
}

/// A file, a directory or a link.
#[derive(Clone, Debug)]
pub(super) struct Node {
    metadata: Metadata,
    /// Where it is recorded, in bytes.
    at: u64,
    pieces: Rc<[Piece]>,
    target: Rc<[u8]>,
    /// Why the content cannot be read.
    unreadable: Option<&'static str>,
}

/// How many bytes precede the fields of Rock Ridge, if there are any.
pub(super) fn rock_ridge(volume: &dyn ReadAt, descriptors: &Descriptors) -> Result<Option<usize>> {
    let Root { block, record } = &descriptors.primary;
    rock_ridge::skip(volume, *block, &first(volume, *block, record.block)?)
}

/// The first record of a directory.
fn first(volume: &dyn ReadAt, block_size: u64, block: u64) -> Result<Record> {
    let at = block * block_size;
    let outside = || Error::corrupt(at, "a directory lies past the volume's end");
    let left = volume.size().checked_sub(at).filter(|&left| left >= MIN_RECORD as u64).ok_or_else(outside)?;
    let bytes = read_vec(volume, at, left.min(MAX_RECORD))?;
    let own = bytes.get(..usize::from(bytes[0])).unwrap_or_default();
    Record::parse(own, at)
        .ok()
        .filter(Record::is_self)
        .ok_or_else(|| Error::corrupt(at, "a directory does not begin with itself"))
}

impl Tree {
    pub(super) fn open(volume: Source, descriptors: &Descriptors) -> Result<Self> {
        let (flavour, Root { block, record }) = match (rock_ridge(&*volume, descriptors)?, &descriptors.joliet) {
            (Some(skip), _) => (Flavour::RockRidge(skip), &descriptors.primary),
            (None, Some(joliet)) => (Flavour::Joliet, joliet),
            (None, None) => (Flavour::Plain, &descriptors.primary),
        };
        let mut tree = Tree { volume, flavour, block: *block, root: plain(record, *block) };
        if let Flavour::RockRidge(_) = flavour {
            tree.root = tree.child(record.block, &mut { MAX_CONTINUED })?;
        }
        Ok(tree)
    }

    /// The directory at a block, by its own first record.
    fn child(&self, block: u64, left: &mut u64) -> Result<Node> {
        let record = first(&*self.volume, self.block, block)?;
        let fields = self.fields(&record, left)?;
        let node = self.node(&record, &fields, left)?;
        match node.metadata.kind {
            FileKind::Directory if fields.child.is_none() => Ok(node),
            _ => Err(Error::corrupt(record.at, "a moved directory is none")),
        }
    }

    fn fields(&self, record: &Record, left: &mut u64) -> Result<Fields> {
        match self.flavour {
            Flavour::RockRidge(skip) => Fields::read(&*self.volume, self.block, record, skip, left),
            _ => Ok(Fields::default()),
        }
    }

    /// What a record tells; the other parts of a file are put to it later.
    fn node(&self, record: &Record, fields: &Fields, left: &mut u64) -> Result<Node> {
        if let Some(block) = fields.child.filter(|_| !record.is_self()) {
            return self.child(block, left);
        }
        let mut node = plain(record, self.block);
        let Some((mode, uid, gid)) = fields.posix else { return Ok(node) };
        let kind = match rock_ridge::type_of(mode) {
            0x4 => FileKind::Directory,
            0x8 => FileKind::File,
            0xA => FileKind::Link,
            _ => FileKind::Special,
        };
        if record.is_directory() != (kind == FileKind::Directory) {
            return Err(Error::corrupt(record.at, "a record contradicts itself: it is a directory, and is none"));
        }
        node.metadata = Metadata { kind, mode: mode & 0o7777, uid, gid, ..node.metadata };
        if let Some(size) = fields.compressed {
            node.metadata.size = size;
            node.unreadable = Some("its content is compressed (zisofs), which is not read");
        }
        if fields.sparse {
            node.unreadable = Some("its content is sparse in the way of Rock Ridge, which is not read");
        }
        if kind == FileKind::Link {
            node.target = fields.target.as_deref().filter(|_| !fields.damaged).unwrap_or_default().into();
            node.metadata.size = node.target.len() as u64;
        }
        Ok(node)
    }

    fn name(&self, record: &Record, fields: &Fields) -> Vec<u8> {
        match self.flavour {
            Flavour::RockRidge(_) if !fields.name.is_empty() => fields.name.clone(),
            Flavour::Joliet => record.joliet_name(),
            _ => record.plain_name(),
        }
    }

    fn records(&self, directory: &Node) -> Result<Vec<Record>> {
        let (at, len) = (self.place(directory), directory.metadata.size);
        if len > MAX_DIRECTORY {
            return Err(Error::unsupported(format!("a directory of {len} bytes; up to {MAX_DIRECTORY} are read")));
        }
        let bytes = read_vec(&*self.volume, at, len).map_err(|error| error.within("a directory"))?;
        records(&bytes, at)
    }
}

/// Without Rock Ridge.
fn plain(record: &Record, block: u64) -> Node {
    let kind = if record.is_directory() { FileKind::Directory } else { FileKind::File };
    Node {
        metadata: Metadata { kind, size: record.size, mode: MODE, uid: 0, gid: 0, immutable: false },
        at: record.at,
        pieces: Rc::new([Piece { at: Some(record.block * block), len: record.size }]),
        target: Rc::default(),
        unreadable: record.interleaved.then_some("its content is interleaved with that of others, which is not read"),
    }
}

/// Puts the next part of a file to the parts before it.
fn append(to: &mut Node, part: &Record, block: u64) {
    to.metadata.size += part.size;
    to.pieces = to.pieces.iter().copied().chain([Piece { at: Some(part.block * block), len: part.size }]).collect();
}

impl Nodes for Tree {
    type Node = Node;

    fn root(&self) -> Node {
        self.root.clone()
    }

    fn place(&self, directory: &Node) -> u64 {
        directory.pieces.first().and_then(|piece| piece.at).unwrap_or(directory.at)
    }

    fn list(&self, directory: &Node) -> Result<Vec<(Vec<u8>, Node)>> {
        let mut left = MAX_CONTINUED;
        let mut entries: Vec<(Vec<u8>, Node)> = Vec::new();
        let mut unfinished: Option<Record> = None;
        let all = self.records(directory)?;
        for record in all.iter().filter(|record| !record.is_self() && !record.is_parent() && !record.is_associated()) {
            match (unfinished.take(), entries.last_mut()) {
                (Some(before), Some((_, node))) => {
                    if before.name != record.name {
                        return Err(Error::corrupt(before.at, "the last part of a file is missing"));
                    }
                    append(node, record, self.block);
                }
                _ => {
                    let fields = self.fields(record, &mut left)?;
                    if fields.moved {
                        continue;
                    }
                    entries.push((self.name(record, &fields), self.node(record, &fields, &mut left)?));
                }
            }
            unfinished = record.has_more().then(|| record.clone());
        }
        match unfinished {
            Some(record) => Err(Error::corrupt(record.at, "the last part of a file is missing")),
            None => Ok(entries),
        }
    }

    fn kind(&self, node: &Node) -> Result<FileKind> {
        Ok(node.metadata.kind)
    }

    fn metadata(&self, node: &Node) -> Result<Metadata> {
        match node.metadata.kind {
            FileKind::Directory => Ok(Metadata { size: 0, ..node.metadata.clone() }),
            _ => Ok(node.metadata.clone()),
        }
    }

    fn content(&self, file: &Node, len: u64) -> Result<Vec<u8>> {
        match file.unreadable {
            Some(why) => Err(Error::unsupported(why)),
            None => pieces::read(&*self.volume, &file.pieces, len),
        }
    }

    fn target(&self, link: &Node) -> Result<Vec<u8>> {
        match link.target.is_empty() {
            true => Err(Error::corrupt(link.at, "a link whose target is not there, or damaged")),
            false => Ok(link.target.to_vec()),
        }
    }

    fn case_sensitive(&self) -> bool {
        matches!(self.flavour, Flavour::RockRidge(_))
    }
}
