//! The superblock of btrfs, and its copies.
//!
//! Linux `include/uapi/linux/btrfs_tree.h` (`struct btrfs_super_block`). Of the copies that are sound and of the same
//! filesystem the one of the highest generation counts. A volume without the first copy is none of btrfs: the others
//! outlive what was made over it.

use super::checksum::Checksum;
use super::features;
use super::node::{MAX_LEVEL, Pointer};
use crate::field::{label, le16, le32, le64, peek, uuid};
use crate::tree::Info;
use storage::{ReadAt, Result};

/// Where the copies begin; those behind the end of the device are not there.
pub(super) const COPIES: [u64; 3] = [64 << 10, 64 << 20, 256 << 30];

/// Bytes of a copy.
const LEN: u64 = 4096;

const MAGIC: &[u8] = b"_BHRfS_M";

/// Bytes of the array of system chunks, which lies at [`SYSTEM_CHUNKS`].
const MAX_SYSTEM_CHUNKS: usize = 2048;
const SYSTEM_CHUNKS: usize = 0x32B;

/// The largest node and sector.
const MAX_NODE: u32 = 64 << 10;

/// Flags: what mkfs and tools leave while they change all of it, or in an image that has no data.
const FLAGS: &[(u64, &str)] = &[
    (1 << 2, "errors were found in it"),
    (1 << 33, "it is a dump of metadata without data"),
    (1 << 34, "it is a dump of metadata without data"),
    (1 << 35, "a change of its UUID was not finished"),
    (1 << 36, "a change of its UUID was not finished"),
    // Those of btrfstune for changes of checksums and of the tree of block groups.
    (((1 << 56) - 1) ^ ((1 << 37) - 1), "a change of its structure was not finished"),
];

/// One of the copies.
#[derive(Clone, Debug)]
pub(super) struct Superblock {
    bytes: Vec<u8>,
    /// Where it lies.
    pub(super) at: u64,
    /// Its checksum is right.
    pub(super) proven: bool,
}

impl Superblock {
    /// The copy that counts; none if this is not btrfs.
    pub(super) fn read(volume: &dyn ReadAt) -> Result<Option<Self>> {
        let Some(mut best) = Superblock::at(volume, COPIES[0])? else { return Ok(None) };
        for at in COPIES.into_iter().skip(1) {
            let Some(copy) = Superblock::at(volume, at)? else { continue };
            let same = copy.bytes[0x20..0x30] == best.bytes[0x20..0x30];
            let newer = copy.generation() > best.generation();
            if copy.proven && (!best.proven || same && newer) {
                best = copy;
            }
        }
        Ok(Some(best))
    }

    fn at(volume: &dyn ReadAt, at: u64) -> Result<Option<Self>> {
        let Some(bytes) = peek(volume, at, LEN)? else { return Ok(None) };
        let copy = Superblock { bytes, at, proven: false };
        if !copy.bytes[0x40..].starts_with(MAGIC) || !copy.is_sound() {
            return Ok(None);
        }
        let proven = copy.checksum().is_some_and(|checksum| checksum.proves(&copy.bytes));
        Ok(Some(Superblock { proven: proven && le64(&copy.bytes, 0x30) == at, ..copy }))
    }

    /// Sizes that can be.
    fn is_sound(&self) -> bool {
        let (sector, node) = (le32(&self.bytes, 0x90), le32(&self.bytes, 0x94));
        sector.is_power_of_two()
            && node.is_power_of_two()
            && (512..=MAX_NODE).contains(&sector)
            && (sector.max(4096)..=MAX_NODE).contains(&node)
            && le32(&self.bytes, 0xA0) as usize <= MAX_SYSTEM_CHUNKS
            && [0xC6, 0xC7, 0xC8].iter().all(|&at| self.bytes[at] <= MAX_LEVEL)
    }

    /// None: a kind that is not known.
    pub(super) fn checksum(&self) -> Option<Checksum> {
        Checksum::of(le16(&self.bytes, 0xC4))
    }

    pub(super) fn generation(&self) -> u64 {
        le64(&self.bytes, 0x48)
    }

    /// Bytes that data are counted in.
    pub(super) fn sector(&self) -> u64 {
        le32(&self.bytes, 0x90).into()
    }

    /// Bytes of a tree block.
    pub(super) fn node(&self) -> u64 {
        le32(&self.bytes, 0x94).into()
    }

    /// Of all devices.
    pub(super) fn total_bytes(&self) -> u64 {
        le64(&self.bytes, 0x70)
    }

    /// Bytes in extents, each counted once.
    pub(super) fn bytes_used(&self) -> u64 {
        le64(&self.bytes, 0x78)
    }

    pub(super) fn devices(&self) -> u64 {
        le64(&self.bytes, 0x88)
    }

    /// The number of this device.
    pub(super) fn device(&self) -> u64 {
        le64(&self.bytes, 0xC9)
    }

    /// Bytes of this device.
    pub(super) fn device_bytes(&self) -> u64 {
        le64(&self.bytes, 0xC9 + 8)
    }

    /// Bytes of this device that lie in chunks.
    pub(super) fn device_used(&self) -> u64 {
        le64(&self.bytes, 0xC9 + 16)
    }

    pub(super) fn compat_ro(&self) -> u64 {
        le64(&self.bytes, 0xB4)
    }

    pub(super) fn incompat(&self) -> u64 {
        le64(&self.bytes, 0xBC)
    }

    /// The UUID that stands in tree blocks; none where seed devices may have left their own.
    pub(super) fn node_uuid(&self) -> Option<&[u8]> {
        let changed = self.incompat() & features::METADATA_UUID != 0;
        let at = if changed { 0x23B } else { 0x20 };
        (self.devices() == 1).then(|| &self.bytes[at..at + 16])
    }

    /// The tree of trees.
    pub(super) fn root(&self) -> Pointer {
        Pointer { at: le64(&self.bytes, 0x50), level: self.bytes[0xC6], generation: self.generation() }
    }

    /// The tree of chunks.
    pub(super) fn chunk_root(&self) -> Pointer {
        let generation = le64(&self.bytes, 0xA4);
        Pointer { at: le64(&self.bytes, 0x58), level: self.bytes[0xC7], generation }
    }

    /// The chunks that hold the tree of chunks.
    pub(super) fn system_chunks(&self) -> &[u8] {
        let len = (le32(&self.bytes, 0xA0) as usize).min(MAX_SYSTEM_CHUNKS);
        &self.bytes[SYSTEM_CHUNKS..SYSTEM_CHUNKS + len]
    }

    /// What makes it odd, in sentences: damage first.
    pub(super) fn oddities(&self, volume: &dyn ReadAt) -> Vec<String> {
        let mut notes = Vec::new();
        if self.checksum().is_none() {
            notes.push(format!("its checksums are of type {}, which is not known", le16(&self.bytes, 0xC4)));
        } else if !self.proven {
            notes.push("no copy of its superblock has a right checksum".to_owned());
        } else if self.at != COPIES[0] {
            notes.push(format!("the first copy of its superblock is not the newest; that at {} is used", self.at));
        }
        let log = le64(&self.bytes, 0x60);
        if log != 0 {
            notes.push("it was not unmounted: a log waits to be replayed, and the last files synced may be old".into());
        }
        let flags = le64(&self.bytes, 0x38);
        notes.extend(FLAGS.iter().filter(|(flag, _)| flags & flag != 0).map(|(_, note)| (*note).to_owned()));
        if self.devices() > 1 {
            let (devices, this) = (self.devices(), self.device());
            notes.push(format!("it spans {devices} devices, of which this is number {this} and the only one here"));
        }
        if self.device_bytes() > volume.size() {
            let (said, size) = (self.device_bytes(), volume.size());
            notes.push(format!("it is {said} bytes long by its own account, and its volume only {size}"));
        }
        notes.dedup();
        notes
    }

    /// What can be said without any tree.
    pub(super) fn info(&self, volume: &dyn ReadAt) -> Info {
        let mut features = features::names(self.compat_ro(), self.incompat());
        // Boot loaders and small kernels know the first kind only.
        features.extend(self.checksum().filter(|&sum| sum != Checksum::Crc32c).map(|sum| sum.name().to_owned()));
        let has_errors = le64(&self.bytes, 0x38) & FLAGS[0].0 != 0;
        Info {
            fs_type: "btrfs",
            uuid: uuid(&self.bytes[0x20..0x30]),
            label: label(&self.bytes[0x12B..0x22B]),
            size: Some(self.total_bytes()),
            free: Some(self.total_bytes().saturating_sub(self.bytes_used())),
            clean: Some(le64(&self.bytes, 0x60) == 0),
            errors: (!self.proven || has_errors).then_some(true),
            features,
            notes: self.oddities(volume),
            ..Info::default()
        }
    }
}
