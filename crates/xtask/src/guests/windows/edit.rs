//! What is on a disk, and how it is changed before it is written.

use super::registry::{Row, hive, is_within};
use super::{Firmware, boot, system};
use crate::Result;
use std::collections::BTreeMap;

/// The names of hives. That of the boot configuration is elsewhere than the others.
pub(super) const SYSTEM: &str = "SYSTEM";
pub(super) const SOFTWARE: &str = "SOFTWARE";
pub(super) const SAM: &str = "SAM";
pub(super) const BCD: &str = "BCD";

/// One change of the sound system. Paths begin with the letter of their volume: C: is that of Windows, S: the system
/// partition.
#[derive(Clone, Copy, Debug)]
pub(in crate::guests) enum Edit {
    /// Sets a value of a hive, anew or in place of another.
    Set(&'static str, Row),
    /// Removes a value: hive, key, name.
    NoValue(&'static str, &'static str, &'static str),
    /// Removes a key of a hive, with what is below it.
    NoKey(&'static str, &'static str),
    /// Writes a file, anew or in place of another.
    File(&'static str, &'static [u8]),
    /// Removes a file.
    NoFile(&'static str),
}

/// What becomes of a disk: hives by their names, files by their paths.
pub(super) struct Contents {
    firmware: Firmware,
    hives: BTreeMap<&'static str, Vec<Row>>,
    files: BTreeMap<String, Vec<u8>>,
}

impl Contents {
    /// The sound system.
    pub(super) fn new(firmware: Firmware) -> Self {
        let (ways, own) = match firmware {
            Firmware::Bios => (&boot::BIOS, system::BIOS_FILES),
            Firmware::Uefi => (&boot::UEFI, system::UEFI_FILES),
        };
        let mut rows = system::SYSTEM.to_vec();
        rows.extend(system::DRIVERS.iter().flatten());
        rows.push(ways.letter);
        let hives = [
            (SYSTEM, rows),
            (SOFTWARE, system::SOFTWARE.to_vec()),
            (SAM, system::SAM.to_vec()),
            ("SECURITY", system::SECURITY.to_vec()),
            ("DEFAULT", system::DEFAULT.to_vec()),
            (BCD, ways.store().collect()),
        ];
        let files = system::FILES.iter().chain(own).map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec()));
        Contents { firmware, hives: hives.into(), files: files.collect() }
    }

    /// Changes the hives. One that removes nothing is an error: it would not be what the table says.
    pub(super) fn change_all(&mut self, edits: &[Edit]) -> Result<()> {
        edits.iter().try_for_each(|edit| self.change(edit))
    }

    /// What is in the hives, to be compared: a hive that is written has the time in it.
    #[cfg(test)]
    pub(super) fn hives(&self) -> String {
        format!("{:?}", self.hives)
    }

    /// The files with the hives among them, after the changes of files.
    pub(super) fn files(mut self, edits: &[Edit]) -> Result<BTreeMap<String, Vec<u8>>> {
        for (name, rows) in &self.hives {
            self.files.insert(self.place(name), hive(rows));
        }
        for edit in edits {
            match edit {
                Edit::File(path, bytes) => drop(self.files.insert((*path).to_owned(), bytes.to_vec())),
                Edit::NoFile(path) => drop(self.files.remove(*path).ok_or_else(|| format!("there is no {path}"))?),
                _ => {}
            }
        }
        Ok(self.files)
    }

    /// Changes a hive.
    fn change(&mut self, edit: &Edit) -> Result<()> {
        let (name, within): (_, &dyn Fn(&Row) -> bool) = match edit {
            Edit::Set(name, row) => (name, &|other| is_value(other, row.0, row.1)),
            Edit::NoValue(name, key, value) => (name, &|other| is_value(other, key, value)),
            Edit::NoKey(name, key) => (name, &|other| is_within(other.0, key)),
            Edit::File(..) | Edit::NoFile(_) => return Ok(()),
        };
        let rows = self.hives.get_mut(name).ok_or_else(|| format!("there is no hive {name}"))?;
        let before = rows.len();
        rows.retain(|row| !within(row));
        match edit {
            Edit::Set(_, row) => rows.push(*row),
            _ if rows.len() == before => return Err(format!("{edit:?}: there is nothing to remove").into()),
            _ => {}
        }
        Ok(())
    }

    /// Where a hive is.
    fn place(&self, name: &str) -> String {
        match (name, self.firmware) {
            (BCD, Firmware::Bios) => "S:/Boot/BCD".into(),
            (BCD, Firmware::Uefi) => "S:/EFI/Microsoft/Boot/BCD".into(),
            _ => format!("C:/Windows/System32/config/{name}"),
        }
    }
}

fn is_value(row: &Row, key: &str, name: &str) -> bool {
    row.2.is_some() && row.0.eq_ignore_ascii_case(key) && row.1.eq_ignore_ascii_case(name)
}
