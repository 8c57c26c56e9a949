//! bcache: a slow device with a fast one before it as a cache.
//!
//! Both bear a superblock in their eighth sector. That of the slow one, the backing device, says where its data begins;
//! it is read from there, without the cache. Linux `drivers/md/bcache/bcache_ondisk.h`, `super.c`.
//!
//! Not read: cache devices. Where the cache holds newer data that was not written back, a problem says so.

use crate::machine::Candidate;
use crate::problem as defect;
use crate::{Kind, Machine, Volume, Whole};
use std::sync::Arc;
use storage::{ErrorKind, Result, Slice, Source, read_vec};

/// bcache.
#[derive(Debug)]
pub(crate) struct Stack;

/// Where the superblock lies, and how much of it is looked at, in bytes.
const AT: u64 = 4096;
const LEN: u64 = 208;

const MAGIC: [u8; 16] =
    [0xC6, 0x85, 0x73, 0xF6, 0x4E, 0x1A, 0x45, 0xCA, 0x82, 0x65, 0xF5, 0x7F, 0x48, 0xBA, 0x6D, 0x81];

/// Versions of backing devices: data from the sixteenth sector on, or from where it is said.
const BACKING: u64 = 1;
const BACKING_WITH_OFFSET: u64 = 4;
const BACKING_WITH_FEATURES: u64 = 6;
const DEFAULT_START: u64 = 16;

const SECTOR: u64 = 512;

/// How it caches, and the state of the data in the cache: fields of the flags.
const MODES: [&str; 4] = ["writethrough", "writeback", "writearound", "none"];
const STATE_SHIFT: u32 = 61;
const STATE_CLEAN: u64 = 1;
const STATE_DIRTY: u64 = 2;
const STATE_STALE: u64 = 3;

impl crate::stack::Stack for Stack {
    fn assemble(&self, machine: &mut Machine, candidates: Vec<Candidate>) -> Result<()> {
        for candidate in &candidates {
            if let Some(bytes) = superblock(&candidate.source)? {
                add(machine, candidate, &bytes)?;
            }
        }
        Ok(())
    }
}

/// The superblock of a backing device, if there is one.
fn superblock(volume: &Source) -> Result<Option<Vec<u8>>> {
    if volume.size() < AT + LEN {
        return Ok(None);
    }
    let bytes = match read_vec(volume, AT, LEN) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::Io => return Err(error),
        // Damaged below: then whoever uses it says so.
        Err(_) => return Ok(None),
    };
    let is_backing = matches!(u64_at(&bytes, 16), BACKING | BACKING_WITH_OFFSET | BACKING_WITH_FEATURES);
    Ok((bytes[24..40] == MAGIC && u64_at(&bytes, 8) == AT / SECTOR && is_backing).then_some(bytes))
}

fn add(machine: &mut Machine, candidate: &Candidate, bytes: &[u8]) -> Result<()> {
    let uuid = uuid(&bytes[40..56]);
    let sectors = if u64_at(bytes, 16) == BACKING { DEFAULT_START } else { u64_at(bytes, 184) };
    let start = sectors.checked_mul(SECTOR).filter(|&start| start > AT && start < candidate.source.size());
    // The checksum is over the superblock without itself, where no keys follow.
    let is_whole = u64_at(bytes, 0) == crc64(&bytes[8..]);
    let (Some(start), true) = (start, is_whole) else {
        let what = format!("the bcache superblock at byte {AT} is damaged, or its data lies behind the end");
        machine.report(candidate, defect::BCACHE_BAD, what);
        return Ok(());
    };
    let flags = u64_at(bytes, 104);
    let mode = MODES[usize::try_from(flags & 3).expect("two bits")];
    let what = |word: &str| format!("device {uuid} is read without its cache, {word}");
    match flags >> STATE_SHIFT & 3 {
        STATE_DIRTY | STATE_STALE => {
            machine.report(candidate, defect::BCACHE_DIRTY, what("which holds data that was not written back"));
        }
        STATE_CLEAN => machine.report(candidate, defect::BCACHE_CACHED, what("which held no other data at the end")),
        // It was never given a cache.
        _ => {}
    }
    let len = candidate.source.size() - start;
    let slice = Slice::new(candidate.source.clone(), start, len).expect("it begins before the end");
    machine.claim(candidate, &Whole { of: "bcache", uuid: Some(uuid.clone()), name: None });
    let volume = Volume {
        disk: candidate.disk,
        partition_type: Some(mode.to_owned()),
        name: Some(uuid.clone()),
        uuid: Some(uuid.clone()),
        ..Volume::over(Kind::Cached, None, len, Arc::new(slice))
    };
    machine.add_divisible(volume, &format!("bcache/{uuid}"), candidate)
}

fn uuid(bytes: &[u8]) -> String {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// CRC-64 of ECMA-182, begun and ended with all bits inverted.
fn crc64(bytes: &[u8]) -> u64 {
    const POLYNOMIAL: u64 = 0x42F0_E1EB_A9EA_3693;
    let step = |crc: u64, _| if crc >> 63 == 1 { crc << 1 ^ POLYNOMIAL } else { crc << 1 };
    !bytes.iter().fold(!0, |crc, &byte| (0..8).fold(crc ^ u64::from(byte) << 56, step))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}
