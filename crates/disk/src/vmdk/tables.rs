//! Grain directory and grain tables: where each grain of the disk is.
//!
//! What is kept takes no memory for what is not there, next to none for tables whose grains lie side by side, and 4
//! bytes a grain for all others, which is what the tables take in the file.

use super::SECTOR;
use super::header::{Header, TABLE_ENTRIES};
use crate::fields::le32;

/// Where a grain is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Nowhere: zeros.
    Absent,
    /// Said to be zeros.
    Zero,
    /// From this sector of the file on.
    At(u32),
}

/// A table in which something is said.
#[derive(Debug)]
enum Table {
    /// Each entry is the last plus a step.
    Steps { first: u32, step: u32 },
    /// As in the file.
    Each(Box<[u32; 512]>),
}

/// The tables of one extent.
#[derive(Debug)]
pub(super) struct Tables {
    grains: u64,
    has_zeros: bool,
    /// Entries of neighbours that lie side by side in the file differ by this; 0 where grains are compressed.
    step: u32,
    /// Number of each table that is kept, ascending.
    numbers: Vec<u32>,
    tables: Vec<Table>,
    stored: u64,
    fragmented: u64,
    ascending: bool,
    last: Option<u32>,
}

impl Tables {
    pub(super) fn new(header: &Header) -> Self {
        let step = if header.is_compressed() { 0 } else { header.grain_size };
        Tables {
            grains: header.grains(),
            has_zeros: header.has_zero_grains(),
            step: u32::try_from(step).expect("grains are limited"),
            numbers: Vec::new(),
            tables: Vec::new(),
            stored: 0,
            fragmented: 0,
            ascending: true,
            last: None,
        }
    }

    /// Adds table `number`, which comes after all that were added before.
    pub(super) fn push(&mut self, number: u32, entries: &[u32; 512]) {
        for entry in entries {
            if let Place::At(sector) = self.place_of(*entry) {
                self.stored += 1;
                let follows = |last: u32| sector.checked_sub(last).filter(|&gap| gap > 0 && gap >= self.step);
                let gap = self.last.map_or(Some(self.step), follows);
                self.ascending &= gap.is_some();
                self.fragmented += u64::from(gap.is_none_or(|gap| self.step > 0 && gap > self.step));
                self.last = Some(sector);
            }
        }
        if entries.iter().all(|&entry| entry == 0) {
            return;
        }
        let step = entries[1].checked_sub(entries[0]).filter(|&step| step == 0 || step == self.step && entries[0] > 1);
        let steps = step.filter(|_| entries.windows(2).all(|pair| pair[1].checked_sub(pair[0]) == step));
        self.numbers.push(number);
        self.tables.push(match steps {
            Some(step) => Table::Steps { first: entries[0], step },
            None => Table::Each(Box::new(*entries)),
        });
    }

    pub(super) fn place_of(&self, entry: u32) -> Place {
        match entry {
            0 => Place::Absent,
            1 if self.has_zeros => Place::Zero,
            sector => Place::At(sector),
        }
    }

    /// Number of grains that are stored.
    pub(super) fn stored(&self) -> u64 {
        self.stored
    }

    /// Number of grains that are stored elsewhere than behind their predecessor.
    pub(super) fn fragmented(&self) -> u64 {
        self.fragmented
    }

    /// Whether grains lie in the file in the order of the disk, none over another.
    pub(super) fn is_ascending(&self) -> bool {
        self.ascending
    }

    /// Number of grains of the disk.
    pub(super) fn grains(&self) -> u64 {
        self.grains
    }

    /// The run of like grains that begins at `i`, within a table or over several that are not there: the grain behind
    /// it, and where `i` is. Grains of a run that are stored lie side by side in the file; compressed ones are runs of
    /// one.
    pub(super) fn run(&self, i: u64) -> (u64, Place) {
        let (number, within) = split(i);
        let at = self.numbers.partition_point(|&other| other < number);
        let absent_to = self.numbers.get(at).map_or(self.grains, |&next| u64::from(next) * TABLE_ENTRIES);
        if absent_to > i && self.numbers.get(at) != Some(&number) {
            return (absent_to.min(self.grains), Place::Absent);
        }
        let table = &self.tables[at];
        let (len, place) = (table.run(within, self.step), self.place_of(table.entry(within)));
        let len = if self.step == 0 && matches!(place, Place::At(_)) { 1 } else { len };
        ((i + len).min(self.grains), place)
    }

    /// The grains that are stored from number `i` on, in the order of the disk.
    pub(super) fn stored_from(&self, i: u64) -> impl Iterator<Item = (u64, u32)> {
        let (number, within) = split(i);
        let first = self.numbers.partition_point(|&other| other < number);
        let skip = if self.numbers.get(first) == Some(&number) { within } else { 0 };
        let tables = self.numbers[first..].iter().zip(&self.tables[first..]);
        let entries = tables.flat_map(|(&number, table)| {
            (0..512).map(move |within| (u64::from(number) * TABLE_ENTRIES + within as u64, table.entry(within)))
        });
        entries.skip(skip).filter_map(|(i, entry)| match self.place_of(entry) {
            Place::At(sector) => Some((i, sector)),
            _ => None,
        })
    }
}

/// Table and entry of grain `i`.
fn split(i: u64) -> (u32, usize) {
    let within = usize::try_from(i % TABLE_ENTRIES).expect("a table is small");
    (u32::try_from(i / TABLE_ENTRIES).expect("the number of tables is limited"), within)
}

impl Table {
    fn entry(&self, within: usize) -> u32 {
        match self {
            Table::Steps { first, step } => first + step * u32::try_from(within).expect("a table is small"),
            Table::Each(entries) => entries[within],
        }
    }

    /// How many entries from `within` on are alike: all the same, or each a step behind the last.
    fn run(&self, within: usize, step: u32) -> u64 {
        let Table::Each(entries) = self else { return (512 - within) as u64 };
        let entries = &entries[within..];
        let step = if entries[0] <= 1 { 0 } else { step };
        let alike = entries.windows(2).take_while(|pair| pair[1].checked_sub(pair[0]) == Some(step));
        alike.count() as u64 + 1
    }
}

/// The entries of a table as it is in the file.
pub(super) fn entries(bytes: &[u8]) -> [u32; 512] {
    let mut entries = [0; 512];
    for (entry, bytes) in entries.iter_mut().zip(bytes.chunks_exact(4)) {
        *entry = le32(bytes, 0);
    }
    entries
}

/// Bytes of a table.
pub(super) const TABLE_LEN: usize = 2048;

/// A place in bytes.
pub(super) fn byte(sector: u32) -> u64 {
    u64::from(sector) * SECTOR
}
