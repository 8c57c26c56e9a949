//! Runs of clusters, packed: a byte with the lengths of two numbers, how many clusters, and how far from the last run.

use super::boot::Boot;
use crate::pieces::Piece;
use storage::{Error, Result};

/// Runs of one attribute: a file of 100 GiB in pieces of 400 KiB.
const MAX_RUNS: usize = 1 << 18;

/// Appends the runs that `pairs` has, in bytes. `at`, where they lie, is for messages.
pub(super) fn unpack(mut pairs: &[u8], boot: &Boot, at: u64, pieces: &mut Vec<Piece>) -> Result<()> {
    let damaged = |what| Error::corrupt(at, format!("NTFS: a list of clusters {what}"));
    let mut lcn = 0i64;
    while let [head, rest @ ..] = pairs {
        if *head == 0 {
            return Ok(());
        }
        let (len_bytes, lcn_bytes) = (usize::from(head & 0xF), usize::from(head >> 4));
        if len_bytes > 8 || lcn_bytes > 8 || rest.len() < len_bytes + lcn_bytes {
            return Err(damaged("is cut short"));
        }
        let (len, rest) = rest.split_at(len_bytes);
        let (delta, rest) = rest.split_at(lcn_bytes);
        pairs = rest;
        let len = u64::try_from(signed(len)).ok().filter(|&len| len > 0);
        let len = len.and_then(|len| Some((len, len.checked_mul(boot.cluster)?)));
        let (clusters, len) = len.ok_or_else(|| damaged("has a run of no length"))?;
        lcn = lcn.checked_add(signed(delta)).ok_or_else(|| damaged("leads nowhere"))?;
        let first =
            u64::try_from(lcn).ok().filter(|first| first.checked_add(clusters).is_some_and(|end| end <= boot.clusters));
        // NTFS before version 3 has -1 for what is not there.
        let at = match (lcn_bytes, first) {
            (0, _) => None,
            (_, None) if lcn == -1 => None,
            (_, Some(first)) => Some(first * boot.cluster),
            (_, None) => return Err(damaged("leads past the end of the volume")),
        };
        if pieces.len() >= MAX_RUNS {
            return Err(Error::unsupported(format!("NTFS: a file in more than the {MAX_RUNS} pieces that are read")));
        }
        pieces.push(Piece { at, len });
    }
    Err(damaged("does not end"))
}

/// Up to eight bytes as a number with sign.
fn signed(bytes: &[u8]) -> i64 {
    let fill = if bytes.last().is_some_and(|last| last & 0x80 != 0) { 0xFF } else { 0 };
    let mut word = [fill; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    i64::from_le_bytes(word)
}

#[cfg(test)]
pub(super) fn boot(cluster: u64, clusters: u64) -> Boot {
    Boot { cluster, clusters, size: cluster * clusters, record: 1024, mft: cluster, mirror: 0, serial: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpacked(pairs: &[u8]) -> Result<Vec<Piece>> {
        let mut pieces = Vec::new();
        unpack(pairs, &boot(512, 0x1_0000), 0, &mut pieces).map(|()| pieces)
    }

    #[test]
    fn numbers_are_relative_and_signed() {
        let piece = |lcn: Option<u64>, clusters: u64| Piece { at: lcn.map(|lcn| lcn * 512), len: clusters * 512 };
        let pairs = [0x21, 0x18, 0x34, 0x56, 0x01, 0x10, 0x11, 0x20, 0xE0, 0x12, 0x00, 0x01, 0x7F, 0];
        assert_eq!(
            unpacked(&pairs).unwrap(),
            [piece(Some(0x5634), 0x18), piece(None, 0x10), piece(Some(0x5614), 0x20), piece(Some(0x5693), 0x100)]
        );
        assert_eq!(unpacked(&[0]).unwrap(), []);
        assert_eq!(unpacked(&[0x11, 4, 0xFF, 0]).unwrap(), [piece(None, 4)]);
    }

    #[test]
    fn what_leads_nowhere_is_damage() {
        for pairs in [
            &[][..],
            &[0x11, 1],
            &[0x11, 1, 1],
            &[0x11, 0, 1, 0],
            &[0x11, 0xFF, 1, 0],
            &[0x10, 1, 0],
            &[0x11, 1, 0xFE, 0],
            &[0x91, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0],
            &[0x31, 1, 0, 0, 1, 0],
            &[0x08, 0, 0, 0, 0, 0, 0, 0, 0x7F, 0],
            &[0x81, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0x11, 1, 1, 0],
        ] {
            assert!(unpacked(pairs).is_err(), "{pairs:x?}");
        }
        let endless = [[0x01, 1].repeat(MAX_RUNS + 1), vec![0]].concat();
        assert_eq!(unpacked(&endless).unwrap_err().kind(), storage::ErrorKind::Unsupported);
    }
}
