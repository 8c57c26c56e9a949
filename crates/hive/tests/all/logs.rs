//! Transaction logs of both formats, written by hand: `regf` hashes entries with a seed that is not Windows's.

use super::build::{Put, hive, seal, sequences};
use hive::{Hive, State};

const PAGE: usize = 512;

/// A hive before a change and after it.
fn before_and_after() -> (Vec<u8>, Vec<u8>) {
    let of = |number, text| hive(&[("a", "n", Some(Put::Number(number))), ("b", "t", Some(Put::Text(text)))]);
    let (mut before, mut after) = (of(1, "old"), of(2, "new"));
    // The same time of writing, which two builds need not have.
    let time = after[12..20].to_vec();
    before[12..20].copy_from_slice(&time);
    sequences(&mut before, 6, 5);
    seal(&mut after);
    (before, after)
}

/// The places, counted from the first bin, and new bytes of the pages that differ.
fn changed(before: &[u8], after: &[u8]) -> Vec<(u32, Vec<u8>)> {
    let pages = before[4096..].chunks(PAGE).zip(after[4096..].chunks(PAGE)).enumerate();
    let changed = pages.filter(|(_, (old, new))| old != new);
    changed.map(|(index, (_, new))| (u32::try_from(index * PAGE).unwrap(), new.to_vec())).collect()
}

/// Marvin32 with the seed of hives.
fn marvin(bytes: &[u8]) -> u64 {
    let (mut low, mut high) = (0x7a4e_55c5u32, 0x82ef_4d88u32);
    let mut padded = bytes.to_vec();
    padded.extend([0x80, 0, 0, 0, 0, 0, 0, 0]);
    for word in padded.chunks_exact(4) {
        low = low.wrapping_add(u32::from_le_bytes(word.try_into().unwrap()));
        high ^= low;
        low = low.rotate_left(20).wrapping_add(high);
        high = high.rotate_left(9) ^ low;
        low = low.rotate_left(27).wrapping_add(high);
        high = high.rotate_left(19);
    }
    u64::from(low) | u64::from(high) << 32
}

fn entry(sequence: u32, bins: u32, page: &(u32, Vec<u8>)) -> Vec<u8> {
    let fields = [1024, 0, sequence, bins, 1, 0, 0, 0, 0, page.0, 512];
    let mut bytes = b"HvLE".to_vec();
    bytes.extend(fields.into_iter().flat_map(u32::to_le_bytes));
    bytes.extend(&page.1);
    bytes.resize(1024, 0);
    let body = marvin(&bytes[40..]);
    bytes[24..32].copy_from_slice(&body.to_le_bytes());
    let head = marvin(&bytes[..32]);
    bytes[32..40].copy_from_slice(&head.to_le_bytes());
    bytes
}

fn log_head(hive: &[u8], kind: u8, sequence: u32) -> Vec<u8> {
    let mut head = hive[..512].to_vec();
    head[28] = kind;
    sequences(&mut head, sequence, sequence);
    head
}

fn answers(bytes: &[u8], logs: &[Vec<u8>]) -> (State, u64, String) {
    let hive = Hive::open(bytes.to_vec(), logs).unwrap();
    let number = hive.key("a").unwrap().value("n").unwrap().number().unwrap();
    let text = hive.key("b").unwrap().value("t").unwrap().text().unwrap().to_owned();
    (hive.state(), number, text)
}

/// One log for each change, as Windows takes turns.
fn new_logs(before: &[u8], after: &[u8]) -> Vec<Vec<u8>> {
    let pages = changed(before, after);
    assert!(!pages.is_empty());
    let bins = u32::from_le_bytes(before[40..44].try_into().unwrap());
    let split = pages.len() / 2;
    let mut logs = vec![log_head(before, 6, 5), log_head(before, 6, 5 + u32::try_from(split).unwrap())];
    for (index, page) in pages.iter().enumerate() {
        let sequence = 5 + u32::try_from(index).unwrap();
        logs[usize::from(index >= split)].extend(entry(sequence, bins, page));
    }
    logs
}

#[test]
fn logs_of_the_new_format_are_applied_in_order() {
    let (before, after) = before_and_after();
    let mut logs = new_logs(&before, &after);
    assert_eq!(answers(&before, &[]), (State::Dirty, 1, "old".into()));
    assert_eq!(answers(&before, &logs), (State::Recovered, 2, "new".into()));
    logs.reverse();
    assert_eq!(answers(&before, &logs), (State::Recovered, 2, "new".into()));
    let mut clean = before.clone();
    sequences(&mut clean, 5, 5);
    assert_eq!(answers(&clean, &logs), (State::Clean, 1, "old".into()), "a clean hive needs no logs");
    let mut broken_head = before;
    broken_head[100] ^= 1;
    assert_eq!(answers(&broken_head, &logs).0, State::Recovered, "the base block is taken from a log");
}

#[test]
fn entries_that_do_not_fit_are_not_applied() {
    let (before, after) = before_and_after();
    let good = new_logs(&before, &after);
    let mut old_hive = before.clone();
    sequences(&mut old_hive, 4, 3);
    assert_eq!(answers(&old_hive, &good).0, State::Dirty, "changes are missing between the hive and the logs");
    for at in [512 + 24, 512 + 32, 512 + 12, 512 + 40, 512 + 100, 512 + 1023, 4, 508] {
        let mut logs = good.clone();
        for log in &mut logs {
            if let Some(byte) = log.get_mut(at) {
                *byte ^= 1;
            }
        }
        assert_eq!(answers(&before, &logs), (State::Dirty, 1, "old".into()), "byte {at}");
    }
    for len in (0..good[1].len()).step_by(37) {
        let logs = [good[1][..len].to_vec()];
        assert_eq!(Hive::open(before.clone(), &logs).unwrap().state(), State::Dirty, "{len}");
    }
}

#[test]
fn a_log_cannot_make_a_hive_of_any_size() {
    let (before, after) = before_and_after();
    let mut page = changed(&before, &after).swap_remove(0);
    page.0 = 0xf000_0000;
    let mut log = log_head(&before, 6, 5);
    log.extend(entry(5, 0xffff_f000, &page));
    assert_eq!(answers(&before, &[log]).0, State::Dirty);
}

fn old_log(before: &[u8], after: &[u8]) -> Vec<u8> {
    let mut log = log_head(before, 1, 6);
    let pages = changed(before, after);
    let mut bitmap = vec![0u8; (before.len() - 4096).div_ceil(512 * 8)];
    for (offset, _) in &pages {
        let sector = usize::try_from(offset / 512).unwrap();
        bitmap[sector / 8] |= 1 << (sector % 8);
    }
    log.extend(b"DIRT");
    log.extend(bitmap);
    log.resize(log.len().next_multiple_of(512), 0);
    pages.iter().for_each(|(_, page)| log.extend(page));
    log
}

#[test]
fn logs_of_the_old_format_are_applied() {
    let (before, after) = before_and_after();
    let log = old_log(&before, &after);
    assert_eq!(answers(&before, &[Vec::new(), log.clone()]), (State::Recovered, 2, "new".into()));
    assert_eq!(answers(&before, &[log[..log.len() - 1].to_vec()]), (State::Dirty, 1, "old".into()));
    let mut other = log;
    other[12] ^= 1;
    seal(&mut other);
    assert_eq!(answers(&before, &[other]).0, State::Dirty, "a log of another write");
}
