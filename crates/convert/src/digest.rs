//! The identity of a disk's content: the same for the same bytes in any format.
//!
//! # Specification, `bw1`
//!
//! `H(key, bytes)` is BLAKE3 in its keyed mode with 32 bytes of output; a key is the ASCII text given, followed by zero
//! bytes to 32. `a || b` is `a` followed by `b`.
//!
//! 1. The disk is taken to be followed by zeros to 2^64 bytes, and cut into 2^48 chunks of 64 KiB (65536 bytes).
//! 2. A chunk's hash is `H("bootworthy bw1 chunk", chunk)`, over all of its 65536 bytes. Those are the nodes of level 0.
//! 3. Node `i` of level `n + 1` is `H("bootworthy bw1 node", node 2i of level n || node 2i + 1 of level n)`. Level 48
//!    has one node, `top`.
//! 4. The digest is `H("bootworthy bw1 disk", top || size)`, with the length of the disk in bytes as a little-endian
//!    integer of 8 bytes.
//!
//! It is written as `bw1:` and 64 lowercase hexadecimal digits.
//!
//! The three keys keep chunks, nodes and disks apart, and the size keeps a disk apart from the same disk with zeros
//! added. All nodes over zeros of one level are equal, and there are 49 of them: whoever knows where the zeros are need
//! not read or hash them. Where they are known from (a hole, a zero cluster, a look at the bytes) makes no difference.

use crate::checksums::Checksums;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;
use storage::{Error, Result};

/// Bytes hashed at once.
pub(crate) const CHUNK: usize = 1 << 16;

/// Level of the tree that one thread hashes alone.
const SEGMENT_LEVEL: u32 = 4;

/// Chunks in a segment.
pub(crate) const SEGMENT_CHUNKS: usize = 1 << SEGMENT_LEVEL;

/// Bytes under one node of that level: the unit of work of the whole crate.
pub(crate) const SEGMENT: u64 = (CHUNK * SEGMENT_CHUNKS) as u64;

/// Level of the top.
const TOP: u32 = 48;

const CHUNK_KEY: [u8; 32] = key(b"bootworthy bw1 chunk");
const NODE_KEY: [u8; 32] = key(b"bootworthy bw1 node");
const DISK_KEY: [u8; 32] = key(b"bootworthy bw1 disk");

const fn key(text: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    key.split_at_mut(text.len()).0.copy_from_slice(text);
    key
}

/// A node of the tree.
pub(crate) type Hash = [u8; 32];

/// Identity of a disk's content: the same for the same bytes in any format. Shown as `bw1:` and 64 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Of a disk of `size` bytes under the node `top`.
    pub(crate) fn new(top: &Hash, size: u64) -> Self {
        let mut end = [0; 40];
        end[..32].copy_from_slice(top);
        end[32..].copy_from_slice(&size.to_le_bytes());
        Digest(blake3::keyed_hash(&DISK_KEY, &end).into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bw1:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Digest {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let digits = text.strip_prefix("bw1:").filter(|digits| digits.len() == 64 && digits.is_ascii());
        let byte = |digits: &str, i: usize| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).ok();
        let lower = |digits: &&str| digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let mut bytes = [0; 32];
        let read = digits.filter(lower).and_then(|digits| {
            bytes.iter_mut().enumerate().try_for_each(|(i, to)| byte(digits, i).map(|byte| *to = byte))
        });
        read.map(|()| Digest(bytes)).ok_or_else(|| {
            Error::unsupported(format!("{text:?} is no digest: that is bw1: and 64 lowercase hexadecimal digits"))
        })
    }
}

/// The nodes over zeros, by level.
static ZEROS: LazyLock<[Hash; TOP as usize + 1]> = LazyLock::new(|| {
    let mut zeros = [chunk_hash(&[0; CHUNK]); TOP as usize + 1];
    for level in 1..zeros.len() {
        zeros[level] = node(&zeros[level - 1], &zeros[level - 1]);
    }
    zeros
});

fn chunk_hash(chunk: &[u8; CHUNK]) -> Hash {
    blake3::keyed_hash(&CHUNK_KEY, chunk).into()
}

pub(crate) fn node(left: &Hash, right: &Hash) -> Hash {
    let mut both = [0; 64];
    both[..32].copy_from_slice(left);
    both[32..].copy_from_slice(right);
    blake3::keyed_hash(&NODE_KEY, &both).into()
}

/// The node over zeros, `level` levels above the segments.
pub(crate) fn zero_node(level: u32) -> Hash {
    ZEROS[(SEGMENT_LEVEL + level) as usize]
}

/// The node over one segment. `chunk` gives the bytes of each chunk, or nothing where they are zeros.
pub(crate) fn segment_hash<'a>(chunk: impl Fn(usize) -> Option<&'a [u8; CHUNK]>) -> Hash {
    let mut nodes: [Hash; SEGMENT_CHUNKS] = std::array::from_fn(|i| match chunk(i) {
        Some(bytes) if !storage::is_zero(bytes) => chunk_hash(bytes),
        _ => ZEROS[0],
    });
    let mut len = nodes.len();
    while len > 1 {
        len /= 2;
        for i in 0..len {
            nodes[i] = node(&nodes[2 * i], &nodes[2 * i + 1]);
        }
    }
    nodes[0]
}

/// The upper levels of the tree, folded as its segments come in; holds one node a level and what came too early.
#[derive(Debug)]
pub(crate) struct Tree {
    /// Segments that are in.
    count: u64,
    /// Left nodes that wait for their right ones, by level: bit n of `count` says whether that of level n is there.
    left: [Hash; (TOP - SEGMENT_LEVEL) as usize + 1],
    /// Segments that came before their time, by number.
    early: BTreeMap<u64, (u64, Hash)>,
    number: u64,
    /// Told of all nodes, if anybody wants to know.
    checksums: Option<Checksums>,
}

impl Tree {
    pub(crate) fn new() -> Self {
        Tree { count: 0, left: [[0; 32]; _], early: BTreeMap::new(), number: 0, checksums: None }
    }

    pub(crate) fn noting(checksums: Checksums) -> Self {
        Tree { checksums: Some(checksums), ..Tree::new() }
    }

    /// The segment at `index`, the `number`th that is not known to be zeros. They may come in any order.
    pub(crate) fn add(&mut self, number: u64, index: u64, hash: Hash) {
        self.early.insert(number, (index, hash));
        while let Some((index, hash)) = self.early.remove(&self.number) {
            self.number += 1;
            self.zeros_to(index);
            self.push(0, hash);
        }
    }

    /// The top; what was not added is zeros.
    pub(crate) fn end(mut self) -> (Hash, Checksums) {
        debug_assert!(self.early.is_empty());
        self.zeros_to(1 << (TOP - SEGMENT_LEVEL));
        (self.left[(TOP - SEGMENT_LEVEL) as usize], self.checksums.unwrap_or_else(Checksums::new))
    }

    /// Adds zeros before segment `index`, by the largest nodes that fit.
    fn zeros_to(&mut self, index: u64) {
        while self.count < index {
            let aligned = self.count.trailing_zeros();
            let fits = (index - self.count).ilog2();
            let level = aligned.min(fits);
            self.push(level, zero_node(level));
        }
    }

    /// Adds a node of `level` (0: a segment), which must begin at `count`.
    fn push(&mut self, level: u32, mut hash: Hash) {
        let mut at = level;
        loop {
            if let Some(checksums) = &mut self.checksums {
                checksums.note(at, self.count >> at, &hash);
            }
            if self.count >> at & 1 == 0 {
                break;
            }
            hash = node(&self.left[at as usize], &hash);
            at += 1;
        }
        self.left[at as usize] = hash;
        self.count += 1 << level;
    }
}
