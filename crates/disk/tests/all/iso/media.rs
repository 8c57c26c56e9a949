//! Small media, made by hand.

use disk::{Closed, Details, Disk, IsoDetails};
use std::sync::Arc;
use storage::{ErrorKind, ReadAt, Result, Source};

pub(crate) const SECTOR: usize = 2048;
/// Where the boot catalogue, the boot image and UDF's anchor are.
pub(crate) const CATALOG: usize = 24;
pub(crate) const IMAGE: usize = 40;
pub(crate) const ANCHOR: usize = 256;
pub(crate) const SECTORS: usize = 300;

/// Bytes that are changed step by step.
#[derive(Clone)]
pub(crate) struct Media(pub(crate) Vec<u8>);

impl Media {
    /// An ISO 9660 volume over all of the file, with data in every sector behind its descriptors.
    pub(crate) fn iso() -> Self {
        let mut media = Self::blank();
        let blocks = SECTORS as u32;
        let both = [blocks.to_le_bytes(), blocks.to_be_bytes()].concat();
        let primary = 16 * SECTOR;
        media.descriptor(16, 1);
        for (at, text, len) in
            [(40, "TEST_DISC", 32), (318, "A PUBLISHER", 128), (574, "A PROGRAM", 128), (813, "2026010203040506", 16)]
        {
            media.put(primary + at, &vec![b' '; len]).put(primary + at, text.as_bytes());
        }
        media.put(primary + 80, &both).put(primary + 128, &[0, 8, 8, 0]);
        media.descriptor(17, 255);
        media
    }

    /// A UDF volume over all of the file, without ISO 9660.
    pub(crate) fn udf() -> Self {
        let mut media = Self::blank();
        media.with_udf(16);
        media
    }

    fn blank() -> Self {
        let mut file = vec![0; SECTORS * SECTOR];
        for (i, sector) in file.chunks_exact_mut(SECTOR).enumerate().skip(CATALOG) {
            sector.fill(i as u8);
        }
        Media(file)
    }

    pub(crate) fn put(&mut self, at: usize, bytes: &[u8]) -> &mut Self {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }

    fn descriptor(&mut self, sector: usize, kind: u8) {
        self.put(sector * SECTOR, &[&[kind][..], b"CD001\x01"].concat());
    }

    /// Announces UDF from that sector on.
    pub(crate) fn with_udf(&mut self, from: usize) -> &mut Self {
        for (i, mark) in [b"BEA01", b"NSR02", b"TEA01"].into_iter().enumerate() {
            self.put((from + i) * SECTOR, &[0]).put((from + i) * SECTOR + 1, mark);
        }
        self.tag(ANCHOR, 2, &[(16, 16 * SECTOR as u32), (20, 260)]);
        self.tag(260, 5, &[(188, 257), (192, SECTORS as u32 - 257)]);
        self.tag(261, 6, &[]);
        self.put(261 * SECTOR + 84, b"\x08Universal").put(261 * SECTOR + 211, &[10]);
        self.tag(262, 8, &[]);
        self
    }

    fn tag(&mut self, sector: usize, id: u8, fields: &[(usize, u32)]) {
        let at = sector * SECTOR;
        self.put(at, &[0; SECTOR]).put(at, &[id, 0, 2]).put(at + 12, &(sector as u32).to_le_bytes());
        for &(field, value) in fields {
            self.put(at + field, &value.to_le_bytes());
        }
        let sum = self.0[at..at + 16].iter().fold(0u8, |sum, &byte| sum.wrapping_add(byte));
        self.put(at + 4, &[sum]);
    }

    /// A boot catalogue with one bootable image for each platform, all at the same place.
    pub(crate) fn with_catalog(&mut self, platforms: &[u8]) -> &mut Self {
        self.descriptor(17, 0);
        self.put(17 * SECTOR + 7, b"EL TORITO SPECIFICATION").put(17 * SECTOR + 71, &(CATALOG as u32).to_le_bytes());
        self.descriptor(18, 255);
        let mut table = vec![0; SECTOR];
        table[..2].copy_from_slice(&[1, platforms[0]]);
        table[28..32].copy_from_slice(&[0, 0, 0x55, 0xaa]);
        let words = table[..32].chunks(2).map(|word| u16::from_le_bytes([word[0], word[1]]));
        let sum = words.fold(0u16, u16::wrapping_add);
        table[28..30].copy_from_slice(&sum.wrapping_neg().to_le_bytes());
        let mut at = 32;
        for (i, &platform) in platforms.iter().enumerate() {
            if i > 0 {
                let id = if i + 1 < platforms.len() { 0x90 } else { 0x91 };
                table[at..at + 4].copy_from_slice(&[id, platform, 1, 0]);
                at += 32;
            }
            table[at..at + 12].copy_from_slice(&[0x88, 0, 0, 0, 0, 0, 4, 0, IMAGE as u8, 0, 0, 0]);
            at += 32;
        }
        self.put(CATALOG * SECTOR, &table)
    }

    /// A boot sector of FAT, of so many sectors of 512 bytes, where the catalogue's image is.
    pub(crate) fn with_fat(&mut self, sectors: u16) -> &mut Self {
        let at = IMAGE * SECTOR;
        self.put(at, b"\xeb\x3c\x90").put(at + 11, &[0, 2, 4, 1, 0, 2, 0, 2]).put(at + 19, &sectors.to_le_bytes());
        self.put(at + 510, b"\x55\xaa")
    }

    /// What stands for a hybrid's code, and an entry over all of the media.
    pub(crate) fn with_boot_code(&mut self) -> &mut Self {
        let sectors = (self.0.len() / 512) as u32;
        self.put(0, &[0x33; 432]).put(510, b"\x55\xaa");
        self.entry(0, 0x17, 0, sectors)
    }

    pub(crate) fn entry(&mut self, i: usize, kind: u8, first: u32, sectors: u32) -> &mut Self {
        let at = 446 + 16 * i;
        self.put(at, &[0, 0, 0, 0, kind]).put(at + 8, &first.to_le_bytes()).put(at + 12, &sectors.to_le_bytes());
        self.put(510, b"\x55\xaa")
    }

    pub(crate) fn source(&self) -> Source {
        Arc::new(self.0.clone())
    }

    pub(crate) fn details(&self) -> IsoDetails {
        match disk::format("iso").unwrap().info(&self.0).unwrap().details {
            Details::Iso(details) => details,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn open(&self) -> Result<Arc<dyn Disk>> {
        disk::format("iso").unwrap().open(self.source(), &Closed)
    }
}

/// Media for UEFI firmware and CD drives.
pub(crate) fn uefi() -> Media {
    let mut media = Media::iso();
    media.with_catalog(&[0xef]).with_fat(200);
    media
}

/// Media that are hybrid for BIOS, and have an image for UEFI.
pub(crate) fn mixed() -> Media {
    let mut media = Media::iso();
    media.with_catalog(&[0, 0xef]).with_fat(200).with_boot_code();
    media
}

pub(crate) fn content(disk: &dyn ReadAt) -> Vec<u8> {
    storage::read_vec(disk, 0, disk.size()).unwrap()
}

#[track_caller]
pub(crate) fn refused<T>(result: Result<T>, kind: ErrorKind, word: &str) {
    match result {
        Ok(_) => panic!("accepted; should be refused with {word:?}"),
        Err(error) => assert!(error.kind() == kind && error.to_string().contains(word), "{:?} {error}", error.kind()),
    }
}
