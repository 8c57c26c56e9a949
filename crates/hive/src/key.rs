//! Keys: named nodes with keys below them and values in them.

use crate::bytes::{index, le16, le32, part};
use crate::cells::{Cell, Cells, NONE};
use crate::name;
use crate::subkeys;
use crate::value::{Record, Value};
use storage::{Error, Result};

/// The flag of names with one byte a character.
const NARROW: u16 = 0x20;

/// The flag of keys that stand for another and keep a handle where values would be counted.
const PREDEFINED: u16 = 0x40;

/// Names on the way to a key; Windows allows 512 levels.
const MAX_LEVELS: usize = 512;

/// A key of a hive.
#[derive(Clone, Debug)]
pub struct Key<'h> {
    cells: Cells<'h>,
    cell: Cell<'h>,
    name: String,
}

impl<'h> Key<'h> {
    pub(crate) fn read(cells: Cells<'h>, offset: u32) -> Result<Self> {
        let cell = cells.get(offset)?;
        let record = cell.content;
        if !record.starts_with(b"nk") {
            return Err(cell.broken("the record of a key does not begin with \"nk\""));
        }
        let narrow = le16(record, 2).is_some_and(|flags| flags & NARROW != 0);
        let name = le16(record, 72).and_then(|len| part(record, 76, len.into()));
        let name = name.ok_or_else(|| cell.broken("the record of a key is cut off"))?;
        Ok(Key { cells, cell, name: name::decode(name, narrow) })
    }

    /// Its name, without the path to it.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn field(&self, offset: usize) -> u32 {
        le32(self.cell.content, offset).unwrap_or(NONE)
    }

    /// The keys below it in the order of the hive. Each that is damaged is an error in its place.
    pub fn keys(&self) -> impl Iterator<Item = Result<Key<'h>>> + use<'h> {
        let list = self.field(28);
        let any = self.field(20) != 0 && list != NONE;
        let offsets = if any { subkeys::offsets(self.cells, list) } else { Vec::new() };
        let cells = self.cells;
        offsets.into_iter().map(move |offset| Key::read(cells, offset?))
    }

    /// The key at a path below it, names separated by `\`; capitals do not matter.
    ///
    /// A key that is not there is `NotFound`, unless one beside it is damaged and may have been it.
    pub fn key(&self, path: &str) -> Result<Key<'h>> {
        let mut here = self.clone();
        for (level, part) in path.split('\\').filter(|part| !part.is_empty()).enumerate() {
            if level == MAX_LEVELS {
                return Err(Error::refused(format!("a path of more than {MAX_LEVELS} names")));
            }
            here = find(here.keys(), |key| name::same(&key.name, part), || format!("no key {part}"))?;
        }
        Ok(here)
    }

    /// Its values in the order of the hive. Each that is damaged is an error in its place.
    pub fn values(&self) -> impl Iterator<Item = Result<Value>> + use<'h> {
        let cells = self.cells;
        self.records().map(move |record| record?.value(cells))
    }

    /// The value of that name; the empty name is the default value. Capitals do not matter.
    ///
    /// A value that is not there is `NotFound`, unless one beside it is damaged and may have been it.
    pub fn value(&self, name: &str) -> Result<Value> {
        let same = |record: &Record<'_>| name::same(&record.name, name);
        find(self.records(), same, || format!("no value {name}"))?.value(self.cells)
    }

    fn records(&self) -> impl Iterator<Item = Result<Record<'h>>> + use<'h> {
        let cells = self.cells;
        self.value_offsets().into_iter().map(move |offset| Record::read(cells, offset?))
    }

    fn value_offsets(&self) -> Vec<Result<u32>> {
        let (count, list) = (self.field(36), self.field(40));
        let predefined = le16(self.cell.content, 2).is_some_and(|flags| flags & PREDEFINED != 0);
        if count == 0 || list == NONE || predefined {
            return Vec::new();
        }
        let cell = match self.cells.get(list) {
            Ok(cell) => cell,
            Err(error) => return vec![Err(error)],
        };
        let there = cell.content.len() / 4;
        let mut offsets: Vec<_> =
            (0..index(count).min(there)).filter_map(|entry| le32(cell.content, entry * 4)).map(Ok).collect();
        if index(count) > there {
            offsets.push(Err(cell.broken("a list of values is longer than its cell")));
        }
        offsets
    }
}

/// The first that is wanted. If none is, the first error stands: what is damaged may have been it.
fn find<T>(
    items: impl Iterator<Item = Result<T>>,
    wanted: impl Fn(&T) -> bool,
    missing: impl FnOnce() -> String,
) -> Result<T> {
    let mut damage = None;
    for item in items {
        match item {
            Ok(item) if wanted(&item) => return Ok(item),
            Ok(_) => {}
            Err(error) => {
                damage.get_or_insert(error);
            }
        }
    }
    Err(damage.unwrap_or_else(|| Error::not_found(missing())))
}
