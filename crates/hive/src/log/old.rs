//! Logs of NT to Windows 8: behind the base block `DIRT`, a bit for every 512 bytes of the hive, and those bytes of
//! which the bit is set.

use super::{Changes, Page};
use crate::base::Base;
use crate::bytes::{index, part};

const FILE_TYPES: [u32; 2] = [1, 2];
const SECTOR: usize = 512;

/// The changes that a hive was being written with. None: no log goes with that write.
pub(super) fn changes<'l>(hive: &Base, logs: &'l [Vec<u8>]) -> Option<Changes<'l>> {
    let fitting = logs.iter().filter_map(|log| one(hive, log));
    fitting.max_by_key(|changes| changes.base.sequences.0)
}

fn one<'l>(hive: &Base, log: &'l [u8]) -> Option<Changes<'l>> {
    let base = Base::read(log).ok().filter(|base| base.is_clean() && FILE_TYPES.contains(&base.file_type))?;
    // The log carries the time of the write that it was made for.
    if hive.sound && hive.written != base.written {
        return None;
    }
    let cluster = index(base.clustering.clamp(1, 8)) * SECTOR;
    let sectors = index(base.bins) / SECTOR;
    let bitmap = part(log, cluster + 4, sectors.div_ceil(8)).filter(|_| log[cluster..].starts_with(b"DIRT"))?;
    let mut at = (cluster + 4 + bitmap.len()).next_multiple_of(cluster);
    let mut pages = Vec::new();
    for sector in (0..sectors).filter(|sector| bitmap[sector / 8] >> (sector % 8) & 1 == 1) {
        pages.push(Page { offset: u32::try_from(sector * SECTOR).ok()?, content: part(log, at, SECTOR)? });
        at += SECTOR;
    }
    Some(Changes { base, pages })
}
