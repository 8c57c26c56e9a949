//! A VHDX of six blocks made by hand, and how to change it.

use super::open;
use crate::support::{Numbers, content, refused};
use disk::Disk;
use std::sync::Arc;
use storage::{ErrorKind, Result};

pub(crate) const MIB: usize = 1 << 20;
pub(crate) const SECTOR: usize = 4096;

// Where everything is, in MiB: the headers, then these.
pub(crate) const LOG: usize = MIB;
pub(crate) const METADATA: usize = 2 * MIB;
pub(crate) const BAT: usize = 3 * MIB;
/// Places of blocks 3, 0 and 5.
pub(crate) const BLOCKS: [usize; 3] = [4 * MIB, 5 * MIB, 6 * MIB];
/// Of the file. The last MiB belongs to nobody.
pub(crate) const LEN: usize = 8 * MIB;

/// Of the disk: the last block is not a whole one.
pub(crate) const SIZE: usize = 5 * MIB + 3 * SECTOR;

pub(crate) const LOG_GUID: [u8; 16] = *b"the log's guid..";

pub(crate) const BAT_GUID: &[u8; 16] = b"\x66\x77\xc2\x2d\x23\xf6\x00\x42\x9d\x64\x11\x5e\x9b\xfd\x4a\x08";
pub(crate) const METADATA_GUID: &[u8; 16] = b"\x06\xa2\x7c\x8b\x90\x47\x9a\x4b\xb8\xfe\x57\x5f\x05\x0f\x88\x6e";

pub(crate) const PARAMETERS: usize = 0;
pub(crate) const DISK_SIZE: usize = 1;
pub(crate) const LOGICAL: usize = 3;
pub(crate) const PHYSICAL: usize = 4;

/// The items of the metadata: guid, and length.
const ITEMS: [(&[u8; 16], usize); 6] = [
    (b"\x37\x67\xa1\xca\x36\xfa\x43\x4d\xb3\xb6\x33\xf0\xaa\x44\xe7\x6b", 8),
    (b"\x24\x42\xa5\x2f\x1b\xcd\x76\x48\xb2\x11\x5d\xbe\xd8\x3b\xf4\xb8", 8),
    (b"\xab\x12\xca\xbe\xe6\xb2\x23\x45\x93\xef\xc3\x09\xe0\x00\xc7\x46", 16),
    (b"\x1d\xbf\x41\x81\x6f\xa9\x09\x47\xba\x47\xf2\x33\xa8\xfa\xab\x5f", 4),
    (b"\xc7\x48\xa3\xcd\x5d\x44\x71\x44\x9c\xc9\xe9\x88\x52\x51\xc5\x56", 4),
    (b"\x2d\x5f\xd3\xa8\x0b\xb3\x4d\x45\xab\xf7\xd3\xd8\x48\x34\xab\x0c", 1024),
];

/// Where item `i` is in the file.
pub(crate) fn item(i: usize) -> usize {
    METADATA + (64 << 10) + 2048 * i
}

pub(crate) fn checksum(block: &mut [u8]) {
    block[4..8].fill(0);
    let sum = crc32c::crc32c(block);
    block[4..8].copy_from_slice(&sum.to_le_bytes());
}

#[derive(Clone)]
pub(crate) struct Image(pub(crate) Vec<u8>);

/// The sound one: blocks are stored, absent, zeros, stored, unmapped, stored.
pub(crate) fn sound() -> Image {
    let mut image = Image(vec![0; LEN]);
    image.put(0, b"vhdxfile");
    image.put(8, &"by hand".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>());
    image.put(METADATA, b"metadata");
    image.put(METADATA + 10, &5u16.to_le_bytes());
    for (i, (guid, len)) in ITEMS.into_iter().enumerate() {
        let offset = (item(i) - METADATA) as u32;
        let entry = [&guid[..], &offset.to_le_bytes(), &(len as u32).to_le_bytes(), &4u64.to_le_bytes()].concat();
        image.put(METADATA + 32 + 32 * i, &entry);
    }
    image.put(item(PARAMETERS), &(MIB as u64).to_le_bytes());
    image.put(item(DISK_SIZE), &(SIZE as u64).to_le_bytes());
    image.put(item(LOGICAL), &512u32.to_le_bytes());
    image.put(item(PHYSICAL), &4096u32.to_le_bytes());
    let data = Numbers(77).bytes(3 * MIB);
    image.put(BLOCKS[0], &data);
    let entries = [5 << 20 | 6, 0, 2, 4 << 20 | 6, 9 << 20 | 3, 6 << 20 | 6];
    let image = (0..).zip(entries).fold(image, |image, (i, entry)| image.entry(i, entry));
    let header = |image: Image, sequence: u64| {
        let [log, len] = [LOG as u64, MIB as u64].map(u64::to_le_bytes);
        image.headers(8, &sequence.to_le_bytes()).headers(66, &[1, 0]).headers(68, &len[..4]).headers(72, &log)
    };
    header(image.headers(0, b"head"), 7)
        .regions(0, b"regi")
        .regions(8, &2u32.to_le_bytes())
        .regions(16, &region(BAT_GUID, BAT, MIB, 1))
        .regions(48, &region(METADATA_GUID, METADATA, MIB, 1))
}

/// What the guest sees of it.
pub(crate) fn model() -> Vec<u8> {
    let file = sound().0;
    let mut disk = vec![0; 6 * MIB];
    for (block, place) in [(3, BLOCKS[0]), (0, BLOCKS[1]), (5, BLOCKS[2])] {
        disk[block * MIB..(block + 1) * MIB].copy_from_slice(&file[place..place + MIB]);
    }
    disk.truncate(SIZE);
    disk
}

/// An entry of the region table.
pub(crate) fn region(guid: &[u8; 16], at: usize, len: usize, required: u32) -> Vec<u8> {
    [&guid[..], &(at as u64).to_le_bytes(), &(len as u32).to_le_bytes(), &required.to_le_bytes()].concat()
}

impl Image {
    pub(crate) fn put(&mut self, at: usize, bytes: &[u8]) {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
    }

    pub(crate) fn with(mut self, at: usize, bytes: &[u8]) -> Self {
        self.put(at, bytes);
        self
    }

    /// Changes header number `i`, checksum made right.
    pub(crate) fn header(mut self, i: usize, at: usize, bytes: &[u8]) -> Self {
        let header = (i + 1) * (64 << 10);
        self.put(header + at, bytes);
        checksum(&mut self.0[header..header + SECTOR]);
        self
    }

    pub(crate) fn headers(self, at: usize, bytes: &[u8]) -> Self {
        self.header(0, at, bytes).header(1, at, bytes)
    }

    /// Changes region table number `i`, checksum made right.
    pub(crate) fn region(mut self, i: usize, at: usize, bytes: &[u8]) -> Self {
        let table = (i + 3) * (64 << 10);
        self.put(table + at, bytes);
        checksum(&mut self.0[table..table + (64 << 10)]);
        self
    }

    pub(crate) fn regions(self, at: usize, bytes: &[u8]) -> Self {
        self.region(0, at, bytes).region(1, at, bytes)
    }

    /// Sets an entry of the BAT.
    pub(crate) fn entry(self, i: usize, entry: u64) -> Self {
        self.with(BAT + 8 * i, &entry.to_le_bytes())
    }

    /// Marks the log as in use and puts `sectors` into it from sector `at`, round the end if need be.
    pub(crate) fn log(self, at: usize, sectors: &[u8]) -> Self {
        let image = self.headers(48, &LOG_GUID);
        sectors
            .chunks(SECTOR)
            .enumerate()
            .fold(image, |image, (i, sector)| image.with(LOG + (at + i) % (MIB / SECTOR) * SECTOR, sector))
    }

    pub(crate) fn open(&self) -> Result<Arc<dyn Disk>> {
        open(Arc::new(self.0.clone()))
    }

    #[track_caller]
    pub(crate) fn is(&self, wanted: &[u8]) -> Arc<dyn Disk> {
        let disk = self.open().unwrap();
        assert!(content(&disk).unwrap() == wanted);
        disk
    }

    #[track_caller]
    pub(crate) fn corrupt(&self, word: &str) {
        refused(self.open(), ErrorKind::Corrupt, word);
    }

    #[track_caller]
    pub(crate) fn unsupported(&self, word: &str) {
        refused(self.open(), ErrorKind::Unsupported, word);
    }

    #[track_caller]
    pub(crate) fn noted(&self, word: &str) {
        let disk = self.is(&model());
        assert!(disk.info().notes.iter().any(|note| note.contains(word)), "{:?}", disk.info().notes);
    }
}

/// A change in an entry of the log.
#[derive(Clone, Copy)]
pub(crate) enum Change<'a> {
    Zero(u64, u64),
    Data(u64, &'a [u8]),
}

/// An entry of the log.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) sequence: u64,
    /// Sector with which the sequence begins.
    pub(crate) tail: usize,
    pub(crate) flushed: usize,
    pub(crate) last: usize,
    pub(crate) changes: &'a [Change<'a>],
}

impl Entry<'_> {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; (64 + 32 * self.changes.len()).next_multiple_of(SECTOR)];
        for (i, change) in self.changes.iter().enumerate() {
            let sequence = self.sequence.to_le_bytes();
            let descriptor = match change {
                Change::Zero(at, len) => {
                    [&b"zero\0\0\0\0"[..], &len.to_le_bytes(), &at.to_le_bytes(), &sequence].concat()
                }
                Change::Data(at, data) => {
                    let sector = [&b"data"[..], &sequence[4..], &data[8..SECTOR - 4], &sequence[..4]].concat();
                    bytes.extend(sector);
                    [b"desc", &data[SECTOR - 4..], &data[..8], &at.to_le_bytes(), &sequence].concat()
                }
            };
            bytes[64 + 32 * i..][..32].copy_from_slice(&descriptor);
        }
        let mut header = b"loge\0\0\0\0".to_vec();
        header.extend((bytes.len() as u32).to_le_bytes());
        header.extend(((self.tail * SECTOR) as u32).to_le_bytes());
        header.extend(self.sequence.to_le_bytes());
        header.extend((self.changes.len() as u64).to_le_bytes());
        header.extend(LOG_GUID);
        header.extend((self.flushed as u64).to_le_bytes());
        header.extend((self.last as u64).to_le_bytes());
        bytes[..64].copy_from_slice(&header);
        checksum(&mut bytes);
        bytes
    }
}
