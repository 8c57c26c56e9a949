//! What can be verified of a VHD: both footers, the header, the block table, and that no space is wasted.

use super::dynamic::{UNUSED, bitmap_len};
use super::{Header, SECTOR, dynamic, image};
use crate::fields::be32;
use crate::{Checked, Disk};
use storage::{Error, ReadAt, Result, Source, read_vec};

/// All damage that is found; `Err` only where the machine fails.
pub(super) fn check(file: &Source) -> Result<Checked> {
    let mut checked = Checked::default();
    found(file, &mut checked).or_else(|error| checked.find(error))?;
    Ok(checked)
}

fn found(file: &Source, checked: &mut Checked) -> Result<()> {
    let Header { found, dynamic: header, info } = Header::read(file)?;
    // One of the two footers is damaged, and the other was gone by.
    found.notes.iter().try_for_each(|note| checked.find(Error::corrupt(found.end, note.clone())))?;
    checked.image_end_offset = file.size();
    let Some(header) = header else {
        let disk = image::Fixed::new(file.clone(), info, found.footer.current_size, found.end)?;
        checked.image_end_offset = disk.info().virtual_size + SECTOR;
        return Ok(());
    };
    let block = u64::from(header.block_size);
    checked.total_clusters = info.virtual_size.div_ceil(block);
    // Refuses what lies behind the end of the file, or upon something else.
    dynamic::read_table(file, &header, info.virtual_size, found.end)?;
    let table = read_vec(file, header.table_offset, checked.total_clusters * 4)?;
    let mut before = None;
    let mut places = Vec::new();
    for entry in table.chunks_exact(4).map(|entry| be32(entry, 0)).filter(|&entry| entry != UNUSED) {
        let place = u64::from(entry) * SECTOR;
        let taken = bitmap_len(header.block_size) + block;
        checked.allocated_clusters += 1;
        checked.fragmented_clusters += u64::from(before.is_some_and(|end| end != place));
        before = Some(place + taken);
        places.push(place..place + taken);
    }
    wasted(checked, places, header.table_offset + u64::from(header.max_table_entries) * 4, found.end, block);
    Ok(())
}

/// Room for whole blocks, between those that are in use, is wasted.
fn wasted(checked: &mut Checked, mut places: Vec<std::ops::Range<u64>>, start: u64, end: u64, block: u64) {
    places.sort_unstable_by_key(|place| place.start);
    places.push(end..end);
    let mut free = start;
    for place in places {
        let blocks = place.start.saturating_sub(free) / block;
        if blocks > 0 {
            checked.leaks.push(Error::corrupt(free, format!("VHD: room for {blocks} blocks that nothing is in")));
            checked.leak_count += blocks;
        }
        free = free.max(place.end);
    }
}
