//! The disk as a whole: its partition table, and whether there is anything on it.

use crate::look::words;
use facts::{Disk, Evidence, Known, Problem, TableKind};
use storage::{Error, ErrorKind, Extents, ReadAt as _, Result, Source};

/// Most bytes that are read to see whether a disk without a table holds anything.
const EMPTY_BUDGET: u64 = 64 << 20;

/// Bytes that are read at once for that.
const CHUNK: u64 = 1 << 20;

/// Facts about a disk that was scanned.
pub(crate) fn scanned(disk: &Source, layout: &volume::Layout) -> Result<Disk> {
    let kind = layout.table.map(|table| match table {
        volume::Table::Mbr => TableKind::Mbr,
        volume::Table::Gpt => TableKind::Gpt,
        volume::Table::HybridGpt => TableKind::HybridGpt,
        volume::Table::Bsd => TableKind::Bsd,
    });
    Ok(Disk {
        size: disk.size(),
        sector_size: layout.sector_size,
        table: kind.into(),
        id: layout.disk_id.clone(),
        problems: layout.problems.iter().map(problem).collect(),
        empty: if kind.is_some() { Known::Is(false) } else { empty(disk)? },
    })
}

/// Facts about a disk whose tables could not be made out.
pub(crate) fn unscanned(disk: &Source, error: &Error) -> Disk {
    let evidence = Evidence { offset: error.offset(), text: Some(error.what().to_owned()), ..Evidence::default() };
    Disk {
        size: disk.size(),
        sector_size: 512,
        table: Known::unknown(words(error)),
        problems: vec![Problem { id: "partition-table-unreadable".into(), severe: true, evidence }],
        ..Disk::default()
    }
}

fn problem(problem: &volume::Problem) -> Problem {
    Problem {
        id: problem.id.to_owned(),
        severe: problem.severe,
        evidence: Evidence::disk(problem.offset, problem.what.clone()),
    }
}

/// Whether all of a disk reads as zeros.
fn empty(disk: &Source) -> Result<Known<bool>> {
    let mut budget = EMPTY_BUDGET;
    for run in Extents::new(disk) {
        let run = match run {
            Ok(run) => run,
            Err(error) if error.kind() == ErrorKind::Io => return Err(error),
            Err(error) => return Ok(Known::unknown(words(&error))),
        };
        let mut at = run.range.start;
        while run.is_data() && at < run.range.end {
            let len = (run.range.end - at).min(CHUNK);
            if len > budget {
                return Ok(Known::unknown("it begins with zeros, and was not read to its end"));
            }
            match storage::read_vec(disk, at, len) {
                Ok(bytes) if !storage::is_zero(&bytes) => return Ok(Known::Is(false)),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Io => return Err(error),
                Err(error) => return Ok(Known::unknown(words(&error))),
            }
            (at, budget) = (at + len, budget - len);
        }
    }
    Ok(Known::Is(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn zeros_are_empty() {
        let mut bytes = vec![0u8; 3 << 20];
        assert_eq!(empty(&(Arc::new(bytes.clone()) as Source)).unwrap(), Known::Is(true));
        bytes[(3 << 20) - 1] = 1;
        assert_eq!(empty(&(Arc::new(bytes) as Source)).unwrap(), Known::Is(false));
    }
}
