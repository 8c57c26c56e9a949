//! The header: 72 bytes that all versions have, and 384 or 400 more of version 1.1.

use super::{BLOCK, NAME, SECTOR};
use crate::fields::{bytes, has, le32, le64};
use crate::{Details, Info, VdiDetails};
use storage::{Error, ReadAt, Result, read_array};

pub(super) const SIGNATURE_AT: usize = 64;
pub(super) const SIGNATURE: &[u8] = b"\x7f\x10\xda\xbe";

/// Where the fields that are read end.
pub(super) const LEN: usize = 456;

/// Minor version in the lower half, major in the upper.
const VERSION: u32 = 0x0001_0001;

/// What the length field counts from.
const LENGTH_AT: u32 = 72;

/// Lengths that the header may say of itself: up to the parent's UUID at least, and no more than a page.
const LENGTHS: std::ops::RangeInclusive<u32> = 384..=4096;

/// What kind of image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Dynamic,
    Fixed,
    Undo,
    Differencing,
}

/// A header whose numbers agree with each other.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) kind: Kind,
    /// Where the header ends.
    pub(super) end: u64,
    pub(super) map_offset: u64,
    pub(super) data_offset: u64,
    /// Length of the disk, as the header says it.
    pub(super) disk_size: u64,
    pub(super) blocks: u32,
    pub(super) blocks_allocated: u32,
    block_size: u32,
    block_extra: u32,
    sector_size: u32,
    /// UUID of the image that this one is a difference to.
    parent: Option<String>,
    description: String,
}

fn within(error: Error) -> Error {
    error.within("VDI header")
}

fn corrupt(at: u64, what: String) -> Error {
    within(Error::corrupt(at, what))
}

impl Header {
    pub(super) fn read(file: &dyn ReadAt) -> Result<Self> {
        let block: [u8; LEN] = read_array(file, 0).map_err(within)?;
        if !has(&block, SIGNATURE_AT, SIGNATURE) {
            return Err(corrupt(64, "the signature is missing; this is no VDI".to_owned()));
        }
        let version = le32(&block, 68);
        if version != VERSION {
            let (major, minor) = (version >> 16, version & 0xffff);
            return Err(within(Error::unsupported(format!(
                "version {major}.{minor} is not read, only 1.1 is; let VirtualBox clone the disk to a new VDI first"
            ))));
        }
        let length = le32(&block, 72);
        if !LENGTHS.contains(&length) {
            return Err(corrupt(72, format!("a header of {length} bytes is not possible ({LENGTHS:?})")));
        }
        let header = Header {
            kind: kind(le32(&block, 76))?,
            end: u64::from(LENGTH_AT + length),
            map_offset: u64::from(le32(&block, 340)),
            data_offset: u64::from(le32(&block, 344)),
            sector_size: le32(&block, 360),
            disk_size: le64(&block, 368),
            block_size: le32(&block, 376),
            block_extra: le32(&block, 380),
            blocks: le32(&block, 384),
            blocks_allocated: le32(&block, 388),
            parent: parent(&block),
            description: description(&block),
        };
        header.refuse_nonsense()?;
        Ok(header)
    }

    /// What cannot be true whatever is supported.
    fn refuse_nonsense(&self) -> Result<()> {
        for (at, name, offset) in [(340, "block map", self.map_offset), (344, "data", self.data_offset)] {
            if !offset.is_multiple_of(SECTOR) {
                return Err(corrupt(at, format!("the {name} begins at byte {offset}, which is inside a sector")));
            }
        }
        if self.block_size == 0 {
            return Err(corrupt(376, "blocks of no bytes are not possible".to_owned()));
        }
        let (blocks, wanted) = (self.blocks, self.disk_size.div_ceil(u64::from(self.block_size)));
        if u64::from(blocks) != wanted {
            let what = format!("a disk of {} bytes has {wanted} blocks, and the header says {blocks}", self.disk_size);
            return Err(corrupt(384, what));
        }
        if self.blocks_allocated > blocks {
            let what = format!("{} blocks cannot be there of {blocks}", self.blocks_allocated);
            return Err(corrupt(388, what));
        }
        Ok(())
    }

    /// Length of the disk. Where the header's is no whole number of sectors, the last is read whole: VirtualBox makes
    /// such images from raw ones, and every block is there in full.
    pub(super) fn size(&self) -> u64 {
        self.disk_size.next_multiple_of(SECTOR)
    }

    pub(super) fn refuse_layout(&self) -> Result<()> {
        let unsupported = |what: String| Err(within(Error::unsupported(what)));
        if u64::from(self.block_size) != BLOCK {
            return unsupported(format!("blocks of {} bytes are not read, only of 1 MiB", self.block_size));
        }
        if self.block_extra != 0 {
            return unsupported(format!("blocks with {} bytes of extra data are not read", self.block_extra));
        }
        if u64::from(self.sector_size) != SECTOR {
            return unsupported(format!("sectors of {} bytes are not read, only of {SECTOR}", self.sector_size));
        }
        Ok(())
    }

    pub(super) fn refuse_differencing(&self) -> Result<()> {
        let what = match (self.kind, &self.parent) {
            (Kind::Undo, _) => "an undo image",
            (Kind::Differencing, _) | (_, Some(_)) => "a differencing image",
            _ => return Ok(()),
        };
        Err(Error::unsupported(format!(
            "the VDI is {what}: it holds only what changed since its parent ({}); let VirtualBox merge it with its \
             parent, or clone the disk, first",
            self.parent.as_deref().unwrap_or("which it does not name")
        )))
    }

    pub(super) fn info(&self) -> Info {
        let mut notes = Vec::new();
        if self.size() != self.disk_size {
            notes.push(format!(
                "the VDI says that the disk has {} bytes, which is no whole number of sectors: {} are read",
                self.disk_size,
                self.size()
            ));
        }
        if self.kind == Kind::Undo {
            notes.push("the VDI is an undo image: it holds only what changed since its parent".to_owned());
        }
        Info {
            format: NAME,
            virtual_size: self.size(),
            cluster_size: Some(u64::from(self.block_size)),
            backing_file: self.parent.clone(),
            details: Details::Vdi(VdiDetails {
                fixed: self.kind == Kind::Fixed,
                description: self.description.clone(),
                block_size: u64::from(self.block_size),
                blocks_allocated: u64::from(self.blocks_allocated),
            }),
            notes,
            ..Info::default()
        }
    }
}

fn kind(number: u32) -> Result<Kind> {
    match number {
        1 => Ok(Kind::Dynamic),
        2 => Ok(Kind::Fixed),
        3 => Ok(Kind::Undo),
        4 => Ok(Kind::Differencing),
        _ => {
            let what = format!("image type {number} does not exist (1 dynamic, 2 fixed, 3 undo, 4 differencing)");
            Err(corrupt(76, what))
        }
    }
}

/// The parent's UUID, in braces as VirtualBox writes them, of images that have a parent. Either of two fields may say
/// it.
fn parent(block: &[u8]) -> Option<String> {
    let id: [u8; 16] = [424, 440].map(|at| bytes(block, at)).into_iter().find(|id| *id != [0; 16])?;
    let (first, second, third) = (le32(&id, 0), le32(&id, 4) & 0xffff, le32(&id, 4) >> 16);
    let rest: String = id[8..].iter().map(|byte| format!("{byte:02x}")).collect();
    Some(format!("{{{first:08x}-{second:04x}-{third:04x}-{}-{}}}", &rest[..4], &rest[4..]))
}

/// The comment, or else the line that the file begins with: it tells whose work the file is.
fn description(block: &[u8]) -> String {
    let text = |field: &[u8]| {
        let text = field.split(|&byte| byte == 0).next().unwrap_or_default();
        String::from_utf8_lossy(text).trim().to_owned()
    };
    match text(&block[84..340]) {
        comment if comment.is_empty() => text(&block[..64]).trim_matches(['<', '>', ' ']).to_owned(),
        comment => comment,
    }
}
