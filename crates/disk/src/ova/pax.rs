//! pax records: what is said about a member before its header, as `LENGTH KEY=VALUE` and a newline.
//!
//! Source: POSIX.1-2024, pax, "pax Extended Header"; GNU tar's manual, "Storing Sparse Files".

use storage::{Error, Result};

/// What records say that matters here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Records {
    pub(super) path: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    /// Not all of the member is stored.
    pub(super) sparse: bool,
}

impl Records {
    /// The records in `bytes`, which stand at `offset` of the archive.
    pub(super) fn parse(bytes: &[u8], offset: u64) -> Result<Self> {
        let mut records = Records::default();
        let mut sparse_path = None;
        let mut rest = bytes;
        while !rest.is_empty() {
            let at = offset + (bytes.len() - rest.len()) as u64;
            let corrupt = |what: &str| Error::corrupt(at, format!("pax record: {what}"));
            let (key, value, behind) = split(rest).ok_or_else(|| corrupt("is not a record"))?;
            rest = behind;
            match key {
                b"path" => records.path = Some(value.to_vec()),
                b"size" => records.size = Some(size(value).ok_or_else(|| corrupt("the size is not a number"))?),
                _ if key.starts_with(b"GNU.sparse.") => {
                    records.sparse = true;
                    if key == b"GNU.sparse.name" {
                        sparse_path = Some(value.to_vec());
                    }
                }
                _ => {}
            }
        }
        if sparse_path.is_some() {
            records.path = sparse_path;
        }
        Ok(records)
    }
}

/// The first record's key and value, and what is behind it.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = bytes.iter().take(8).position(|&byte| byte == b' ')?;
    let len = usize::try_from(size(&bytes[..space])?).ok()?;
    let record = bytes.get(space + 1..len)?.strip_suffix(b"\n")?;
    let equals = record.iter().position(|&byte| byte == b'=')?;
    Some((&record[..equals], &record[equals + 1..], &bytes[len..]))
}

fn size(digits: &[u8]) -> Option<u64> {
    let all = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits).ok().filter(|_| all)?.parse().ok().filter(|&size| size <= i64::MAX as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_to_the_end_or_not_at_all() {
        let records = Records::parse(b"30 mtime=1439208971.123456789\n11 path=ab\n19 size=8589934592\n", 0).unwrap();
        assert_eq!(records, Records { path: Some(b"ab".to_vec()), size: Some(8 << 30), sparse: false });
        let sparse = b"22 GNU.sparse.major=1\n25 GNU.sparse.name=disk1\n11 path=xx\n";
        let records = Records::parse(sparse, 0).unwrap();
        assert_eq!((records.sparse, records.path), (true, Some(b"disk1".to_vec())));
        for bad in [
            &b"12 path=ab\n"[..],
            b"10 path=ab\n",
            b"x",
            b"0 \n",
            b"3 \n",
            b"99999999999999999999 path=ab\n",
            b"+1 path=ab\n",
            b"11 size=-1\n",
            b"29 size=18446744073709551615\n",
            b"11 path ab\n",
        ] {
            assert!(Records::parse(bad, 7).is_err(), "{}", String::from_utf8_lossy(bad));
        }
    }
}
