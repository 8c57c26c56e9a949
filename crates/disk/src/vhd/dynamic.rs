//! The header of dynamic disks, 1024 bytes, and the block allocation table.

use super::SECTOR;
use super::footer::checksum;
use crate::fields::{be32, be64};
use storage::{Error, ReadAt, Result, check_range, read_array, read_vec};

pub(super) const HEADER_LEN: usize = 1024;
const COOKIE: &[u8; 8] = b"cxsparse";

/// Table entry of a block that is not there.
pub(super) const UNUSED: u32 = u32::MAX;

/// Block sizes that are read: powers of two between these.
const BLOCK_SIZES: std::ops::RangeInclusive<u32> = 4 << 10..=256 << 20;

/// Block sizes that other programs are known to read.
const USUAL_BLOCK_SIZES: std::ops::RangeInclusive<u32> = 512 << 10..=2 << 20;

#[derive(Clone, Debug)]
pub(super) struct DynamicHeader {
    /// Where it stands in the file.
    pub(super) offset: u64,
    pub(super) table_offset: u64,
    pub(super) max_table_entries: u32,
    pub(super) block_size: u32,
    /// Name of the parent disk, of differencing disks.
    pub(super) parent: String,
}

impl DynamicHeader {
    pub(super) fn read(file: &dyn ReadAt, offset: u64) -> Result<Self> {
        let within = |error: Error| error.within("VHD dynamic header");
        let block: [u8; HEADER_LEN] = read_array(file, offset).map_err(within)?;
        if !block.starts_with(COOKIE) {
            return Err(within(Error::corrupt(offset, "does not begin with its cookie")));
        }
        if be32(&block, 36) != checksum(&block, 36) {
            return Err(within(Error::corrupt(offset + 36, "the checksum is wrong")));
        }
        let block_size = be32(&block, 32);
        if !block_size.is_power_of_two() || !BLOCK_SIZES.contains(&block_size) {
            let what = format!("blocks of {block_size} bytes are not possible (a power of two, 4 KiB to 256 MiB)");
            return Err(within(Error::corrupt(offset + 32, what)));
        }
        let name: Vec<u16> = block[64..576].chunks(2).map(|c| u16::from_be_bytes([c[0], c[1]])).collect();
        let name = name.split(|&unit| unit == 0).next().unwrap_or_default();
        Ok(DynamicHeader {
            offset,
            table_offset: be64(&block, 16),
            max_table_entries: be32(&block, 28),
            block_size,
            parent: String::from_utf16_lossy(name),
        })
    }

    pub(super) fn note(&self) -> Option<String> {
        let size = self.block_size;
        (!USUAL_BLOCK_SIZES.contains(&size))
            .then(|| format!("the VHD has blocks of {size} bytes, which few programs read; 2 MiB is usual"))
    }

    /// As on disk.
    pub(super) fn to_bytes(&self) -> [u8; HEADER_LEN] {
        let mut block = [0; HEADER_LEN];
        let mut put = |at: usize, field: &[u8]| block[at..at + field.len()].copy_from_slice(field);
        put(0, COOKIE);
        put(8, &u64::MAX.to_be_bytes());
        put(16, &self.table_offset.to_be_bytes());
        put(24, &0x0001_0000u32.to_be_bytes());
        put(28, &self.max_table_entries.to_be_bytes());
        put(32, &self.block_size.to_be_bytes());
        let checksum = checksum(&block, 36);
        block[36..40].copy_from_slice(&checksum.to_be_bytes());
        block
    }
}

/// Length of the bitmap of sectors before each block's data.
pub(super) const fn bitmap_len(block_size: u32) -> u64 {
    (block_size as u64).div_ceil(SECTOR * 8).next_multiple_of(SECTOR)
}

/// Where the data of each block is; `None` for blocks that are zeros.
///
/// All blocks must lie before `end` as far as the disk reaches, apart from each other and from the metadata: anything
/// else would give bytes that are not the guest's.
pub(super) fn read_table(file: &dyn ReadAt, header: &DynamicHeader, size: u64, end: u64) -> Result<Vec<Option<u64>>> {
    let within = |error: Error| error.within("VHD block table");
    let (block, bitmap) = (u64::from(header.block_size), bitmap_len(header.block_size));
    let blocks = size.div_ceil(block);
    if blocks > u64::from(header.max_table_entries) {
        let what = format!("{} entries are too few for {blocks} blocks", header.max_table_entries);
        return Err(within(Error::corrupt(header.offset + 28, what)));
    }
    let table_len = u64::from(header.max_table_entries) * 4;
    check_range(end, header.table_offset, table_len).map_err(within)?;
    let table = read_vec(file, header.table_offset, blocks * 4).map_err(within)?;
    let mut taken = vec![
        (0, SECTOR, "the footer copy".to_owned()),
        (header.offset, header.offset + HEADER_LEN as u64, "the dynamic header".to_owned()),
        (header.table_offset, header.table_offset + table_len, "the block table".to_owned()),
    ];
    let mut places = Vec::with_capacity(table.len() / 4);
    for (i, entry) in (0u64..).zip(table.chunks_exact(4)) {
        let entry = be32(entry, 0);
        if entry == UNUSED {
            places.push(None);
            continue;
        }
        let start = u64::from(entry) * SECTOR;
        let used = block.min(size - i * block);
        if start + bitmap + used > end {
            let what = format!("block {i} at byte {start} reaches past byte {end}, where the data ends; truncated?");
            return Err(within(Error::corrupt(header.table_offset + i * 4, what)));
        }
        taken.push((start, start + bitmap + block, format!("block {i}")));
        places.push(Some(start + bitmap));
    }
    taken.sort_unstable();
    match taken.windows(2).find(|pair| pair[0].1 > pair[1].0) {
        Some(pair) => Err(within(Error::corrupt(pair[1].0, format!("{} overlaps {}", pair[1].2, pair[0].2)))),
        None => Ok(places),
    }
}
