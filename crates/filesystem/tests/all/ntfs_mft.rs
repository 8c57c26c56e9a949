//! A master file table in two records, as large and old volumes have it; ntfs-3g makes none, but must read this one.

use crate::damage::small_tree;
use crate::ntfs_tools::{Options, TOOLS, make, mounted, record_at};
use crate::support::{assert_same, guest_tree, have, host_tree};
use filesystem::open;
use std::fs;
use std::sync::Arc;
use storage::ErrorKind;

/// The record that takes the second part: one of those that NTFS keeps free for this.
const SECOND: usize = 20;
/// How many clusters the first part has.
const SPLIT: usize = 40;

fn le(bytes: &[u8]) -> usize {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | usize::from(byte))
}

fn put(bytes: &mut [u8], at: usize, len: usize, number: usize) {
    bytes[at..at + len].copy_from_slice(&number.to_le_bytes()[..len]);
}

/// Puts the ends of sectors in place, or away.
fn fix(record: &mut [u8], away: bool) {
    let array = le(&record[4..6]);
    for sector in 0..2 {
        let (end, saved) = (sector * 512 + 510, array + 2 + 2 * sector);
        if away {
            record.copy_within(end..end + 2, saved);
            record.copy_within(array..array + 2, end);
        } else {
            record.copy_within(saved..saved + 2, end);
        }
    }
}

/// The attributes of a record whose sectors are in place.
fn attributes(record: &[u8]) -> Vec<Vec<u8>> {
    let (mut at, mut attributes) = (le(&record[20..22]), Vec::new());
    while le(&record[at..at + 4]) != 0xFFFF_FFFF {
        let len = le(&record[at + 4..at + 8]);
        attributes.push(record[at..at + len].to_vec());
        at += len;
    }
    attributes
}

fn set_attributes(record: &mut [u8], attributes: &[Vec<u8>]) {
    let (start, bytes) = (le(&record[20..22]), attributes.concat());
    let end = start + bytes.len();
    assert!(end + 8 <= record.len(), "{end}");
    record[start..end].copy_from_slice(&bytes);
    put(record, end, 4, 0xFFFF_FFFF);
    put(record, 24, 4, end + 8);
}

/// Where each cluster of an attribute is.
fn clusters(attribute: &[u8]) -> Vec<usize> {
    let (mut at, mut lcn, mut clusters) = (le(&attribute[32..34]), 0usize, Vec::new());
    while attribute[at] != 0 {
        let (len, delta) = (usize::from(attribute[at] & 15), usize::from(attribute[at] >> 4));
        let count = le(&attribute[at + 1..at + 1 + len]);
        let bytes = &attribute[at + 1 + len..at + 1 + len + delta];
        let sign = if bytes.last().is_some_and(|last| *last > 127) { usize::MAX << (8 * delta) } else { 0 };
        lcn = lcn.wrapping_add(le(bytes) | sign);
        clusters.extend(lcn..lcn + count);
        at += 1 + len + delta;
    }
    clusters
}

/// A part of an attribute, with every cluster as a run of its own.
fn part(whole: &[u8], clusters: &[usize], lowest: usize) -> Vec<u8> {
    let mut attribute = whole[..64].to_vec();
    put(&mut attribute, 16, 8, lowest);
    put(&mut attribute, 24, 8, lowest + clusters.len() - 1);
    put(&mut attribute, 32, 2, 64);
    if lowest > 0 {
        attribute[40..64].fill(0);
    }
    let mut last = 0;
    for &lcn in clusters {
        attribute.extend([0x31, 1]);
        attribute.extend(&lcn.wrapping_sub(last).to_le_bytes()[..3]);
        last = lcn;
    }
    attribute.resize((attribute.len() + 1).next_multiple_of(8), 0);
    let len = attribute.len();
    put(&mut attribute, 4, 4, len);
    attribute
}

/// A list of attributes in its record: type, first cluster, record and number of each.
fn list(entries: &[(usize, usize, usize, usize)]) -> Vec<u8> {
    let mut attribute = vec![0; 24];
    for &(kind, lowest, reference, instance) in entries {
        let mut entry = [0; 32];
        for (at, len, number) in
            [(0, 4, kind), (4, 2, 32), (7, 1, 26), (8, 8, lowest), (16, 8, reference), (24, 2, instance)]
        {
            put(&mut entry, at, len, number);
        }
        attribute.extend(entry);
    }
    let len = attribute.len();
    for (at, len, number) in [(0, 4, 0x20), (4, 4, len), (14, 2, 99), (16, 4, len - 24), (20, 2, 24)] {
        put(&mut attribute, at, len, number);
    }
    attribute
}

#[test]
fn a_master_file_table_in_two_records_is_read() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let image = make(dir.path(), &Options { len: 6 << 20, cluster: 1024, ..Options::default() });
    let Some(()) = mounted(&image, small_tree) else { return };
    let expected = guest_tree(&*open(crate::support::source(&image)).unwrap());
    let mut bytes = fs::read(&image).unwrap();
    let (first_at, second_at) = (record_at(&bytes, 0), record_at(&bytes, SECOND));

    let mut first = bytes[first_at..first_at + 1024].to_vec();
    fix(&mut first, false);
    let mut parts = attributes(&first);
    let data = parts.iter().position(|part| le(&part[..4]) == 0x80).unwrap();
    let instance = |part: &[u8]| le(&part[14..16]);
    let clusters = clusters(&parts[data]);
    assert!(clusters.len() > SPLIT + 20);
    let (whole, own) = (parts[data].clone(), le(&first[16..18]) << 48);
    let mut second = bytes[second_at..second_at + 1024].to_vec();
    fix(&mut second, false);
    let other = SECOND | le(&second[16..18]) << 48;
    parts[data] = part(&whole, &clusters[..SPLIT], 0);
    let mut entries: Vec<_> = parts.iter().map(|part| (le(&part[..4]), 0, own, instance(part))).collect();
    entries.insert(data + 1, (0x80, SPLIT, other, 0));
    let with = |entries: &[(usize, usize, usize, usize)]| {
        let mut record = first.clone();
        let mut parts = parts.clone();
        parts.insert(1, list(entries));
        set_attributes(&mut record, &parts);
        fix(&mut record, true);
        record
    };
    let mut rest = part(&whole, &clusters[SPLIT..], SPLIT);
    put(&mut rest, 14, 2, 0);
    set_attributes(&mut second, &[rest]);
    put(&mut second, 22, 2, 1);
    put(&mut second, 32, 8, own);
    fix(&mut second, true);
    bytes[second_at..second_at + 1024].copy_from_slice(&second);
    bytes[first_at..first_at + 1024].copy_from_slice(&with(&entries));
    // The copy is that of the first record.
    let mirror = le(&bytes[56..64]) * 1024;
    bytes[mirror..mirror + 1024].copy_from_slice(&with(&entries));
    fs::write(&image, &bytes).unwrap();

    let fs = open(Arc::new(bytes.clone())).unwrap();
    assert!(fs.info().notes.is_empty(), "{:?}", fs.info().notes);
    assert_same(&guest_tree(&*fs), &expected, "two records");
    assert_same(&mounted(&image, host_tree).unwrap(), &expected, "ntfs-3g");

    // A part twice; a part that is not there; one whose record is behind it.
    let twice = [&entries[..], &[entries[data + 1]]].concat();
    let (mut absent, mut behind) = (entries.clone(), entries);
    absent[data + 1].1 = SPLIT + 1;
    behind[data + 1].2 = SPLIT + 1;
    for entries in [twice, absent, behind] {
        for at in [first_at, mirror] {
            bytes[at..at + 1024].copy_from_slice(&with(&entries));
        }
        let error = open(Arc::new(bytes.clone())).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    }
}
