//! Keys, and the blocks of trees.
//!
//! Linux `include/uapi/linux/btrfs_tree.h` (`struct btrfs_header`, `btrfs_item`, `btrfs_key_ptr`). What is checked of a
//! block is what Linux checks (`fs/btrfs/tree-checker.c`): keys rise, items lie one behind the other.

use crate::field::{array, le32, le64};

/// The highest level of a root.
pub(super) const MAX_LEVEL: u8 = 7;

const HEADER: usize = 101;
const CHILD: usize = 33;
const ITEM: usize = 25;

/// Bytes of a key on disk.
pub(super) const KEY: usize = 17;

/// What items are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    pub(super) object: u64,
    pub(super) kind: u8,
    pub(super) offset: u64,
}

impl Key {
    pub(super) fn new(object: u64, kind: u8, offset: u64) -> Self {
        Key { object, kind, offset }
    }

    /// As it lies on disk.
    pub(super) fn read(bytes: &[u8], at: usize) -> Self {
        Key { object: le64(bytes, at), kind: bytes[at + 8], offset: le64(bytes, at + 9) }
    }

    /// Whether it is of that object and kind.
    pub(super) fn is_of(&self, object: u64, kind: u8) -> bool {
        self.object == object && self.kind == kind
    }
}

/// Where a block lies and what it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pointer {
    /// Logical address.
    pub(super) at: u64,
    /// Zero: a leaf.
    pub(super) level: u8,
    /// When it was written.
    pub(super) generation: u64,
}

/// A block whose lengths have been checked.
#[derive(Debug)]
pub(super) struct Node {
    bytes: Vec<u8>,
    count: usize,
}

impl Node {
    /// Says what is wrong with a block that is none.
    pub(super) fn new(bytes: Vec<u8>, pointer: &Pointer, uuid: Option<&[u8]>) -> Result<Self, &'static str> {
        let count = le32(&bytes, 0x60) as usize;
        let node = Node { bytes, count };
        if le64(&node.bytes, 0x30) != pointer.at {
            return Err("it says that it lies elsewhere");
        }
        if node.bytes[0x64] != pointer.level {
            return Err("its level is not what the block above says");
        }
        if le64(&node.bytes, 0x50) != pointer.generation {
            return Err("its generation is not what the block above says");
        }
        if uuid.is_some_and(|uuid| node.bytes[0x20..0x30] != *uuid) {
            return Err("it is of another filesystem");
        }
        let entry = if pointer.level == 0 { ITEM } else { CHILD };
        if count > (node.bytes.len() - HEADER) / entry || (count == 0 && pointer.level > 0) {
            return Err("its number of items cannot be");
        }
        if (1..count).any(|i| node.key(i - 1) >= node.key(i)) {
            return Err("its keys do not rise");
        }
        match pointer.level == 0 && !node.items_fit() {
            true => Err("its items overlap, or lie outside"),
            false => Ok(node),
        }
    }

    /// The first item ends with the block, and every other one where the one before begins.
    fn items_fit(&self) -> bool {
        let room = self.bytes.len() - HEADER;
        let mut end = room as u64;
        for i in 0..self.count {
            let at = HEADER + i * ITEM + KEY;
            let (start, len) = (u64::from(le32(&self.bytes, at)), u64::from(le32(&self.bytes, at + 4)));
            if start + len != end {
                return false;
            }
            end = start;
        }
        end >= (self.count * ITEM) as u64
    }

    pub(super) fn level(&self) -> u8 {
        self.bytes[0x64]
    }

    pub(super) fn generation(&self) -> u64 {
        le64(&self.bytes, 0x50)
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Items of a leaf, or children.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    pub(super) fn key(&self, i: usize) -> Key {
        let entry = if self.level() == 0 { ITEM } else { CHILD };
        Key::read(&self.bytes, HEADER + i * entry)
    }

    pub(super) fn child(&self, i: usize) -> Pointer {
        let at = HEADER + i * CHILD + KEY;
        Pointer {
            at: le64(&self.bytes, at),
            level: self.level().saturating_sub(1),
            generation: le64(&self.bytes, at + 8),
        }
    }

    /// The content of an item of a leaf.
    pub(super) fn item(&self, i: usize) -> &[u8] {
        let [start, len] =
            [0, 4].map(|field| u32::from_le_bytes(array(&self.bytes, HEADER + i * ITEM + KEY + field)) as usize);
        &self.bytes[HEADER + start..HEADER + start + len]
    }

    /// How many keys are not greater.
    pub(super) fn up_to(&self, key: &Key) -> usize {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low.midpoint(high);
            match self.key(middle) <= *key {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Pointer = Pointer { at: 1 << 20, level: 0, generation: 7 };

    /// A leaf of 4 KiB with items of these keys and contents.
    pub(in super::super) fn leaf(items: &[(Key, &[u8])]) -> Vec<u8> {
        let mut bytes = vec![0; 4096];
        bytes[0x30..0x38].copy_from_slice(&AT.at.to_le_bytes());
        bytes[0x50..0x58].copy_from_slice(&AT.generation.to_le_bytes());
        bytes[0x60..0x64].copy_from_slice(&u32::try_from(items.len()).unwrap().to_le_bytes());
        let mut end = 4096;
        for (i, (key, content)) in items.iter().enumerate() {
            end -= content.len();
            bytes[end..end + content.len()].copy_from_slice(content);
            let at = HEADER + i * ITEM;
            bytes[at..at + 8].copy_from_slice(&key.object.to_le_bytes());
            bytes[at + 8] = key.kind;
            bytes[at + 9..at + 17].copy_from_slice(&key.offset.to_le_bytes());
            bytes[at + 17..at + 21].copy_from_slice(&u32::try_from(end - HEADER).unwrap().to_le_bytes());
            bytes[at + 21..at + 25].copy_from_slice(&u32::try_from(content.len()).unwrap().to_le_bytes());
        }
        bytes
    }

    fn key(object: u64) -> Key {
        Key::new(object, 1, 0)
    }

    #[test]
    fn items_are_found() {
        let node = Node::new(leaf(&[(key(3), b"three"), (key(5), b""), (key(9), b"nine")]), &AT, None).unwrap();
        assert_eq!((node.item(0), node.item(1), node.item(2)), (&b"three"[..], &b""[..], &b"nine"[..]));
        for (object, count) in [(2, 0), (3, 1), (4, 1), (5, 2), (9, 3), (10, 3)] {
            assert_eq!(node.up_to(&key(object)), count, "{object}");
        }
        assert_eq!(Node::new(leaf(&[]), &AT, None).unwrap().count(), 0);
    }

    #[test]
    fn what_is_no_block_is_refused() {
        let sound = leaf(&[(key(3), b"three"), (key(5), b"five")]);
        let wrong = |at: usize, byte: u8| {
            let mut bytes = sound.clone();
            bytes[at] = byte;
            Node::new(bytes, &AT, None).unwrap_err()
        };
        for (at, byte, why) in [
            (0x30, 1, "elsewhere"),
            (0x64, 1, "level"),
            (0x50, 8, "generation"),
            (0x61, 1, "number of items"),
            (HEADER, 5, "keys"),
            (HEADER + 17, 1, "overlap"),
            (HEADER + ITEM + 21, 3, "overlap"),
            (HEADER + ITEM + 22, 0xF0, "overlap"),
        ] {
            assert!(wrong(at, byte).contains(why), "{at}");
        }
        assert!(Node::new(sound.clone(), &AT, Some(&[1; 16])).unwrap_err().contains("another filesystem"));
        let inner = Pointer { level: 1, ..AT };
        let mut empty = leaf(&[]);
        empty[0x64] = 1;
        assert!(Node::new(empty, &inner, None).unwrap_err().contains("number"));
    }
}
