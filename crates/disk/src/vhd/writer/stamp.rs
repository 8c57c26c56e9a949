//! What makes one VHD another than the next: its identity, and when it was made.

use super::super::NAME;
use crate::options::Options;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, SystemTime};
use storage::{Error, Result};

/// From the epoch of Unix to the year 2000, where timestamps begin.
const YEAR_2000: Duration = Duration::from_secs(946_684_800);

/// Fields of a footer that differ from file to file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) unique_id: [u8; 16],
    /// In seconds.
    pub(super) timestamp: u32,
}

impl Stamp {
    /// An identity of its own, as two disks of one identity cannot be attached to one machine, unless one is given: who
    /// makes a file twice wants it to be the same.
    pub(super) fn new(given: &Options<'_>) -> Result<Self> {
        let unique_id = given.get("unique_id").map_or_else(|| Ok(random()), parse)?;
        let timestamp = match given.get("timestamp") {
            None => now(),
            Some(text) => text.parse().map_err(|_| {
                Error::unsupported(format!("timestamp={text} is not possible in a {NAME}; write seconds since 2000"))
            })?,
        };
        Ok(Stamp { unique_id, timestamp })
    }
}

fn random() -> [u8; 16] {
    let mut id = [0; 16];
    for half in id.chunks_mut(8) {
        half.copy_from_slice(&RandomState::new().hash_one(half.len()).to_be_bytes());
    }
    id[6] = id[6] & 0x0f | 0x40;
    id[8] = id[8] & 0x3f | 0x80;
    id
}

fn now() -> u32 {
    let age = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH + YEAR_2000).unwrap_or_default();
    u32::try_from(age.as_secs()).unwrap_or(u32::MAX)
}

/// 32 hexadecimal digits, with or without hyphens.
fn parse(text: &str) -> Result<[u8; 16]> {
    let digits: String = text.chars().filter(|&c| c != '-').collect();
    let number = u128::from_str_radix(&digits, 16).ok();
    let number = number.filter(|_| digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    number.map(u128::to_be_bytes).ok_or_else(|| {
        Error::unsupported(format!("unique_id={text} is not possible in a {NAME}; write 32 hexadecimal digits"))
    })
}

#[cfg(test)]
mod tests {
    use super::super::OPTIONS;
    use super::*;
    use crate::CreateOptions;

    fn stamp(given: &[(&str, &str)]) -> Result<Stamp> {
        let options = given.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        Stamp::new(&Options::new(&CreateOptions { options, ..CreateOptions::default() }, NAME, OPTIONS)?)
    }

    #[test]
    fn given_or_its_own() {
        let (a, b) = (stamp(&[]).unwrap(), stamp(&[]).unwrap());
        assert!(a.unique_id != b.unique_id && a.timestamp > 0);
        let id = "00112233-4455-6677-8899-aabbccddeeff";
        let given = stamp(&[("unique_id", id), ("timestamp", "7")]).unwrap();
        assert_eq!((given.unique_id[0], given.unique_id[15], given.timestamp), (0, 0xff, 7));
        for (name, value) in
            [("unique_id", "12"), ("unique_id", "+0112233445566778899aabbccddeeff"), ("timestamp", "-1")]
        {
            assert!(stamp(&[(name, value)]).is_err(), "{name}={value}");
        }
    }
}
