//! The log, `$LogFile`: whether it was closed. It is not replayed.
//!
//! Judged as `ntfs-3g` does: of two restart pages the newer one counts; the log is closed if no client has it open or if it
//! says that the volume is clean. Windows 8 and later keep version 2.0 while a volume is in use, asleep or not.

use super::fixup::mend;
use super::stream::Stream;
use crate::field::{le16, le32, le64};
use storage::{ReadAt, Result};

/// Bytes of a restart page's header and of the area in it that is looked at.
const HEADER: usize = 30;
const AREA: usize = 16;
/// Sizes of pages.
const PAGES: std::ops::RangeInclusive<u64> = 512..=65536;
/// A log that was emptied is full of this.
const EMPTY: &[u8] = &[0xFF; 4];
/// No client has the log open.
const NO_CLIENT: u16 = 0xFFFF;
const IS_CLEAN: u16 = 2;

/// What a restart page says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Restart {
    lsn: u64,
    version: (u16, u16),
    is_closed: bool,
}

/// Why the log shows that the volume was not unmounted; none if it was.
pub(super) fn note(volume: &dyn ReadAt, log: &Stream) -> Result<Option<&'static str>> {
    let (mut is_empty, mut newest): (bool, Option<Restart>) = (true, None);
    let places = (9..).map(|shift| 1u64 << shift).take_while(|&at| at < log.size);
    for at in [0].into_iter().chain(places) {
        if log.size - at < 4 {
            break;
        }
        match &*log.read(volume, at, 4)? {
            EMPTY => continue,
            // Behind the first page of records there is no restart page.
            b"RCRD" => {
                is_empty = false;
                break;
            }
            b"RSTR" | b"CHKD" => newest = newest.max_by_lsn(restart(volume, log, at)?),
            _ => {}
        }
        is_empty = false;
    }
    Ok(match newest {
        None if is_empty => None,
        None => Some("its log ($LogFile) has no sound restart page: changes to it may be missing"),
        Some(Restart { version: (2, 0), .. }) => Some(
            "its log ($LogFile) is of version 2.0: Windows has it in use, or keeps changes to it in a hibernated system (fast startup)",
        ),
        Some(Restart { is_closed: false, .. }) => {
            Some("its log ($LogFile) was not closed: it was not unmounted, and the last changes to it may be missing")
        }
        Some(_) => None,
    })
}

trait Newest {
    fn max_by_lsn(self, other: Self) -> Self;
}

impl Newest for Option<Restart> {
    fn max_by_lsn(self, other: Self) -> Self {
        match (self, other) {
            (Some(one), Some(other)) if one.lsn >= other.lsn => Some(one),
            (one, None) => one,
            (_, other) => other,
        }
    }
}

/// The restart page at `at`; none if it is damaged.
fn restart(volume: &dyn ReadAt, log: &Stream, at: u64) -> Result<Option<Restart>> {
    if log.size - at < 512 {
        return Ok(None);
    }
    let head = log.read(volume, at, 512)?;
    let size = u64::from(le32(&head, 16));
    if !PAGES.contains(&size) || !size.is_power_of_two() || size > log.size - at {
        return Ok(None);
    }
    let mut page = log.read(volume, at, size)?;
    let magic = if page.starts_with(b"CHKD") { b"CHKD" } else { b"RSTR" };
    if mend(&mut page, magic, at).is_err() {
        return Ok(None);
    }
    Ok(parse(&page))
}

fn parse(page: &[u8]) -> Option<Restart> {
    let head = page.get(..HEADER)?;
    let start = usize::from(le16(head, 24));
    let area = page.get(start..start + AREA)?;
    let version = (le16(head, 28), le16(head, 26));
    let is_closed = le16(area, 12) == NO_CLIENT || le16(area, 14) & IS_CLEAN != 0;
    matches!(version, (1 | 2, _)).then_some(Restart { lsn: le64(area, 0), version, is_closed })
}

#[cfg(test)]
mod tests {
    use super::super::fixup::guard;
    use super::*;

    const CLOSED: (u16, u16) = (NO_CLIENT, 0);
    const CLEAN: (u16, u16) = (0, IS_CLEAN);
    const OPEN: (u16, u16) = (0, 0);

    fn page(lsn: u64, (client, flags): (u16, u16), version: (u16, u16)) -> Vec<u8> {
        let mut page = vec![0; 4096];
        page[16..20].copy_from_slice(&4096u32.to_le_bytes());
        page[20..24].copy_from_slice(&4096u32.to_le_bytes());
        page[24..26].copy_from_slice(&48u16.to_le_bytes());
        page[26..28].copy_from_slice(&version.1.to_le_bytes());
        page[28..30].copy_from_slice(&version.0.to_le_bytes());
        page[48..56].copy_from_slice(&lsn.to_le_bytes());
        page[60..62].copy_from_slice(&client.to_le_bytes());
        page[62..64].copy_from_slice(&flags.to_le_bytes());
        guard(&mut page, b"RSTR", 30);
        page
    }

    fn said(log: &[&[u8]]) -> Option<&'static str> {
        note(&Vec::new(), &Stream::of(log.concat())).unwrap()
    }

    #[test]
    fn the_newer_restart_page_counts() {
        let records = [b"RCRD".to_vec(), vec![0; 4092]].concat();
        for (first, second, word) in [
            (page(5, CLEAN, (1, 1)), page(4, OPEN, (1, 1)), None),
            (page(5, CLEAN, (1, 1)), page(6, OPEN, (1, 1)), Some("not closed")),
            (page(5, OPEN, (1, 1)), page(6, CLOSED, (1, 1)), None),
            (page(5, OPEN, (1, 1)), vec![0; 4096], Some("not closed")),
            (page(5, CLEAN, (2, 0)), page(4, CLEAN, (1, 1)), Some("version 2.0")),
            (page(5, CLEAN, (9, 0)), page(4, CLEAN, (1, 1)), None),
            (vec![0; 4096], page(6, CLOSED, (1, 1)), None),
            (vec![0; 4096], vec![0; 4096], Some("no sound restart page")),
        ] {
            let found = said(&[&first, &second, &records]);
            assert_eq!(found.is_some(), word.is_some(), "{found:?}, {word:?}");
            assert!(found.unwrap_or_default().contains(word.unwrap_or_default()), "{found:?}, {word:?}");
        }
    }

    #[test]
    fn an_empty_log_is_closed() {
        assert_eq!(said(&[&[0xFF; 65536]]), None);
        assert_eq!(said(&[&[]]), None);
        assert!(said(&[&[0xFF; 4096], b"RCRD", &[0; 4092]]).is_some());
        let mut torn = page(5, CLOSED, (1, 1));
        torn[511] ^= 1;
        assert!(said(&[&torn, &[0; 4096]]).is_some());
        for len in 0..600 {
            said(&[&page(5, CLOSED, (1, 1))[..len]]);
        }
    }
}
