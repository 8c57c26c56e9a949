//! The blocks that no file and nothing of the filesystem's own uses, as the bitmaps have it.
//!
//! Specification: Linux `Documentation/filesystems/ext4/{bitmaps,bigalloc,group_descr}.rst`. Everything that a mount would
//! trust is checked against what is known besides: checksums, counts, and the places of the filesystem's own blocks.
//! Not checked, as no mount does: whether every file's blocks are in use.

use super::features;
use super::group::{Group, Groups};
use super::journal;
use super::superblock::{self, Superblock};
use crate::field::{le32, le64};
use crate::tree::See;
use std::ops::Range;
use storage::{Error, ReadAt, Result, read_vec};

/// A multiple mount protection that nobody holds.
const MMP_CLEAN: u32 = 0xFF4D_4D50;

/// Gives `see` the free bytes in order.
pub(super) fn unused(volume: &dyn ReadAt, superblock: &Superblock, see: &mut See<'_>) -> Result<()> {
    check_clean(volume, superblock)?;
    let groups = Groups::new(volume, superblock);
    let owned = Owned::find(&groups, superblock)?;
    let cluster = groups.cluster()?;
    let block_size = superblock.block_size;
    let mut total = 0;
    groups.each(&mut |group| {
        let mut free = 0;
        let mut give = |blocks: Range<u64>| {
            free += (blocks.end - blocks.start).div_ceil(cluster);
            total += blocks.end - blocks.start;
            see(blocks.start * block_size..blocks.end * block_size)
        };
        match group.uninit {
            true => owned.others(group, cluster, &mut give)?,
            false => from_bitmap(&groups.bitmap(group)?, group, cluster, &mut |blocks| {
                owned.check(&blocks, block_size)?;
                give(blocks)
            })?,
        }
        match free == group.free {
            true => Ok(()),
            false => Err(damaged(format!(
                "group {} has {free} free blocks by its bitmap and {} by its descriptor",
                group.number, group.free
            ))),
        }
    })?;
    let said = superblock.free_blocks();
    // The last cluster may reach past the end.
    match total == said || (cluster > 1 && said.saturating_sub(total) < cluster) {
        true => Ok(()),
        false => Err(damaged(format!("{total} blocks are free by the bitmaps and {said} by the superblock"))),
    }
}

fn damaged(what: impl std::fmt::Display) -> Error {
    Error::corrupt(superblock::OFFSET, format!("ext: {what}; let e2fsck repair it first"))
}

/// Whether the bitmaps are all that counts: no change waits in a journal, and no damage is known.
fn check_clean(volume: &dyn ReadAt, superblock: &Superblock) -> Result<()> {
    superblock.check(volume.size())?;
    let unknown = features::without_known_bitmaps(superblock.compat, superblock.incompat, superblock.ro_compat);
    if !unknown.is_empty() {
        return Err(Error::unsupported(format!("what is free in ext with {} is not known here", unknown.join(", "))));
    }
    if let Some(note) = superblock.info(volume.size()).notes.first() {
        return Err(Error::refused(format!("the filesystem is not clean: {note}")));
    }
    if superblock.ro_compat & features::ORPHAN_PRESENT != 0 {
        return Err(Error::refused("the filesystem is not clean: deleted files still wait to be cleaned up"));
    }
    if superblock.compat & features::HAS_JOURNAL != 0 {
        journal::check_empty(volume, superblock).map_err(|error| error.within("journal"))?;
    }
    if superblock.incompat & features::MMP != 0 {
        let at = le64(&superblock.bytes, 0x168).saturating_mul(superblock.block_size);
        let mark = read_vec(volume, at, 8).map_err(|error| error.within("multiple mount protection"))?;
        if le32(&mark, 4) != MMP_CLEAN {
            return Err(Error::refused("the filesystem is in use: its multiple mount protection is held"));
        }
    }
    let groups = Groups::new(volume, superblock);
    let per_group = u64::from(le32(&superblock.bytes, 0x20));
    if !per_group.is_multiple_of(8 * groups.cluster()?) {
        return Err(damaged(format!("{per_group} blocks in a group")));
    }
    Ok(())
}

/// Blocks of the filesystem's own: superblocks, descriptors, bitmaps, tables of inodes.
struct Owned {
    /// In order, apart.
    places: Vec<Range<u64>>,
}

impl Owned {
    fn find(groups: &Groups<'_>, superblock: &Superblock) -> Result<Self> {
        let inodes = u64::from(superblock.inodes_per_group) * u64::from(superblock.inode_size);
        let table = inodes.div_ceil(superblock.block_size);
        // Neighbouring groups keep like things together: each kind by itself has few gaps.
        let mut kinds: [Vec<Range<u64>>; 4] = Default::default();
        groups.each(&mut |group| {
            let own = [
                groups.copies(group),
                group.block_bitmap..group.block_bitmap.saturating_add(1),
                group.inode_bitmap..group.inode_bitmap.saturating_add(1),
                group.inode_table..group.inode_table.saturating_add(table),
            ];
            for (kind, place) in kinds.iter_mut().zip(own) {
                match kind.last_mut() {
                    Some(last) if last.end == place.start => last.end = place.end,
                    _ => kind.push(place),
                }
            }
            Ok(())
        })?;
        let mut places: Vec<_> = kinds.into_iter().flatten().filter(|place| !place.is_empty()).collect();
        places.sort_unstable_by_key(|place| place.start);
        let first = u64::from(le32(&superblock.bytes, 0x14));
        let outside = places.iter().any(|place| place.start < first || place.end > superblock.blocks);
        let overlap = places.windows(2).any(|pair| pair[0].end > pair[1].start);
        match outside || overlap {
            true => Err(damaged("bitmaps or tables of inodes overlap, or lie outside the filesystem")),
            false => Ok(Owned { places }),
        }
    }

    /// The first place that does not end before `block`.
    fn from(&self, block: u64) -> &[Range<u64>] {
        &self.places[self.places.partition_point(|place| place.end <= block)..]
    }

    /// Nothing that is marked free may be the filesystem's own.
    fn check(&self, blocks: &Range<u64>, block_size: u64) -> Result<()> {
        match self.from(blocks.start).first() {
            Some(place) if place.start < blocks.end => Err(Error::corrupt(
                place.start.max(blocks.start) * block_size,
                "ext: a block of the filesystem's own is marked free; let e2fsck repair it first",
            )),
            _ => Ok(()),
        }
    }

    /// All whole clusters of a group but those with blocks of the filesystem's own.
    fn others(&self, group: &Group, cluster: u64, give: &mut See<'_>) -> Result<()> {
        let Range { start, end } = group.blocks;
        let mut next = start;
        for place in self.from(start).iter().take_while(|place| place.start < end) {
            let used = place.start.saturating_sub(start) / cluster * cluster + start;
            if next < used {
                give(next..used)?;
            }
            next = next.max((place.end - start).next_multiple_of(cluster) + start);
        }
        if next < end { give(next..end) } else { Ok(()) }
    }
}

/// The runs of zeros in the bitmap of a group, as blocks.
fn from_bitmap(bitmap: &[u8], group: &Group, cluster: u64, give: &mut See<'_>) -> Result<()> {
    let Range { start, end } = group.blocks;
    let clusters = (end - start).div_ceil(cluster);
    let mut open: Option<u64> = None;
    let mut bit = 0;
    while bit < clusters {
        let byte = usize::try_from(bit / 8).ok().and_then(|at| bitmap.get(at));
        let byte = *byte.ok_or_else(|| damaged(format!("group {} is longer than its bitmap", group.number)))?;
        // Whole bytes of one kind are the rule.
        let uniform = bit.is_multiple_of(8) && matches!(byte, 0 | 0xFF);
        let is_free = byte >> (bit % 8) & 1 == 0;
        match open {
            Some(first) if !is_free => {
                give(start + first * cluster..start + bit * cluster)?;
                open = None;
            }
            None if is_free => open = Some(bit),
            _ => {}
        }
        bit += if uniform { 8 } else { 1 };
    }
    match open {
        Some(first) => give(start + first * cluster..end),
        None => Ok(()),
    }
}
