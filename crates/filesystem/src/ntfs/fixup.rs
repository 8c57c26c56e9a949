//! Records of several sectors: the last two bytes of each 512 hold a number that tells whether all were written at once;
//! what belongs there is in an array at the front.

use crate::field::le16;
use storage::{Error, Result};

/// Bytes that one number guards, whatever the size of sectors.
const STRIDE: usize = 512;

/// Puts back what belongs at the end of each sector. `at`, where the record lies, is for messages.
pub(super) fn mend(record: &mut [u8], magic: &[u8; 4], at: u64) -> Result<()> {
    let what = String::from_utf8_lossy(magic);
    if record.get(..4) != Some(&magic[..]) || record.len() < STRIDE {
        return Err(Error::corrupt(at, format!("NTFS: there is no {what} record")));
    }
    let (start, count) = (usize::from(le16(record, 4)), usize::from(le16(record, 6)));
    let damaged = |what| Error::corrupt(at, format!("NTFS: {what}"));
    if count != record.len() / STRIDE + 1 {
        return Err(damaged(format!("a {what} record of {} bytes has {count} update numbers", record.len())));
    }
    let array = record.get(start..start + 2 * count).map(<[u8]>::to_vec);
    let array = array.ok_or_else(|| damaged(format!("the update numbers of a {what} record are outside it")))?;
    for (sector, saved) in record.chunks_exact_mut(STRIDE).zip(array.chunks_exact(2).skip(1)) {
        if sector[STRIDE - 2..] != array[..2] {
            return Err(damaged(format!("a {what} record is torn: its sectors were not written at once")));
        }
        sector[STRIDE - 2..].copy_from_slice(saved);
    }
    Ok(())
}

/// The reverse, for records that tests make.
#[cfg(test)]
pub(super) fn guard(record: &mut [u8], magic: &[u8; 4], start: usize) {
    let count = record.len() / STRIDE + 1;
    record[..4].copy_from_slice(magic);
    record[4..6].copy_from_slice(&u16::try_from(start).unwrap().to_le_bytes());
    record[6..8].copy_from_slice(&u16::try_from(count).unwrap().to_le_bytes());
    let mut array = vec![7u8, 1];
    for sector in record.chunks_exact_mut(STRIDE) {
        array.extend_from_slice(&sector[STRIDE - 2..]);
        sector[STRIDE - 2..].copy_from_slice(&[7, 1]);
    }
    record[start..start + array.len()].copy_from_slice(&array);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_sectors_are_put_back() {
        let mut record: Vec<u8> = (0..1024u16).map(|at| (at % 251) as u8).collect();
        let before = record.clone();
        guard(&mut record, b"FILE", 48);
        let guarded = record.clone();
        mend(&mut record, b"FILE", 0).unwrap();
        assert!(record[54..] == before[54..]);
        for (at, value) in [(0, b'B'), (4, 0xFF), (5, 0xFF), (6, 2), (6, 4), (510, 8), (1023, 0)] {
            let mut torn = guarded.clone();
            torn[at] = value;
            assert!(mend(&mut torn, b"FILE", 0).is_err(), "{at}");
        }
        assert!(mend(&mut guarded.clone(), b"INDX", 0).is_err());
        assert!(mend(&mut guarded[..511].to_vec(), b"FILE", 0).is_err());
    }
}
