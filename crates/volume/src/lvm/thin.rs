//! Thin volumes: a pool of blocks, and a map that says which block of a volume is which of the pool.
//!
//! Linux `drivers/md/dm-thin-metadata.c` and `persistent-data/dm-btree-internal.h`, little-endian. The map is a B-tree
//! of blocks of 4 KiB in a volume of its own: the first level by device, whose values are the roots of trees by block.
//! Each block of the map has a checksum and says its own number. What is mapped nowhere is zeros, or what an external
//! origin holds there.
//!
//! Not read: a map that its pool wants to be checked is used as it is.

use crate::lvm::label::{u32_at, u64_at};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use storage::{Error, Extent, ReadAt, Result, Source, State, check_range, read_vec, to_usize};

/// Length of a block of the map, and of a sector, in bytes.
const BLOCK: u64 = 4096;
const SECTOR: u64 = 512;

const MAGIC: u64 = 27_022_010;

/// What the checksums of the superblock and of nodes are combined with.
const SUPERBLOCK_XOR: u32 = 160_774;
const NODE_XOR: u32 = 121_107;

/// Flags of a node.
const INTERNAL: u32 = 1;
const LEAF: u32 = 2;

/// Where the entries of a node begin, and the length of a key or a value, in bytes.
const ENTRIES: usize = 32;
const WORD: usize = 8;
const VALUE_LEN: u32 = 8;

/// How deep a tree may be: four levels of half-full nodes map more than any pool holds.
const MAX_DEPTH: usize = 8;

/// Nodes kept in memory, some 4 KiB each.
const MAX_NODES: usize = 512;

/// Blocks of the pool are counted in the upper bits of a value.
const TIME_BITS: u32 = 24;

/// The blocks of a pool, and their map.
#[derive(Debug)]
pub(super) struct Pool {
    map: Source,
    data: Source,
    /// Length of a block of the pool, in bytes.
    chunk: u64,
    /// The tree of the devices.
    root: u64,
    nodes: Mutex<HashMap<u64, Arc<Node>>>,
}

#[derive(Debug)]
struct Node {
    is_leaf: bool,
    keys: Vec<u64>,
    values: Vec<u64>,
}

/// Where a key is.
enum Place {
    Value(u64),
    /// Nowhere, nor is any key before this one.
    Gap(u64),
}

impl Pool {
    /// Opens the map of a pool whose blocks are of `chunk` bytes.
    pub(super) fn open(map: Source, data: Source, chunk: u64) -> Result<Pool> {
        let bytes = block(&map, 0, SUPERBLOCK_XOR)?;
        let bad = |what: &str| Error::corrupt(0, format!("the superblock of the map {what}"));
        if field(&bytes, 32) != MAGIC {
            return Err(bad("bears another mark"));
        }
        let sizes = [336, 340].map(|at| u64::from(u32_at(&bytes, at).unwrap_or(0)) * SECTOR);
        if sizes != [chunk, BLOCK] || chunk == 0 {
            return Err(bad("names blocks of other sizes than the group does"));
        }
        Ok(Pool { map, data, chunk, root: field(&bytes, 320), nodes: Mutex::default() })
    }

    /// The value of a key in a tree.
    fn find(&self, root: u64, key: u64) -> Result<Place> {
        let (mut at, mut bound) = (root, u64::MAX);
        for _ in 0..MAX_DEPTH {
            let node = self.node(at)?;
            let next = node.keys.partition_point(|&found| found <= key);
            bound = node.keys.get(next).map_or(bound, |&found| found.min(bound));
            let Some(index) = next.checked_sub(1) else { return Ok(Place::Gap(bound)) };
            match (node.is_leaf, node.keys[index] == key) {
                (true, true) => return Ok(Place::Value(node.values[index])),
                (true, false) => return Ok(Place::Gap(bound)),
                (false, _) => at = node.values[index],
            }
        }
        Err(Error::corrupt(at.saturating_mul(BLOCK), "the map of a thin pool is deeper than any"))
    }

    fn node(&self, at: u64) -> Result<Arc<Node>> {
        if let Some(node) = self.nodes.lock().unwrap_or_else(PoisonError::into_inner).get(&at) {
            return Ok(node.clone());
        }
        let node = Arc::new(Node::parse(&block(&self.map, at, NODE_XOR)?, at)?);
        let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        if nodes.len() == MAX_NODES {
            nodes.clear();
        }
        nodes.insert(at, node.clone());
        Ok(node)
    }
}

impl Node {
    fn parse(bytes: &[u8], at: u64) -> Result<Node> {
        let number = |at: usize| u32_at(bytes, at).unwrap_or(0);
        let (flags, count, room) = (number(4), to_usize(number(16).into())?, to_usize(number(20).into())?);
        let fits = room <= (bytes.len() - ENTRIES) / (2 * WORD) && count <= room;
        if !matches!(flags, INTERNAL | LEAF) || field(bytes, 8) != at || number(24) != VALUE_LEN || !fits {
            return Err(Error::corrupt(at.saturating_mul(BLOCK), "a node of the map of a thin pool makes no sense"));
        }
        let words = |from: usize| (0..count).map(|index| field(bytes, from + index * WORD)).collect::<Vec<_>>();
        let (keys, values) = (words(ENTRIES), words(ENTRIES + room * WORD));
        if !keys.is_sorted() {
            return Err(Error::corrupt(at.saturating_mul(BLOCK), "the keys of a node of a thin pool are not in order"));
        }
        Ok(Node { is_leaf: flags == LEAF, keys, values })
    }
}

fn field(bytes: &[u8], at: usize) -> u64 {
    u64_at(bytes, at).unwrap_or(0)
}

/// A block of the map, if its checksum is right.
fn block(map: &Source, at: u64, xor: u32) -> Result<Vec<u8>> {
    let offset = at.checked_mul(BLOCK).ok_or_else(|| Error::corrupt(at, "no block of a thin pool's map"))?;
    let bytes = read_vec(map, offset, BLOCK)?;
    if u32_at(&bytes, 0) != Some(!crc32c::crc32c(&bytes[4..]) ^ xor) {
        return Err(Error::corrupt(offset, "a block of the map of a thin pool has a wrong checksum"));
    }
    Ok(bytes)
}

/// A thin volume.
#[derive(Debug)]
pub(super) struct Thin {
    pool: Arc<Pool>,
    /// The tree of its blocks.
    root: u64,
    size: u64,
    /// What is read where nothing is mapped.
    origin: Option<Source>,
}

impl Thin {
    /// The device of a number in a pool.
    pub(super) fn open(pool: Arc<Pool>, device: u64, size: u64, origin: Option<Source>) -> Result<Thin> {
        match pool.find(pool.root, device)? {
            Place::Value(root) => Ok(Thin { pool, root, size, origin }),
            Place::Gap(_) => Err(Error::corrupt(0, format!("the map of its thin pool has no device {device}"))),
        }
    }

    /// Where a byte is, and for how many bytes it goes on so: in the pool, or nowhere.
    fn place(&self, offset: u64) -> Result<(Option<u64>, u64)> {
        let chunk = self.pool.chunk;
        let (key, byte) = (offset / chunk, offset % chunk);
        let left = self.size - offset;
        match self.pool.find(self.root, key)? {
            Place::Value(value) => {
                // 40 bits times less than 42.
                let at = (value >> TIME_BITS).checked_mul(chunk).and_then(|at| at.checked_add(byte));
                let at = at.ok_or_else(|| Error::corrupt(offset, "a thin volume names a block that no pool has"))?;
                Ok((Some(at), left.min(chunk - byte)))
            }
            Place::Gap(next) => Ok((None, left.min(next.saturating_mul(chunk).saturating_sub(offset)))),
        }
    }
}

impl ReadAt for Thin {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, mut buf: &mut [u8], mut offset: u64) -> Result<()> {
        check_range(self.size, offset, buf.len() as u64)?;
        while !buf.is_empty() {
            let (place, left) = self.place(offset)?;
            let len = usize::try_from(left).unwrap_or(usize::MAX).min(buf.len());
            let (part, rest) = buf.split_at_mut(len);
            match (place, &self.origin) {
                (Some(at), _) => self.pool.data.read_at(part, at)?,
                (None, Some(origin)) => read_start(origin, part, offset)?,
                (None, None) => part.fill(0),
            }
            (buf, offset) = (rest, offset + len as u64);
        }
        Ok(())
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        check_range(self.size, offset, 1)?;
        let (place, left) = self.place(offset)?;
        let state = match (place, &self.origin) {
            (None, None) => State::Unmapped,
            _ => State::Data,
        };
        Ok(Extent { range: offset..offset + left, state })
    }
}

/// Reads what there is of a source from `offset` on; behind its end are zeros, as thin volumes have it.
fn read_start(source: &Source, buf: &mut [u8], offset: u64) -> Result<()> {
    let there = usize::try_from(source.size().saturating_sub(offset)).unwrap_or(usize::MAX).min(buf.len());
    let (head, tail) = buf.split_at_mut(there);
    tail.fill(0);
    if head.is_empty() { Ok(()) } else { source.read_at(head, offset) }
}
