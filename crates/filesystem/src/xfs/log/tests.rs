//! Logs built byte by byte.

use super::record::Record;
use super::ring::Ring;
use super::transaction::{Transaction, assemble};
use super::{Live, live};
use storage::ErrorKind;

const LEN: u64 = 64;

/// A log in which block after block was written in these passes: how many, and which.
fn ring_of(passes: &[(u64, u32)]) -> Vec<u8> {
    let mut log = vec![0; 64 * 512];
    let passes = passes.iter().flat_map(|&(count, pass)| (0..count).map(move |_| pass));
    for (block, pass) in log.chunks_exact_mut(512).zip(passes) {
        block[..4].copy_from_slice(&pass.to_be_bytes());
    }
    log
}

fn ring(volume: &Vec<u8>) -> Ring<'_> {
    Ring { volume, at: 0, len: LEN }
}

/// A record of one block of content, with `operations` in it.
fn put_record(log: &mut [u8], block: u64, pass: u32, tail: u64, operations: u32, content: &[u8]) {
    let at = |block: u64| usize::try_from(block % LEN).unwrap() * 512;
    let header = &mut log[at(block)..at(block) + 512];
    header[..4].copy_from_slice(&[0xFE, 0xED, 0xBA, 0xBE]);
    header[4..8].copy_from_slice(&pass.to_be_bytes());
    header[8..12].copy_from_slice(&2u32.to_be_bytes());
    header[12..16].copy_from_slice(&512u32.to_be_bytes());
    header[16..24].copy_from_slice(&(u64::from(pass) << 32 | block).to_be_bytes());
    header[24..32].copy_from_slice(&(u64::from(pass) << 32 | tail).to_be_bytes());
    header[40..44].copy_from_slice(&operations.to_be_bytes());
    header[44..48].copy_from_slice(&content[..4]);
    header[300..304].copy_from_slice(&1u32.to_be_bytes());
    header[320..324].copy_from_slice(&32768u32.to_be_bytes());
    let body = &mut log[at(block + 1)..at(block + 1) + 512];
    body[..content.len()].copy_from_slice(content);
    body[..4].copy_from_slice(&pass.to_be_bytes());
}

#[test]
fn the_head_is_where_the_pass_before_begins() {
    for (passes, head) in [
        (&[][..], None),
        (&[(1, 1)], Some(1)),
        (&[(40, 1)], Some(40)),
        (&[(64, 7)], Some(0)),
        (&[(1, 7), (63, 6)], Some(1)),
        (&[(33, 7), (31, 6)], Some(33)),
        (&[(63, 7), (1, 6)], Some(63)),
        // Blocks that a write has not reached.
        (&[(30, 7), (2, 6), (8, 7), (24, 6)], Some(30)),
        (&[(30, 7), (1, 6), (33, 7)], Some(30)),
        (&[(10, 1), (3, 0), (10, 1)], Some(10)),
        // Around the end: the pass before that was not reached at its end.
        (&[(3, 7), (50, 6), (2, 5), (9, 6)], Some(53)),
    ] {
        assert_eq!(ring(&ring_of(passes)).head().unwrap(), head, "{passes:?}");
    }
    let error = ring(&ring_of(&[(30, 9), (34, 4)])).head().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
}

#[test]
fn records_are_read_around_the_end_and_the_last_one_is_found() {
    let mut log = ring_of(&[(1, 4), (63, 3)]);
    put_record(&mut log, 63, 3, 61, 1, b"\x11\x22\x33\x44rest");
    log[..4].copy_from_slice(&4u32.to_be_bytes());
    let ring = ring(&log);
    let record = ring.last_before(1).unwrap().unwrap();
    assert_eq!((record.start, record.next, record.tail & 0xFF, record.intact), (63, 1, 61, None));
    assert!(record.content.starts_with(b"\x11\x22\x33\x44rest") && record.is_little && !record.is_unmount());
    assert!(ring.last_before(63).unwrap().is_none_or(|record| record.start == 63));
    for (at, value) in [(12usize, u32::MAX), (12, 63 * 512), (320, u32::MAX)] {
        let mut wrong = log.clone();
        wrong[63 * 512 + at..63 * 512 + at + 4].copy_from_slice(&value.to_be_bytes());
        assert_eq!(Record::read(&Ring { volume: &wrong, ..ring }, 63).unwrap_err().kind(), ErrorKind::Corrupt);
    }
}

#[test]
fn what_is_live_ends_before_the_first_torn_record() {
    let mut log = ring_of(&[(64, 1)]);
    for block in [10, 12, 14] {
        put_record(&mut log, block, 1, 10, 1, &[0; 16]);
    }
    let whole = |log: &Vec<u8>| match live(&ring(log), 1 << 32 | 10, 16).unwrap() {
        Live::Whole(records) => (records.len(), None),
        Live::Torn(at) => (0, Some(at)),
    };
    assert_eq!(whole(&log), (3, None));
    let mut overrun = log.clone();
    overrun[14 * 512 + 14] = 4;
    assert_eq!(whole(&overrun), (0, Some(14)));
    let mut missing = log.clone();
    missing[12 * 512] = 0;
    assert_eq!(whole(&missing), (0, Some(12)));
    missing[10 * 512] = 0;
    assert!(live(&ring(&missing), 1 << 32 | 10, 16).is_err());
    assert!(live(&ring(&log), 1 << 32 | 64, 16).is_err());
}

fn operation(number: u32, flags: u8, region: &[u8]) -> Vec<u8> {
    let len = u32::try_from(region.len()).unwrap();
    [&number.to_be_bytes()[..], &len.to_be_bytes(), &[0x69, flags, 0, 0], region].concat()
}

fn record(lsn: u64, operations: &[Vec<u8>]) -> Record {
    Record {
        start: 0,
        next: 0,
        lsn,
        tail: 0,
        operations: u32::try_from(operations.len()).unwrap(),
        is_little: true,
        uuid: [0; 16],
        content: operations.concat(),
        intact: Some(true),
    }
}

const HEADER: &[u8] = b"NART\0\0\0\0\0\0\0\0\0\0\0\0";

#[test]
fn transactions_are_put_together_over_records_and_applied_when_they_are_committed() {
    let records = vec![
        record(1, &[operation(7, 1, b""), operation(7, 0, HEADER), operation(9, 0, b"began before the tail")]),
        record(2, &[operation(8, 1, b""), operation(8, 0, HEADER), operation(7, 4, b"\x3C\x12\x02\0spl")]),
        record(3, &[operation(7, 8, b"it"), operation(7, 0, b"data"), operation(7, 2, b""), operation(9, 2, b"")]),
    ];
    let transactions = assemble(records).unwrap();
    assert_eq!(transactions.iter().map(|transaction| transaction.lsn).collect::<Vec<_>>(), [1]);
    let items = transactions[0].items().unwrap();
    assert_eq!((items.len(), items[0].kind, items[0].format), (1, 0x123C, &b"\x3C\x12\x02\0split"[..]));
    assert_eq!(items[0].data, [b"data".to_vec()]);
}

#[test]
fn operations_that_are_not_whole_are_errors() {
    let of = |operations: &[Vec<u8>]| assemble(vec![record(1, operations)]);
    let start = || operation(7, 1, b"");
    let mut long = operation(7, 0, HEADER);
    long[7] = 200;
    for wrong in [
        of(&[start(), long]),
        of(&[start(), operation(7, 8, b"continues nothing")]),
        of(&[start(), operation(7, 4, b"a"), operation(7, 0, b"b")]),
        of(&[vec![0; 12]]),
        of(&[vec![0; 5]]),
    ] {
        assert_eq!(wrong.unwrap_err().kind(), ErrorKind::Corrupt);
    }
    let items = |regions: &[&[u8]]| {
        let mut operations = vec![start()];
        operations.extend(regions.iter().map(|region| operation(7, 0, region)));
        operations.push(operation(7, 2, b""));
        let transactions: Vec<Transaction> = of(&operations).unwrap();
        transactions[0].items().map(|items| items.len())
    };
    assert_eq!(items(&[HEADER, b"\x3B\x12\x01\0"]).unwrap(), 1);
    for wrong in [&[&b"else"[..]][..], &[HEADER, b"\x3B\x12\x02\0"], &[HEADER, b"\x3B\x12\0\0"], &[HEADER, b"\x3B"]] {
        assert!(items(wrong).is_err(), "{wrong:?}");
    }
    let mut big = record(1, &[start()]);
    big.is_little = false;
    assert_eq!(assemble(vec![big]).unwrap_err().kind(), ErrorKind::Unsupported);
}
