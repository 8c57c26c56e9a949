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

#[cfg(test)]
mod tests {
    use crate::tree::{Driver, FileSystem};
    use std::sync::Arc;

    const BLOCK: usize = 512;

    fn record(name: &[u8], block: u32, size: u32, flags: u8, system_use: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 33];
        bytes[2..6].copy_from_slice(&block.to_le_bytes());
        bytes[10..14].copy_from_slice(&size.to_le_bytes());
        bytes[25] = flags;
        bytes[32] = u8::try_from(name.len()).unwrap();
        bytes.extend_from_slice(name);
        bytes.resize(bytes.len().next_multiple_of(2), 0);
        bytes.extend_from_slice(system_use);
        bytes[0] = u8::try_from(bytes.len()).unwrap();
        bytes
    }

    /// A volume with blocks of 512 bytes: the root in block 80, another directory in block 84, and files from block 100 on
    /// whose every byte is the number of its block.
    fn volume(mark: &[u8], root: &[Vec<u8>], other: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = vec![0; 32768 + 2 * 2048];
        bytes[32768..32774].copy_from_slice(b"\x01CD001");
        bytes[32768 + 128..32768 + 130].copy_from_slice(&512u16.to_le_bytes());
        bytes[32768 + 156..32768 + 190].copy_from_slice(&record(&[0], 80, 2048, 2, b""));
        bytes[34816..34822].copy_from_slice(b"\xFFCD001");
        bytes.resize(120 * BLOCK, 0);
        for (block, entries) in [(80u32, root), (84, other)] {
            let own = if block == 80 { mark } else { &mark[mark.len().min(7)..] };
            let mut all = [record(&[0], block, 2048, 2, own), record(&[1], 80, 2048, 2, b"")].concat();
            all.extend(entries.concat());
            bytes[block as usize * BLOCK..][..all.len()].copy_from_slice(&all);
        }
        for block in 100..120u8 {
            bytes[usize::from(block) * BLOCK..][..BLOCK].fill(block);
        }
        bytes
    }

    fn open(bytes: Vec<u8>) -> Box<dyn FileSystem> {
        super::super::Reader.open(Arc::new(bytes)).unwrap()
    }

    fn names(fs: &dyn FileSystem, path: &str) -> Vec<String> {
        let entries = fs.read_dir(&path.into()).unwrap();
        entries.into_iter().map(|entry| String::from_utf8(entry.name).unwrap()).collect()
    }

    #[test]
    fn files_in_several_parts_are_joined_and_old_versions_passed_over() {
        let mut apart = record(b"APART.;1", 104, 10, 0, b"");
        apart[26] = 1;
        let fs = open(volume(
            b"",
            &[
                apart,
                record(b"FILE.;2", 100, 1024, 0x80, b""),
                record(b"FILE.;2", 110, 512, 0x80, b""),
                record(b"FILE.;2", 105, 3, 0, b""),
                record(b"FILE.;1", 101, 5, 0, b""),
                record(b"FORK.;1", 102, 7, 4, b""),
                record(b"FORK.;1", 103, 8, 0, b""),
            ],
            &[],
        ));
        assert_eq!(names(&*fs, "/"), ["APART", "FILE", "FORK"]);
        let content = fs.read(&"/file".into(), 2000).unwrap();
        assert_eq!(content, [vec![100; 512], vec![101; 512], vec![110; 512], vec![105; 3]].concat());
        assert_eq!(fs.read_start(&"/FILE".into(), 600).unwrap(), content[..600]);
        assert_eq!(fs.read(&"/fork".into(), 100).unwrap(), [103; 8]);
        assert_eq!(fs.read(&"/apart".into(), 100).unwrap_err().kind(), storage::ErrorKind::Unsupported);
    }

    #[test]
    fn names_of_joliet_that_differ_by_case_are_two() {
        let unit = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
        let entries = [record(&unit("a"), 100, 5, 0, b""), record(&unit("A"), 101, 5, 0, b"")];
        let mut bytes = volume(b"", &[], &entries);
        bytes.copy_within(32768..34816, 34816);
        bytes[34816] = 2;
        bytes[34816 + 88..34816 + 91].copy_from_slice(b"%/E");
        bytes[34816 + 158] = 84;
        let fs = open(bytes);
        assert_eq!(names(&*fs, "/"), ["a", "A"]);
        for (name, byte) in [("/a", 100), ("/A", 101)] {
            assert_eq!(fs.read(&name.into(), 5).unwrap(), [byte; 5]);
        }
    }

    #[test]
    fn a_file_without_its_last_part_is_damage() {
        for entries in [
            vec![record(b"A.;1", 100, 512, 0x80, b"")],
            vec![record(b"A.;1", 100, 512, 0x80, b""), record(b"B.;1", 101, 5, 0, b"")],
        ] {
            let error = open(volume(b"", &entries, &[])).read_dir(&"/".into()).unwrap_err();
            assert_eq!((error.kind(), error.offset()), (storage::ErrorKind::Corrupt, Some(80 * 512 + 68)));
        }
    }

    #[test]
    fn directories_that_lie_within_themselves_or_outside_end() {
        let fs = open(volume(
            b"",
            &[record(b"DIR", 84, 2048, 2, b""), record(b"FAR", 1 << 30, 2048, 2, b""), record(b"LONG", 84, !0, 2, b"")],
            &[record(b"LOOP", 84, 2048, 2, b""), record(b"UP", 80, 2048, 2, b"")],
        ));
        assert_eq!(names(&*fs, "/DIR"), ["LOOP", "UP"]);
        for path in ["/DIR/LOOP", "/DIR/UP", "/DIR/LOOP/LOOP"] {
            let error = fs.read_dir(&path.into()).unwrap_err();
            assert!(error.what().contains("within itself"), "{error}");
        }
        assert_eq!(fs.read_dir(&"/FAR".into()).unwrap_err().kind(), storage::ErrorKind::Corrupt);
        let other = open(volume(b"", &[record(b"LONG", 84, !0, 2, b"")], &[]));
        assert_eq!(other.read_dir(&"/LONG".into()).unwrap_err().kind(), storage::ErrorKind::Unsupported);
    }

    const SP: &[u8] = b"SP\x07\x01\xBE\xEF\0RR\x05\x01\0";

    /// A field of Rock Ridge, whose numbers are recorded in both orders of bytes.
    fn field(name: &[u8; 2], numbers: &[u32]) -> Vec<u8> {
        let body: Vec<u8> = numbers.iter().flat_map(|n| [n.to_le_bytes(), n.to_be_bytes()].concat()).collect();
        [&name[..], &[u8::try_from(body.len() + 4).unwrap(), 1], &body].concat()
    }

    fn named(name: &str) -> Vec<u8> {
        [b"NM", &[u8::try_from(name.len() + 5).unwrap(), 1, 0][..], name.as_bytes()].concat()
    }

    #[test]
    fn what_rock_ridge_cannot_do_here_is_said() {
        let with = |fields: &[Vec<u8>]| {
            [named("a name").as_slice(), &field(b"PX", &[0o100_640, 1, 7, 8])]
                .into_iter()
                .chain(fields.iter().map(Vec::as_slice))
                .collect::<Vec<_>>()
                .concat()
        };
        let zf = [&b"ZF\x10\x01pz\x04\x0F"[..], &5000u32.to_le_bytes(), &5000u32.to_be_bytes()].concat();
        for (extra, size) in [(zf, 5000), (b"SF\x15\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01".to_vec(), 10)] {
            let fs = open(volume(SP, &[record(b"A.;1", 100, 10, 0, &with(&[extra]))], &[]));
            let metadata = fs.metadata(&"/a name".into()).unwrap();
            assert_eq!((metadata.size, metadata.mode, metadata.uid, metadata.gid), (size, 0o640, 7, 8));
            assert_eq!(fs.read(&"/a name".into(), 9000).unwrap_err().kind(), storage::ErrorKind::Unsupported);
        }
    }

    #[test]
    fn continuations_end() {
        // The area in block 100 is filled with what goes on in itself.
        let ce = field(b"CE", &[110, 0, 28]);
        let mut bytes = volume(SP, &[record(b"A.;1", 100, 10, 0, &ce)], &[]);
        bytes[110 * BLOCK..][..28].copy_from_slice(&ce);
        let error = open(bytes).read_dir(&"/".into()).unwrap_err();
        assert!(error.what().contains("without end"), "{error}");
        for (block, offset, len) in [(1 << 30, 0, 28), (110, !0, 28), (110, 0, 1 << 20), (110, 0, !0)] {
            let bytes = volume(SP, &[record(b"A.;1", 100, 10, 0, &field(b"CE", &[block, offset, len]))], &[]);
            assert_eq!(open(bytes).read_dir(&"/".into()).unwrap_err().kind(), storage::ErrorKind::Corrupt);
        }
    }

    #[test]
    fn moved_directories_that_stand_for_themselves_end() {
        // The child's own first record says that it is elsewhere, again and again.
        let child = field(b"CL", &[84]);
        let mut bytes = volume(SP, &[record(b"A.;1", 84, 10, 0, &child)], &[]);
        let own = record(&[0], 84, 2048, 2, &child);
        bytes[84 * BLOCK..][..own.len()].copy_from_slice(&own);
        assert_eq!(open(bytes).read_dir(&"/".into()).unwrap_err().kind(), storage::ErrorKind::Corrupt);
    }

    #[test]
    fn names_that_are_none_are_damage() {
        for name in ["..", "a/b", "a\0b", "."] {
            let bytes = volume(SP, &[record(b"A.;1", 100, 10, 0, &named(name))], &[]);
            let error = open(bytes).read_dir(&"/".into()).unwrap_err();
            assert!(error.what().contains("name"), "{name:?}: {error}");
        }
    }
}
