//! The metadata region (section 2.6): sizes of the disk, its blocks and its sectors, and whether it has a parent.

use super::guid::Guid;
use super::{SECTION_LEN, locator};
use crate::fields::{has, le16, le32, le64};
use std::ops::Range;
use storage::{Error, ReadAt, Result, check_range, read_vec};

const HEADER_LEN: usize = 32;
const ENTRY_LEN: usize = 32;

/// Entries that the table may have, and those of them that may be the user's; the specification's limits.
const MAX_ENTRIES: u16 = 2047;
const MAX_USER_ENTRIES: usize = 1024;

/// Longest item, the specification's limit.
const MAX_ITEM: u64 = 1 << 20;

/// Block sizes that are possible: powers of two between these.
const BLOCK_SIZES: std::ops::RangeInclusive<u64> = 1 << 20..=256 << 20;

/// Largest disk, the specification's limit.
const MAX_SIZE: u64 = 64 << 40;

const PARAMETERS: Guid = Guid::new(0xcaa1_6737, 0xfa36, 0x4d43, [0xb3, 0xb6, 0x33, 0xf0, 0xaa, 0x44, 0xe7, 0x6b]);
const SIZE: Guid = Guid::new(0x2fa5_4224, 0xcd1b, 0x4876, [0xb2, 0x11, 0x5d, 0xbe, 0xd8, 0x3b, 0xf4, 0xb8]);
const DISK_ID: Guid = Guid::new(0xbeca_12ab, 0xb2e6, 0x4523, [0x93, 0xef, 0xc3, 0x09, 0xe0, 0x00, 0xc7, 0x46]);
const LOGICAL_SECTOR: Guid = Guid::new(0x8141_bf1d, 0xa96f, 0x4709, [0xba, 0x47, 0xf2, 0x33, 0xa8, 0xfa, 0xab, 0x5f]);
const PHYSICAL_SECTOR: Guid = Guid::new(0xcda3_48c7, 0x445d, 0x4471, [0x9c, 0xc9, 0xe9, 0x88, 0x52, 0x51, 0xc5, 0x56]);
const PARENT: Guid = Guid::new(0xa8d3_5f2d, 0xb30b, 0x454d, [0xab, 0xf7, 0xd3, 0xd8, 0x48, 0x34, 0xab, 0x0c]);

/// The items, and what each is to its reader.
const KNOWN: [(Guid, &str); 6] = [
    (PARAMETERS, "the file parameters"),
    (SIZE, "the disk's size"),
    (DISK_ID, "the disk's identity"),
    (LOGICAL_SECTOR, "the logical sector size"),
    (PHYSICAL_SECTOR, "the physical sector size"),
    (PARENT, "the parent"),
];

/// What the items say.
#[derive(Clone, Debug)]
pub(super) struct Metadata {
    pub(super) size: u64,
    pub(super) block_size: u64,
    pub(super) logical_sector_size: u32,
    pub(super) physical_sector_size: u32,
    /// All blocks stay allocated.
    pub(super) fixed: bool,
    /// The disk holds only what changed since its parent.
    pub(super) has_parent: bool,
    /// Path of the parent.
    pub(super) parent: Option<String>,
}

impl Metadata {
    pub(super) fn read(file: &dyn ReadAt, region: &Range<u64>) -> Result<Self> {
        let items = Items::read(file, region).map_err(|error| error.within("VHDX metadata table"))?;
        let (parameters, at) = items.required(PARAMETERS, 8)?;
        let block_size = u64::from(le32(&parameters, 0));
        if !block_size.is_power_of_two() || !BLOCK_SIZES.contains(&block_size) {
            let what = format!("blocks of {block_size} bytes are not possible (a power of two, 1 MiB to 256 MiB)");
            return Err(Error::corrupt(at, what).within("VHDX metadata"));
        }
        let logical_sector_size = items.sector_size(LOGICAL_SECTOR)?;
        let (size, at) = items.required(SIZE, 8)?;
        let size = le64(&size, 0);
        if !size.is_multiple_of(logical_sector_size.into()) || size > MAX_SIZE {
            let what = format!(
                "a disk of {size} bytes is not possible (whole sectors of {logical_sector_size}, at most {MAX_SIZE})"
            );
            return Err(Error::corrupt(at, what).within("VHDX metadata"));
        }
        items.required(DISK_ID, 16)?;
        let flags = le32(&parameters, 4);
        let has_parent = flags & 2 != 0;
        let parent = if has_parent { items.parent()? } else { None };
        Ok(Metadata {
            size,
            block_size,
            logical_sector_size,
            physical_sector_size: items.sector_size(PHYSICAL_SECTOR)?,
            fixed: flags & 1 != 0 && !has_parent,
            has_parent,
            parent,
        })
    }

    /// Number of blocks of the disk.
    pub(super) fn blocks(&self) -> u64 {
        self.size.div_ceil(self.block_size)
    }

    /// Blocks that one block of the sector bitmap covers, whose entry follows theirs in the BAT.
    pub(super) fn chunk_ratio(&self) -> u64 {
        (1 << 23) * u64::from(self.logical_sector_size) / self.block_size
    }
}

/// The table's entries that this program understands, and where the items are in the file.
struct Items<'a> {
    file: &'a dyn ReadAt,
    table: u64,
    items: Vec<(Guid, Range<u64>)>,
}

impl<'a> Items<'a> {
    fn read(file: &'a dyn ReadAt, region: &Range<u64>) -> Result<Self> {
        let table = read_vec(file, region.start, SECTION_LEN)?;
        if !has(&table, 0, b"metadata") {
            return Err(Error::corrupt(region.start, "does not begin with its signature"));
        }
        let count = le16(&table, 10);
        if count > MAX_ENTRIES {
            let what = format!("{count} entries are more than the {MAX_ENTRIES} that are possible");
            return Err(Error::corrupt(region.start + 10, what));
        }
        let (mut items, mut taken, mut seen) = (Vec::new(), Vec::new(), Vec::new());
        let entries = table[HEADER_LEN..].chunks_exact(ENTRY_LEN).take(count.into());
        for (i, entry) in entries.enumerate() {
            let at = region.start + (HEADER_LEN + i * ENTRY_LEN) as u64;
            let (id, flags) = (Guid::at(entry, 0), le32(entry, 24));
            let (is_user, is_required) = (flags & 1 != 0, flags & 4 != 0);
            let range = item_range(entry, region, at).map_err(|error| error.within(format!("item {id}")))?;
            seen.push((is_user, id));
            taken.push((range.start, range.end));
            if !is_user && KNOWN.iter().any(|&(known, _)| known == id) {
                items.push((id, range));
            } else if is_required {
                let what = format!("item {id} must be understood to read the VHDX, and is not");
                return Err(Error::unsupported(what));
            }
        }
        refuse_twice(seen, taken, region.start)?;
        Ok(Items { file, table: region.start, items })
    }

    /// The first `len` bytes of an item that must be there, and where they are.
    fn required(&self, id: Guid, len: u64) -> Result<(Vec<u8>, u64)> {
        let name = KNOWN.iter().find(|&&(known, _)| known == id).map_or("", |&(_, name)| name);
        let Some((_, range)) = self.items.iter().find(|(item, _)| *item == id) else {
            return Err(Error::corrupt(self.table, format!("VHDX metadata: there is no item for {name}")));
        };
        if range.end - range.start < len {
            let what = format!("VHDX metadata: the item for {name} is shorter than its {len} bytes");
            return Err(Error::corrupt(range.start, what));
        }
        Ok((read_vec(self.file, range.start, len)?, range.start))
    }

    fn sector_size(&self, id: Guid) -> Result<u32> {
        let (bytes, at) = self.required(id, 4)?;
        match le32(&bytes, 0) {
            size @ (512 | 4096) => Ok(size),
            size => {
                let what = format!("VHDX metadata: sectors of {size} bytes are not possible (512 or 4096)");
                Err(Error::corrupt(at, what))
            }
        }
    }

    fn parent(&self) -> Result<Option<String>> {
        let Some((_, range)) = self.items.iter().find(|(id, _)| *id == PARENT) else { return Ok(None) };
        Ok(locator::parent(&read_vec(self.file, range.start, range.end - range.start)?))
    }
}

/// Where an item is in the file.
fn item_range(entry: &[u8], region: &Range<u64>, at: u64) -> Result<Range<u64>> {
    let (offset, len) = (u64::from(le32(entry, 16)), u64::from(le32(entry, 20)));
    if len == 0 {
        return Ok(region.start..region.start);
    }
    if offset < SECTION_LEN || len > MAX_ITEM {
        let what = format!("{len} bytes at byte {offset} of the region are not possible");
        return Err(Error::corrupt(at + 16, what));
    }
    check_range(region.end - region.start, offset, len)
        .map_err(|_| Error::corrupt(at + 16, format!("{len} bytes at byte {offset} reach past the region's end")))?;
    Ok(region.start + offset..region.start + offset + len)
}

/// Refuses two entries with one name, two items with the same bytes, and too many of the user's.
fn refuse_twice(mut seen: Vec<(bool, Guid)>, mut taken: Vec<(u64, u64)>, table: u64) -> Result<()> {
    if seen.iter().filter(|(is_user, _)| *is_user).count() > MAX_USER_ENTRIES {
        return Err(Error::corrupt(table, format!("more than {MAX_USER_ENTRIES} items are the user's")));
    }
    seen.sort_unstable();
    if let Some(pair) = seen.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(Error::corrupt(table, format!("item {} is listed twice", pair[0].1)));
    }
    taken.retain(|(start, end)| start < end);
    taken.sort_unstable();
    match taken.windows(2).find(|pair| pair[0].1 > pair[1].0) {
        Some(pair) => Err(Error::corrupt(pair[1].0, "an item overlaps another one")),
        None => Ok(()),
    }
}
