//! GPT disks.

use super::{mbr, put};

/// A GPT to be written. Sectors are inclusive.
#[derive(Clone)]
pub(crate) struct Gpt {
    pub(crate) sector: usize,
    pub(crate) sectors: u64,
    pub(crate) header_len: u32,
    pub(crate) entry_size: u32,
    pub(crate) count: u32,
    pub(crate) usable: (u64, u64),
    pub(crate) parts: Vec<Part>,
}

/// A partition.
#[derive(Clone)]
pub(crate) struct Part {
    pub(crate) index: u32,
    pub(crate) guid: u8,
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) attributes: u64,
    pub(crate) name: &'static str,
}

/// A partition without a name, whose GUID is made of its number.
pub(crate) fn part(number: u8, first: u64, last: u64) -> Part {
    Part { index: u32::from(number) - 1, guid: number, first, last, attributes: 0, name: "" }
}

impl Gpt {
    /// 8 MiB in sectors of 512 bytes, with two partitions.
    pub(crate) fn usual() -> Gpt {
        Gpt::of(512, 16384, vec![part(1, 2048, 4095), part(2, 4096, 8191)])
    }

    pub(crate) fn of(sector: usize, sectors: u64, parts: Vec<Part>) -> Gpt {
        let table = 16384 / sector as u64;
        let usable = (2 + table, sectors - 2 - table);
        Gpt { sector, sectors, header_len: 92, entry_size: 128, count: 128, usable, parts }
    }

    pub(crate) fn build(&self) -> Vec<u8> {
        let mut disk = vec![0; self.sector * usize::try_from(self.sectors).unwrap()];
        let protected = u32::try_from(self.sectors - 1).unwrap();
        mbr::record(&mut disk, 0, &[(0xEE, 1, protected)]);
        let array = self.array();
        let last = self.sectors - 1;
        let table = (array.len() as u64).div_ceil(self.sector as u64);
        for (lba, alternate, entries) in [(1, last, 2), (last, 1, last - table)] {
            put(&mut disk, usize::try_from(entries).unwrap() * self.sector, &array);
            put(&mut disk, usize::try_from(lba).unwrap() * self.sector, &self.header(lba, alternate, entries, &array));
        }
        disk
    }

    fn array(&self) -> Vec<u8> {
        let mut array = vec![0; (self.count * self.entry_size) as usize];
        for part in &self.parts {
            let at = (part.index * self.entry_size) as usize;
            put(&mut array, at, &[0xA0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xAF]);
            put(&mut array, at + 16, &[part.guid; 16]);
            put(&mut array, at + 32, &part.first.to_le_bytes());
            put(&mut array, at + 40, &part.last.to_le_bytes());
            put(&mut array, at + 48, &part.attributes.to_le_bytes());
            let name: Vec<u8> = part.name.encode_utf16().flat_map(u16::to_le_bytes).collect();
            put(&mut array, at + 56, &name);
        }
        array
    }

    fn header(&self, lba: u64, alternate: u64, entries: u64, array: &[u8]) -> Vec<u8> {
        let mut header = vec![0; self.header_len as usize];
        put(&mut header, 0, b"EFI PART\0\0\x01\0");
        put(&mut header, 12, &self.header_len.to_le_bytes());
        for (at, value) in [(24, lba), (32, alternate), (40, self.usable.0), (48, self.usable.1), (72, entries)] {
            put(&mut header, at, &value.to_le_bytes());
        }
        put(&mut header, 56, &[0xD1; 16]);
        put(&mut header, 80, &self.count.to_le_bytes());
        put(&mut header, 84, &self.entry_size.to_le_bytes());
        put(&mut header, 88, &crc32fast::hash(array).to_le_bytes());
        let crc = crc32fast::hash(&header);
        put(&mut header, 16, &crc.to_le_bytes());
        header
    }
}

/// Changes bytes of the header at a sector, and makes its checksum right again.
pub(crate) fn patch_header(disk: &mut [u8], at: usize, offset: usize, bytes: &[u8]) {
    put(disk, at + offset, bytes);
    put(disk, at + 16, &[0; 4]);
    let crc = crc32fast::hash(&disk[at..at + 92]);
    put(disk, at + 16, &crc.to_le_bytes());
}
