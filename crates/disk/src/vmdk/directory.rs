//! Reading grain directories and tables, and refusing what cannot be.

use super::header::{Header, TABLE_ENTRIES, TABLE_SECTORS};
use super::marker::GRAIN_MARKER;
use super::places::{self, Places};
use super::tables::{self, Place, TABLE_LEN, Tables};
use super::{Found, SECTOR};
use crate::fields::le32;
use storage::{Error, Extent, ReadAt, Result, State, read_vec};

/// Tables that are read in one step: 1 MiB of them.
const STEP: usize = 512;

/// Tables side by side for which it is cheaper to ask for a hole than to read.
const WORTH_ASKING: usize = 16;

/// What the tables of an extent lead to.
#[derive(Debug)]
pub(super) struct Directory {
    pub(super) tables: Tables,
    /// Byte behind the last that is used.
    pub(super) used: u64,
}

/// Reads the tables of an extent; of a stream with the footer for a header. `file_size` is the length of the file in
/// which the grains are. Damage is handed to `found`, which decides whether to go on; damaged entries are left out.
pub(super) fn read(
    file: &dyn ReadAt,
    header: &Header,
    is_stream: bool,
    file_size: u64,
    found: Found<'_>,
) -> Result<Directory> {
    let first = read_directory(file, header, header.gd_offset)?;
    let second = match header.redundant_offset() {
        Some(offset) => read_directory(file, header, offset).map_err(|error| error.within("second"))?,
        None => Vec::new(),
    };
    let places = Places::metadata(header, &first, &second, is_stream);
    places.check_metadata()?;
    let used = places.end().saturating_mul(SECTOR);
    let mut reader = Reader { header, file_size, tables: Tables::new(header), places, used, found };
    let (mut ours, mut theirs) = (TableBytes::new(file), TableBytes::new(file));
    for (i, directory) in (0..).step_by(STEP).zip(first.chunks(STEP)) {
        let other = second.chunks(STEP).nth(i / STEP).unwrap_or_default();
        if ours.are_empty(directory)? && theirs.are_empty(other)? {
            continue;
        }
        let bytes = ours.read(directory)?;
        if header.redundant_offset().is_some() {
            compare(i, directory, bytes, theirs.read(other)?, reader.found)?;
        }
        for (number, table) in (i..).zip(bytes.chunks_exact(TABLE_LEN)) {
            reader.table(number, directory[number - i], &tables::entries(table))?;
        }
    }
    let Reader { tables, used, found, .. } = reader;
    places::check_grains(header, &tables, found)?;
    Ok(Directory { tables, used })
}

/// The places of the tables, in sectors; 0 for those that are not there.
fn read_directory(file: &dyn ReadAt, header: &Header, offset: u64) -> Result<Vec<u32>> {
    let context = |error: Error| error.within("VMDK grain directory");
    let at = offset
        .checked_mul(SECTOR)
        .ok_or_else(|| Error::corrupt(56, format!("VMDK header: the grain directory cannot be at sector {offset}")))?;
    let bytes = read_vec(file, at, header.tables() * 4).map_err(context)?;
    let directory: Vec<u32> = bytes.chunks_exact(4).map(|entry| le32(entry, 0)).collect();
    let end = file.size() / SECTOR;
    match directory.iter().position(|&place| place != 0 && u64::from(place) + TABLE_SECTORS > end) {
        None => Ok(directory),
        Some(i) => Err(context(Error::corrupt(
            at + i as u64 * 4,
            format!("grain table {i}, at sector {}, reaches past the end of the file", directory[i]),
        ))),
    }
}

/// The two copies of the tables must say the same: programs differ in which of them they believe.
fn compare(first: usize, directory: &[u32], ours: &[u8], theirs: &[u8], found: Found<'_>) -> Result<()> {
    let pairs = ours.chunks_exact(TABLE_LEN).zip(theirs.chunks_exact(TABLE_LEN));
    for (i, (one, other)) in pairs.enumerate() {
        if one == other {
            continue;
        }
        let entry = (0..TABLE_LEN / 4).find(|n| one[n * 4..][..4] != other[n * 4..][..4]).unwrap_or(0);
        let at = u64::from(directory[i]) * SECTOR + entry as u64 * 4;
        let what = format!(
            "VMDK grain table {}: entry {entry} contradicts the second copy of the table ({} and {}), so that it is \
             not known which is right; have the program that made the image repair it (vmware-vdiskmanager -R)",
            first + i,
            le32(one, entry * 4),
            le32(other, entry * 4)
        );
        found(Error::corrupt(at, what))?;
    }
    Ok(())
}

struct Reader<'a, 'f> {
    header: &'a Header,
    file_size: u64,
    tables: Tables,
    places: Places,
    /// Byte behind the last that is used.
    used: u64,
    found: Found<'f>,
}

impl Reader<'_, '_> {
    /// Adds a table, without the entries that are damaged.
    fn table(&mut self, number: usize, place: u32, entries: &[u32; 512]) -> Result<()> {
        if entries.iter().all(|&entry| entry == 0) {
            return Ok(());
        }
        let mut entries = *entries;
        for (i, entry) in entries.iter_mut().enumerate() {
            let grain = number as u64 * TABLE_ENTRIES + i as u64;
            if let Err(what) = self.entry(grain, *entry) {
                let at = tables::byte(place) + i as u64 * 4;
                (self.found)(Error::corrupt(at, format!("VMDK grain table {number}, entry {i}: {what}")))?;
                *entry = 0;
            }
        }
        self.tables.push(u32::try_from(number).expect("the number of tables is limited"), &entries);
        Ok(())
    }

    fn entry(&mut self, grain: u64, entry: u32) -> Result<(), String> {
        if entry == 0 {
            return Ok(());
        }
        if grain >= self.header.grains() {
            return Err(format!("has grain {grain}, and the disk ends before it"));
        }
        let Place::At(sector) = self.tables.place_of(entry) else { return Ok(()) };
        let len = if self.header.is_compressed() {
            GRAIN_MARKER + 1
        } else {
            self.header.grain().min(self.header.size() - grain * self.header.grain())
        };
        let end = tables::byte(sector) + len;
        if end > self.file_size {
            return Err(format!("the grain at sector {sector} reaches past the end of the file"));
        }
        let sectors = if self.header.is_compressed() { 1 } else { self.header.grain_size };
        self.used = self.used.max(end);
        self.places.check_grain(u64::from(sector)..u64::from(sector) + sectors)
    }
}

/// Reads tables, many at once where they lie side by side.
struct TableBytes<'a> {
    file: &'a dyn ReadAt,
    bytes: Vec<u8>,
    /// What is known about holes in the file: an empty disk may have more tables than anyone could read.
    known: Extent,
}

impl<'a> TableBytes<'a> {
    fn new(file: &'a dyn ReadAt) -> Self {
        TableBytes { file, bytes: Vec::new(), known: Extent { range: 0..0, state: State::Data } }
    }

    /// Whether nothing is stored of any of the tables at `places`.
    fn are_empty(&mut self, places: &[u32]) -> Result<bool> {
        for run in runs(places) {
            if run[0] != 0 && !self.is_hole(run)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The tables at `places`, one after the other; zeros for those that are not there.
    fn read(&mut self, places: &[u32]) -> Result<&[u8]> {
        self.bytes.resize(places.len() * TABLE_LEN, 0);
        let mut rest = self.bytes.as_mut_slice();
        for run in runs(places) {
            let (part, after) = rest.split_at_mut(run.len() * TABLE_LEN);
            if run[0] == 0 {
                part.fill(0);
            } else {
                self.file.read_at(part, tables::byte(run[0])).map_err(|error| error.within("VMDK grain tables"))?;
            }
            rest = after;
        }
        Ok(&self.bytes)
    }

    fn is_hole(&mut self, run: &[u32]) -> Result<bool> {
        if run.len() < WORTH_ASKING {
            return Ok(false);
        }
        let (at, len) = (tables::byte(run[0]), (run.len() * TABLE_LEN) as u64);
        if !self.known.range.contains(&at) {
            self.known = self.file.extent_at(at)?;
        }
        Ok(!self.known.is_data() && at + len <= self.known.range.end)
    }
}

/// Tables that lie side by side in the file, and those that are not there.
fn runs(places: &[u32]) -> impl Iterator<Item = &[u32]> {
    let step = u32::try_from(TABLE_SECTORS).expect("a table is small");
    places.chunk_by(move |&one, &next| if one == 0 { next == 0 } else { one.checked_add(step) == Some(next) })
}
