//! `MountedDevices`: which volume has which drive letter.
//!
//! Twelve bytes are the signature of a disk and a place on it, `DMIO:ID:` and a GUID a GPT partition; anything else is a
//! removable drive.

use super::place::{self, Place, guid, le32, le64};
use super::registry::Registry;
use crate::look::{Gap, Look};
use facts::{DriveLetter, Volume};

const PREFIX: &str = r"\DosDevices\";

/// The letters of fixed disks, in order.
pub(super) fn examine(registry: &Registry, volumes: &[Volume]) -> Look<Vec<DriveLetter>> {
    let key = registry.system("MountedDevices")?;
    let mut letters = Vec::new();
    for value in key.values()? {
        let Some(name) = value.name.strip_prefix(PREFIX) else { continue };
        let Some(place) = value.bytes().and_then(place_of) else { continue };
        let found = place::find(&place, volumes);
        let text = match (&found, &place) {
            (Err(why), _) => why.clone(),
            (Ok(_), Place::Gpt(guid)) => format!("partition {guid}"),
            (Ok(_), Place::Mbr { signature, offset }) => format!("disk {signature:08x}, byte {offset}"),
        };
        let evidence = key.saying(&format!("{}: {text}", value.name));
        letters.push(DriveLetter { name: name.to_owned(), volume: place::known(&found), evidence });
    }
    letters.sort_by(|a, b| a.name.cmp(&b.name));
    if letters.is_empty() { Err(Gap::Absent) } else { Ok(letters) }
}

fn place_of(bytes: &[u8]) -> Option<Place> {
    match bytes.strip_prefix(b"DMIO:ID:") {
        Some(id) => guid(id).map(Place::Gpt),
        None if bytes.len() == 12 => Some(Place::Mbr { signature: le32(bytes, 0)?, offset: le64(bytes, 4)? }),
        None => None,
    }
}
