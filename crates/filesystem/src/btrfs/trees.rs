//! The trees of a filesystem: searching them, and walking through their items.
//!
//! A block is believed if its checksum, place, level, generation and keys are what they must be; where they are not, the
//! next copy is asked. Blocks whose first key is not the one that leads to them are damage, so that no walk can come to
//! the same block twice.

use super::checksum::Checksum;
use super::chunks::{CHUNK_ITEM, CHUNKS, Chunks};
use super::node::{Key, Node, Pointer};
use super::superblock::Superblock;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use storage::{Error, ErrorKind, ReadAt, Result};

/// Bytes of blocks that are remembered.
const MAX_KEPT: usize = 16 << 20;

/// What a walk calls with items; it goes on while that gives true.
pub(super) type Visit<'a> = dyn FnMut(Key, &[u8]) -> Result<bool> + 'a;

/// The trees on a volume.
pub(super) struct Trees<V> {
    volume: V,
    pub(super) superblock: Superblock,
    pub(super) checksum: Checksum,
    pub(super) chunks: Chunks,
    kept: RefCell<Kept>,
}

/// Blocks that were read.
#[derive(Default)]
struct Kept {
    nodes: HashMap<u64, Rc<Node>>,
    bytes: usize,
}

impl<V: ReadAt> Trees<V> {
    /// Reads the tree of chunks: all others are found by it.
    pub(super) fn open(volume: V, superblock: Superblock) -> Result<Self> {
        super::features::check(superblock.incompat())?;
        let checksum = superblock.checksum();
        let checksum = checksum.ok_or_else(|| Error::unsupported("btrfs: checksums of a type that is not known"))?;
        if !superblock.proven {
            return Err(Error::corrupt(superblock.at, "btrfs: no copy of the superblock has a right checksum"));
        }
        let sector = superblock.sector();
        let chunks = Chunks::system(superblock.system_chunks(), superblock.device(), sector)?;
        let mut trees = Trees { volume, superblock, checksum, chunks, kept: RefCell::default() };
        let mut all = trees.chunks.clone();
        let root = trees.superblock.chunk_root();
        trees.each(root, Key::new(CHUNKS, CHUNK_ITEM, 0), &mut |key, item| {
            if key.is_of(CHUNKS, CHUNK_ITEM) {
                all.add(key.offset, item, sector)?;
            }
            Ok(true)
        })?;
        all.sort()?;
        trees.chunks = all;
        Ok(trees)
    }

    /// Calls `see` with every item from `from` on, in order, until it says that it is enough.
    pub(super) fn each(&self, root: Pointer, from: Key, see: &mut Visit<'_>) -> Result<()> {
        self.walk(root, None, &from, see).map(|_| ())
    }

    /// Levels sink with every call.
    fn walk(&self, at: Pointer, first: Option<Key>, from: &Key, see: &mut Visit<'_>) -> Result<bool> {
        let node = self.node(at, first)?;
        let up_to = node.up_to(from);
        if node.level() == 0 {
            let start = if up_to > 0 && node.key(up_to - 1) == *from { up_to - 1 } else { up_to };
            for i in start..node.count() {
                if !see(node.key(i), node.item(i))? {
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        for i in up_to.saturating_sub(1)..node.count() {
            if !self.walk(node.child(i), Some(node.key(i)), from, see)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The item with that key.
    pub(super) fn get(&self, root: Pointer, key: Key) -> Result<Option<Vec<u8>>> {
        Ok(self.last(root, key)?.filter(|(found, _)| *found == key).map(|(_, item)| item))
    }

    /// The last item whose key is not greater.
    pub(super) fn last(&self, root: Pointer, key: Key) -> Result<Option<(Key, Vec<u8>)>> {
        let (mut at, mut first) = (root, None);
        loop {
            let node = self.node(at, first)?;
            let Some(i) = node.up_to(&key).checked_sub(1) else { return Ok(None) };
            if node.level() == 0 {
                return Ok(Some((node.key(i), node.item(i).to_vec())));
            }
            (at, first) = (node.child(i), Some(node.key(i)));
        }
    }

    /// A block, from memory or from the volume; `first` is the key that leads to it.
    pub(super) fn node(&self, pointer: Pointer, first: Option<Key>) -> Result<Rc<Node>> {
        let kept = self.kept.borrow().nodes.get(&pointer.at).cloned();
        let node = match kept {
            Some(node) => node,
            None => self.keep(pointer)?,
        };
        let damaged = |what: &str| {
            let at = pointer.at;
            Error::corrupt(0, format!("btrfs: the tree block at logical {at}: {what}"))
        };
        if node.level() != pointer.level || node.generation() != pointer.generation {
            return Err(damaged("two blocks above it do not agree what it is"));
        }
        match first.is_some_and(|first| node.count() == 0 || node.key(0) != first) {
            true => Err(damaged("its first key is not the one that leads to it")),
            false => Ok(node),
        }
    }

    fn keep(&self, pointer: Pointer) -> Result<Rc<Node>> {
        let node = Rc::new(self.read_node(pointer)?);
        let mut kept = self.kept.borrow_mut();
        if kept.bytes + node.len() > MAX_KEPT {
            *kept = Kept::default();
        }
        kept.bytes += node.len();
        kept.nodes.insert(pointer.at, node.clone());
        Ok(node)
    }

    /// The first copy that is sound; if none is, what is wrong with the first one that is here.
    fn read_node(&self, pointer: Pointer) -> Result<Node> {
        let len = self.superblock.node();
        let mut failure: Option<Error> = None;
        for copy in 0..self.chunks.find(pointer.at)?.copies() {
            let found = self.read_copy(pointer.at, len, copy).and_then(|bytes| {
                let sound = self.checksum.proves(&bytes);
                let node = if sound {
                    Node::new(bytes, &pointer, self.superblock.node_uuid())
                } else {
                    Err("its checksum is wrong")
                };
                let at = self.chunks.place(pointer.at, copy)?.at;
                node.map_err(|what| {
                    Error::corrupt(at, format!("btrfs: the tree block at logical {}: {what}", pointer.at))
                })
            });
            match found {
                Ok(node) => return Ok(node),
                Err(error) if error.kind() == ErrorKind::Io => return Err(error),
                Err(error) => {
                    let is_better = failure.as_ref().is_none_or(|known| known.kind() == ErrorKind::Unsupported);
                    failure = if is_better { Some(error) } else { failure };
                }
            }
        }
        Err(failure.unwrap_or_else(|| Error::corrupt(0, "btrfs: a chunk without copies")))
    }

    /// `len` bytes of one copy from `logical` on; `len` has been bounded.
    pub(super) fn read_copy(&self, logical: u64, len: u64, copy: usize) -> Result<Vec<u8>> {
        let mut bytes = crate::field::zeros(len)?;
        self.fill(&mut bytes, logical, copy)?;
        Ok(bytes)
    }

    /// The same into a buffer.
    pub(super) fn fill(&self, mut bytes: &mut [u8], mut logical: u64, copy: usize) -> Result<()> {
        while !bytes.is_empty() {
            let place = self.chunks.place(logical, copy)?;
            let len = place.len.min(bytes.len() as u64);
            let (part, rest) = bytes.split_at_mut(storage::to_usize(len)?);
            self.volume.read_at(part, place.at).map_err(|error| match error.kind() {
                ErrorKind::Corrupt => error.within(format!("btrfs: logical {logical}")),
                _ => error,
            })?;
            (bytes, logical) = (rest, logical.saturating_add(len));
        }
        Ok(())
    }
}
