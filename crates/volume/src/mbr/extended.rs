//! The chain of logical partitions.
//!
//! Each link (EBR) is a sector like the MBR: one entry for the partition, counted from the link itself, and one of
//! type extended for the next link, counted from the start of the whole extended partition. Entries 3 and 4 are often
//! rubbish and count only where they fit. A link may lie before the one that names it: Linux, libblkid and sfdisk
//! follow it, so it is followed here; no link is followed twice, and none outside the container.

use super::record::{Entry, Record};
use super::{Place, add, report_overlaps};
use crate::problem as defect;
use crate::{Defect, Layout};
use std::collections::HashSet;
use std::ops::Range;
use storage::{ErrorKind, Result, Source, is_zero, read_array};

/// Links followed on one disk; Linux has minor numbers for fewer.
const MAX_LINKS: usize = 256;

/// The number of the first logical partition.
const FIRST_LOGICAL: u32 = 5;

/// Adds the logical partitions of all extended ones. Their numbers go on from one container to the next.
pub(super) fn list(layout: &mut Layout, disk: &Source, signature: u32, containers: &[Entry]) -> Result<()> {
    let mut chain =
        Chain { disk, signature, number: FIRST_LOGICAL, links: HashSet::new(), starts: HashSet::new(), found: vec![] };
    for container in containers {
        chain.walk(layout, container)?;
    }
    let first = containers.first().map_or(0, |container| u64::from(container.start) * layout.sector_size);
    report_overlaps(layout, chain.found, first);
    Ok(())
}

struct Chain<'a> {
    disk: &'a Source,
    signature: u32,
    /// Of the next partition.
    number: u32,
    /// Sectors of the links seen.
    links: HashSet<u64>,
    /// First sectors of the partitions found.
    starts: HashSet<u64>,
    /// All partitions, in sectors.
    found: Vec<(u32, Range<u64>)>,
}

/// A link: its record, and where it lies.
struct Link {
    record: Record,
    /// Its sector on the disk.
    at: u64,
    /// How many sectors the entry that led here says it governs.
    sectors: u64,
}

impl Chain<'_> {
    fn walk(&mut self, layout: &mut Layout, container: &Entry) -> Result<()> {
        let start = u64::from(container.start);
        let bounds = start..start + u64::from(container.sectors);
        let (mut at, mut sectors) = (start, u64::from(container.sectors));
        while self.may_visit(layout, at) {
            let Some(record) = self.read(layout, at, at == start)? else { break };
            let link = Link { record, at, sectors };
            self.take_partitions(layout, &link, &bounds);
            let Some(next) = link.record.used().find(|entry| entry.is_extended() && entry.start > 0) else { break };
            (at, sectors) = (start + u64::from(next.start), u64::from(next.sectors));
            if at + sectors > bounds.end {
                let what = format!("the link at sector {} leads to {at}, of {sectors} sectors: outside", link.at);
                report(layout, defect::MBR_EXTENDED_OUTSIDE, link.at, what);
            }
            if at >= bounds.end {
                break;
            }
            if at < link.at && !self.links.contains(&at) {
                let what = format!("the link at sector {} leads back to {at}", link.at);
                report(layout, defect::MBR_EXTENDED_BACKWARD, link.at, what);
            }
        }
        Ok(())
    }

    fn may_visit(&mut self, layout: &mut Layout, at: u64) -> bool {
        if self.links.len() == MAX_LINKS {
            let what = format!("more than {MAX_LINKS} links; the rest of the chain is not read");
            report(layout, defect::MBR_EXTENDED_TOO_LONG, at, what);
            return false;
        }
        let new = self.links.insert(at);
        if !new {
            report(layout, defect::MBR_EXTENDED_LOOP, at, format!("the chain comes back to the link at sector {at}"));
        }
        new
    }

    /// The record at a sector; nothing, and a problem, if there is none. A container without any link is empty.
    fn read(&self, layout: &mut Layout, at: u64, first: bool) -> Result<Option<Record>> {
        let sector: [u8; 512] = match read_array(self.disk, at * layout.sector_size) {
            Ok(sector) => sector,
            Err(error) if error.kind() == ErrorKind::Io => return Err(error),
            Err(error) => {
                let what = format!("the link at sector {at} cannot be read: {error}");
                report(layout, defect::MBR_EXTENDED_UNREADABLE, at, what);
                return Ok(None);
            }
        };
        let record = Record::parse(&sector);
        if record.is_none() && !(first && is_zero(&sector)) {
            let what = format!("the link at sector {at} does not end in 55 AA");
            report(layout, defect::MBR_EXTENDED_UNREADABLE, at, what);
        }
        Ok(record)
    }

    fn take_partitions(&mut self, layout: &mut Layout, link: &Link, bounds: &Range<u64>) {
        for entry in link.record.used().filter(|entry| !entry.is_extended()) {
            let start = link.at + u64::from(entry.start);
            let range = start..start + u64::from(entry.sectors);
            let inside = range.end <= bounds.end;
            let fits = u64::from(entry.start) + u64::from(entry.sectors) <= link.sectors;
            if entry.index >= 2 && !(inside && fits) {
                continue;
            }
            if !inside {
                let what = format!("logical partition {} (sectors {range:?}) is outside {bounds:?}", self.number);
                report(layout, defect::MBR_LOGICAL_OUTSIDE, link.at, what + "; it is left out");
                // Linux counts it.
                self.number += 1;
                continue;
            }
            if !self.starts.insert(start) {
                let what = format!("a second logical partition begins at sector {start}; it is left out");
                report(layout, defect::MBR_LOGICAL_DUPLICATE, link.at, what);
                continue;
            }
            let place = Place { number: self.number, start, table: link.at * layout.sector_size };
            add(layout, self.disk, self.signature, &entry, place);
            self.found.push((self.number, range));
            self.number += 1;
        }
    }
}

fn report(layout: &mut Layout, defect: Defect, sector: u64, what: String) {
    layout.report(defect, sector * layout.sector_size, what);
}
