//! The tables that say where clusters are, L1 and L2, turned into a [`Map`].

use super::features::DATA_FILE;
use super::header::Header;
use super::map::{Map, Packed, Place, Subclusters};
use crate::fields::be64;
use storage::{Error, Extent, ReadAt, Result, State, read_vec, to_usize};

/// Bits of entries, by the specification.
pub(super) const COPIED: u64 = 1 << 63;
pub(super) const COMPRESSED: u64 = 1 << 62;
const ZERO: u64 = 1;
pub(super) const OFFSET: u64 = 0x00ff_ffff_ffff_fe00;
const L1_RESERVED: u64 = !(COPIED | OFFSET);
const L2_RESERVED: u64 = !(COPIED | COMPRESSED | OFFSET | ZERO);
const SECTOR: u64 = 512;

/// An L2 table: its number, and its place in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct L2 {
    pub(super) index: u64,
    pub(super) offset: u64,
}

/// The L2 tables of the disk, in order; each is within the file and named once.
pub(super) fn read_l1(file: &dyn ReadAt, header: &Header) -> Result<Vec<L2>> {
    let bytes = read_vec(file, header.l1_offset, header.l1_wanted() * 8).map_err(|e| e.within("qcow2 L1 table"))?;
    let mut tables = Vec::new();
    for (index, entry) in (0u64..).zip(bytes.chunks_exact(8)) {
        let entry = be64(entry, 0);
        if entry == 0 {
            continue;
        }
        let offset = entry & OFFSET;
        let corrupt =
            |what: String| Err(Error::corrupt(header.l1_offset + index * 8, format!("qcow2 L1 entry {index}: {what}")));
        if entry & L1_RESERVED != 0 {
            return corrupt(format!("{entry:#018x} has reserved bits set"));
        }
        if offset == 0 || !header.is_aligned(offset) {
            return corrupt(format!("an L2 table cannot be at byte {offset}"));
        }
        if offset + header.cluster_size() > file.size() {
            return corrupt(format!("the L2 table at byte {offset} reaches past the end of the file"));
        }
        tables.push(L2 { index, offset });
    }
    refuse_shared(&tables, header)?;
    Ok(tables)
}

/// Before any is read: a table that is named a million times must not be read a million times.
fn refuse_shared(tables: &[L2], header: &Header) -> Result<()> {
    let mut sorted = tables.to_vec();
    sorted.sort_unstable_by_key(|table| table.offset);
    match sorted.windows(2).find(|pair| pair[0].offset == pair[1].offset) {
        None => Ok(()),
        Some(pair) => Err(Error::corrupt(
            header.l1_offset + pair[1].index * 8,
            format!(
                "qcow2 L1 entries {} and {}: share the L2 table at {}",
                pair[0].index, pair[1].index, pair[0].offset
            ),
        )),
    }
}

/// Reads all of `tables`. `data_size` is the length of the file that the data is in.
pub(super) fn read_map(file: &dyn ReadAt, header: &Header, tables: &[L2], data_size: u64) -> Result<Map> {
    let mut map = Map::new(header.size);
    let entry_len = to_usize(header.l2_entry_len())?;
    let mut bytes = vec![0; if tables.is_empty() { 0 } else { to_usize(header.cluster_size())? }];
    let mut holes = Holes::new(file, tables.len() as u64 * header.cluster_size());
    let mut expected = 0;
    for table in tables {
        if table.index > expected {
            map.push(expected * header.l2_reach(), Place::Absent(None));
        }
        expected = table.index + 1;
        let start = table.index * header.l2_reach();
        if holes.contain(table.offset, header.cluster_size())? {
            map.push(start, Place::Absent(None));
            continue;
        }
        file.read_at(&mut bytes, table.offset)?;
        let clusters = (header.size - start).div_ceil(header.cluster_size());
        let entries = (0..clusters).zip(bytes.chunks_exact(entry_len));
        for (i, entry) in entries {
            let guest = start + i * header.cluster_size();
            let bitmap = if header.extended_l2() { be64(entry, 8) } else { 0 };
            let reader = Entry { header, guest, file_size: file.size(), data_size };
            let place = reader.place(be64(entry, 0), bitmap).map_err(|what| {
                let at = table.offset + i * header.l2_entry_len();
                let what = format!("qcow2 L2 table {}, entry {i} (guest byte {guest}): {what}", table.index);
                Error::corrupt(at, what)
            })?;
            map.push(guest, place);
        }
    }
    if expected < header.l1_wanted() {
        map.push(expected * header.l2_reach(), Place::Absent(None));
    }
    Ok(map)
}

/// Tells tables of which nothing is stored: a sparse file may claim more tables than anyone could read.
///
/// Asking a filesystem for holes can cost as much as reading, so it is done only where there is much to read, and not
/// again within what is known.
struct Holes<'a> {
    file: &'a dyn ReadAt,
    worth_asking: bool,
    known: Extent,
}

/// Tables that are read without asking, in bytes.
const CHEAP: u64 = 64 << 20;

impl<'a> Holes<'a> {
    fn new(file: &'a dyn ReadAt, len: u64) -> Self {
        Holes { file, worth_asking: len > CHEAP, known: Extent { range: 0..0, state: State::Data } }
    }

    fn contain(&mut self, offset: u64, len: u64) -> Result<bool> {
        if !self.worth_asking {
            return Ok(false);
        }
        if !self.known.range.contains(&offset) {
            self.known = self.file.extent_at(offset)?;
        }
        Ok(!self.known.is_data() && offset + len <= self.known.range.end)
    }
}

/// Reads an entry about the cluster at `guest`.
struct Entry<'a> {
    header: &'a Header,
    guest: u64,
    file_size: u64,
    data_size: u64,
}

impl Entry<'_> {
    fn place(&self, entry: u64, bitmap: u64) -> Result<Place, String> {
        if entry == 0 && bitmap == 0 {
            return Ok(Place::Absent(None));
        }
        if entry & COMPRESSED != 0 {
            return self.compressed(entry, bitmap);
        }
        let header = self.header;
        let at = entry & OFFSET;
        // With an external data file 0 is a place like any other, and the copied bit says that it is meant.
        let present = at != 0 || header.has(DATA_FILE) && entry & COPIED != 0;
        if entry & L2_RESERVED != 0 {
            return Err(format!("{entry:#018x} has reserved bits set"));
        }
        if !header.is_aligned(at) {
            return Err(format!("a cluster cannot be at byte {at}"));
        }
        if !present && entry & COPIED != 0 {
            return Err("is marked as in use, and is nowhere".to_owned());
        }
        if header.data_file_raw() && present && at != self.guest {
            return Err(format!("is at byte {at} of a data file that is said to be raw"));
        }
        let subclusters = if header.extended_l2() {
            Self::subclusters(entry, bitmap, at)?
        } else {
            let zero = entry & ZERO != 0;
            if zero && header.version == 2 {
                return Err("is a zero cluster, which version 2 does not have".to_owned());
            }
            let all = |flag: bool| if flag { u32::MAX } else { 0 };
            Subclusters { at, allocated: all(present && !zero), zero: all(zero) }
        };
        if !present && subclusters.allocated != 0 {
            return Err("has subclusters in use, and is nowhere".to_owned());
        }
        self.check_end(&subclusters)?;
        let place = present.then_some(at);
        Ok(match (subclusters.allocated, subclusters.zero) {
            (0, 0) => Place::Absent(place),
            (u32::MAX, _) => Place::At(at),
            (_, u32::MAX) => Place::Zero(place),
            _ => Place::Mixed(subclusters),
        })
    }

    /// The upper half of the bitmap says which subclusters are zeros, the lower which are in use.
    fn subclusters(entry: u64, bitmap: u64, at: u64) -> Result<Subclusters, String> {
        if entry & ZERO != 0 {
            return Err("has the zero bit, which there is not with subclusters".to_owned());
        }
        let half = |shift: u32| u32::try_from(bitmap >> shift & u64::from(u32::MAX)).expect("32 bits");
        let subclusters = Subclusters { at, allocated: half(0), zero: half(32) };
        if subclusters.allocated & subclusters.zero != 0 {
            return Err(format!("the subcluster bitmap {bitmap:#018x} contradicts itself"));
        }
        Ok(subclusters)
    }

    /// What is in use must be in the file, as far as the disk reaches.
    fn check_end(&self, subclusters: &Subclusters) -> Result<(), String> {
        let size = self.header.cluster_size();
        let in_use = u64::from(32 - subclusters.allocated.leading_zeros()) * (size / 32).max(1);
        let in_use = if subclusters.allocated == u32::MAX { size } else { in_use };
        let end = subclusters.at + in_use.min(self.header.size - self.guest);
        if subclusters.allocated != 0 && end > self.data_size {
            return Err(format!("the cluster at byte {} reaches past the end of the file", subclusters.at));
        }
        Ok(())
    }

    /// The lower bits are the place in bytes, the upper the number of further sectors it touches.
    fn compressed(&self, entry: u64, bitmap: u64) -> Result<Place, String> {
        if self.header.has(DATA_FILE) {
            return Err("is compressed, which an image with an external data file cannot have".to_owned());
        }
        if entry & COPIED != 0 || bitmap != 0 {
            return Err(format!("{entry:#018x} is compressed and has reserved bits set"));
        }
        let Packed { offset, len } = packed(entry, self.header.cluster_bits);
        if offset >= self.file_size || offset + len > self.file_size.next_multiple_of(SECTOR) {
            return Err(format!("the compressed cluster at byte {offset} reaches past the end of the file"));
        }
        // The last sector of a file may be cut short: the length is an upper bound.
        Ok(Place::Compressed(Packed { offset, len: len.min(self.file_size - offset) }))
    }
}

/// Place and length in the entry of a compressed cluster.
pub(super) fn packed(entry: u64, cluster_bits: u32) -> Packed {
    let sector_bits = cluster_bits - 8;
    let offset_bits = 62 - sector_bits;
    let offset = entry & ((1 << offset_bits) - 1);
    let sectors = (entry >> offset_bits & ((1 << sector_bits) - 1)) + 1;
    Packed { offset, len: sectors * SECTOR - offset % SECTOR }
}
