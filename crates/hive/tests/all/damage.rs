//! Damaged hives: no panic, no endless walk, and honest errors where damage is met.

use super::build::{Put, hive, seal};
use super::walk::walk;
use hive::Hive;
use storage::ErrorKind;

/// Where a record begins in the file, found by the bytes of its name.
fn find(bytes: &[u8], name: &[u8]) -> usize {
    bytes.windows(name.len()).position(|window| window == name).unwrap()
}

/// The key's record: its name stands 76 bytes into it.
fn record_of(bytes: &[u8], name: &[u8]) -> usize {
    find(bytes, name) - 76
}

fn list_of(bytes: &[u8], record: usize) -> usize {
    let offset = u32::from_le_bytes(bytes[record + 28..record + 32].try_into().unwrap());
    4096 + 4 + usize::try_from(offset).unwrap()
}

fn sample() -> Vec<u8> {
    hive(&[
        (r"first\one", "v", Some(Put::Number(1))),
        (r"second\two", "v", Some(Put::Bytes(&[9; 5000]))),
        (r"second\three", "v", Some(Put::Text("text"))),
        (r"third", "big", Some(Put::Bytes(&[1; 33_000]))),
    ])
}

#[test]
fn damage_is_an_error_where_it_is_met_and_nowhere_else() {
    let mut bytes = sample();
    let two = record_of(&bytes, b"two");
    bytes[two] = b'x';
    let hive = Hive::open(bytes, &[]).unwrap();
    assert_eq!(hive.key(r"first\one").unwrap().value("v").unwrap().number(), Some(1));
    assert_eq!(hive.key(r"second\three").unwrap().value("v").unwrap().text(), Some("text"));
    let error = hive.key(r"second\two").unwrap_err();
    assert_eq!((error.kind(), error.offset()), (ErrorKind::Corrupt, Some(two as u64 - 4)));
    assert_eq!(hive.key(r"second\four").unwrap_err().kind(), ErrorKind::Corrupt, "the damaged one may have been it");
    assert_eq!(hive.key("second").unwrap().keys().filter(Result::is_err).count(), 1);
    assert_eq!(walk(&hive).errors.len(), 1);
}

#[test]
fn lists_that_lead_back_to_themselves_end() {
    let mut bytes = sample();
    let second = record_of(&bytes, b"second");
    let list = list_of(&bytes, second);
    let own = u32::try_from(list - 4100).unwrap().to_le_bytes();
    bytes[list..list + 2].copy_from_slice(b"ri");
    bytes[list + 4..list + 8].copy_from_slice(&own);
    bytes[list + 8..list + 12].copy_from_slice(&own);
    let hive = Hive::open(bytes, &[]).unwrap();
    assert!(hive.key("second").unwrap().keys().all(|key| key.is_err()));
    assert!(hive.key(r"second\two").is_err());
    assert!(hive.key(r"first\one").is_ok());
}

#[test]
fn a_key_below_itself_is_walked_as_deep_as_the_path_says() {
    let mut bytes = sample();
    let second = record_of(&bytes, b"second");
    let list = list_of(&bytes, second);
    let own = u32::try_from(second - 4100).unwrap().to_le_bytes();
    bytes[list + 4..list + 8].copy_from_slice(&own);
    let hive = Hive::open(bytes, &[]).unwrap();
    assert!(hive.key(r"second\second\second").is_ok());
    assert_eq!(hive.key(&r"second\".repeat(1000)).unwrap_err().kind(), ErrorKind::Refused);
}

#[test]
fn lists_cannot_name_more_keys_than_fit() {
    // A list whose entries are all lists that name the same list again: a bomb of 4000 to the power of four.
    let entries = 4000usize;
    let mut bytes = hive(&[("a", "bomb", Some(Put::Bytes(&vec![0; 4 + entries * 4]))), ("a\\b", "", None)]);
    let data = bytes.windows(16000).position(|window| window.iter().all(|byte| *byte == 0)).unwrap();
    let record = bytes.windows(77).position(|w| w.starts_with(b"nk") && w[76] == b'a').unwrap();
    let cell = u32::try_from(data - 4100).unwrap().next_multiple_of(8);
    let start = 4100 + usize::try_from(cell).unwrap();
    bytes[start..start + 2].copy_from_slice(b"ri");
    bytes[start + 2..start + 4].copy_from_slice(&u16::try_from(entries - 2).unwrap().to_le_bytes());
    for entry in 0..entries - 2 {
        bytes[start + 4 + entry * 4..][..4].copy_from_slice(&cell.to_le_bytes());
    }
    bytes[record + 28..record + 32].copy_from_slice(&cell.to_le_bytes());
    let hive = Hive::open(bytes.clone(), &[]).unwrap();
    assert!(hive.key("a").unwrap().keys().count() <= bytes.len() / 80 + 2);
}

/// Every answer of a hive, if it is one.
fn look(bytes: Vec<u8>) {
    if let Ok(hive) = Hive::open(bytes, &[]) {
        walk(&hive);
        let _ = (hive.damage(), hive.key(r"second\two\three"));
    }
}

#[test]
fn no_truncation_ends_in_a_panic() {
    let bytes = sample();
    for len in (0..600).chain((600..bytes.len()).step_by(61)) {
        let mut short = bytes[..len].to_vec();
        if len >= 512 {
            seal(&mut short);
        }
        look(short);
    }
    let hive = Hive::open(bytes[..bytes.len() - 4096].to_vec(), &[]).unwrap();
    assert!(hive.damage()[0].what().contains("cut off"));
}

#[test]
fn no_flipped_byte_ends_in_a_panic() {
    let bytes = sample();
    let used = bytes.len().min(4096 + 1400);
    let mut seed = 0x9e37_79b9_7f4a_7c15u64;
    for at in (0..64).chain(4096..used) {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut flipped = bytes.clone();
        flipped[at] ^= seed.to_le_bytes()[7] | 1;
        look(flipped);
        let mut ones = bytes.clone();
        ones[at] = 0xff;
        look(ones);
    }
}
