//! What the superblocks of XFS, btrfs and NILFS2 say.

use crate::crc::{crc32, crc32c};
use crate::field::{be16, be32, be64, le16, le32, le64};
use crate::tree::Info;
use storage::{ReadAt, Result};

/// A name for each bit.
type Names = &'static [(u32, &'static str)];

const XFS_RO_COMPAT: Names = &[(0x1, "finobt"), (0x2, "rmapbt"), (0x4, "reflink"), (0x8, "inobtcount")];
const XFS_INCOMPAT: Names = &[
    (0x1, "ftype"),
    (0x2, "sparse"),
    (0x4, "meta_uuid"),
    (0x8, "bigtime"),
    (0x10, "needsrepair"),
    (0x20, "nrext64"),
    (0x40, "exchange"),
    (0x80, "parent"),
    (0x100, "metadir"),
];
const XFS_NEEDS_REPAIR: u32 = 0x10;

/// Sizes that fit each other, a known version, and a mkfs that came to its end.
pub(super) fn xfs_is_sound(b: &[u8]) -> bool {
    let block = be32(b, 4);
    block.is_power_of_two()
        && (512..=65536).contains(&block)
        && be32(b, 88) > 0
        && matches!(be16(b, 100) & 0xF, 4 | 5)
        && matches!(be16(b, 102), 512 | 1024 | 2048 | 4096)
        && b[126] == 0
}

/// Version 5 has a checksum over the sector.
pub(super) fn xfs_is_proven(b: &[u8]) -> bool {
    let sector = usize::from(be16(b, 102)).min(b.len());
    let crc = crc32c(crc32c(crc32c(!0, &b[..224]), &[0; 4]), &b[228..sector]);
    be16(b, 100) & 0xF == 5 && !crc == le32(b, 224)
}

pub(super) fn xfs(volume: &dyn ReadAt, b: &[u8], info: &mut Info) -> Result<()> {
    let block = u64::from(be32(b, 4));
    let size = be64(b, 8).saturating_mul(block);
    let free = be64(b, 144);
    // Inodes are made as they are needed, from free blocks.
    let possible = free.saturating_mul(be16(b, 106).into());
    info.size = Some(size);
    info.free = Some(free.saturating_mul(block));
    info.inodes = Some(be64(b, 128).saturating_add(possible));
    info.free_inodes = Some(be64(b, 136).saturating_add(possible));
    if be16(b, 100) & 0xF == 5 {
        info.features = vec!["crc".to_owned()];
        info.features.extend(named(be32(b, 212), XFS_RO_COMPAT));
        info.features.extend(named(be32(b, 216), XFS_INCOMPAT));
        info.errors = Some(be32(b, 216) & XFS_NEEDS_REPAIR != 0);
    }
    note_size(info, size, volume);
    Ok(())
}

/// The checksum of type 0, which is CRC-32C, over all but its own field; the other types are not computed here.
pub(super) fn btrfs_is_proven(b: &[u8]) -> bool {
    le16(b, 0xC4) == 0 && !crc32c(!0, &b[0x20..0x1000]) == le32(b, 0)
}

pub(super) fn btrfs(volume: &dyn ReadAt, b: &[u8], info: &mut Info) -> Result<()> {
    let (total, used, devices) = (le64(b, 0x70), le64(b, 0x78), le64(b, 0x88));
    info.size = Some(total);
    info.free = Some(total.saturating_sub(used));
    info.clean = Some(le64(b, 0x60) == 0);
    match devices {
        1 => note_size(info, total, volume),
        _ => info.notes.push(format!("it spans {devices} devices, of which this is one")),
    }
    Ok(())
}

/// Two bytes are a weak mark: the checksum decides, which is seeded by the superblock itself.
pub(super) fn nilfs_is_sound(b: &[u8]) -> bool {
    let len = usize::from(le16(b, 8));
    if !(24..=1024).contains(&len) || le32(b, 0) != 2 {
        return false;
    }
    let crc = crc32(crc32(crc32(le32(b, 12), &b[..16]), &[0; 4]), &b[20..len]);
    crc == le32(b, 16)
}

fn named(bits: u32, names: Names) -> impl Iterator<Item = String> {
    names.iter().filter(move |(bit, _)| bits & bit != 0).map(|(_, name)| (*name).to_owned())
}

fn note_size(info: &mut Info, size: u64, volume: &dyn ReadAt) {
    if size > volume.size() {
        let len = volume.size();
        info.notes.push(format!("it is {size} bytes long by its own account, and its volume only {len}"));
    }
}
