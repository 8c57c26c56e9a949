//! VMDKs made by hand, sound or not.

use libdeflater::{CompressionLvl, Compressor};
use std::collections::BTreeMap;

pub(super) const GRAIN: usize = 65_536;

/// Fields of a header that tests change.
#[derive(Clone)]
pub(super) struct Header(pub(super) [u8; 512]);

impl Header {
    pub(super) fn new(flags: u32, capacity: u64) -> Self {
        let mut header = Header([0; 512]);
        header.0[..4].copy_from_slice(b"KDMV");
        header.0[73..77].copy_from_slice(b"\n \r\n");
        header.0[77] = u8::from(flags & 0x1_0000 != 0);
        header.u32(4, 1).u32(8, flags).u64(12, capacity).u64(20, 128).u64(28, 1).u64(36, 20).u32(44, 512)
    }

    pub(super) fn u32(mut self, at: usize, value: u32) -> Self {
        self.0[at..at + 4].copy_from_slice(&value.to_le_bytes());
        self
    }

    pub(super) fn u64(mut self, at: usize, value: u64) -> Self {
        self.0[at..at + 8].copy_from_slice(&value.to_le_bytes());
        self
    }
}

pub(super) fn text(create_type: &str, extents: &str) -> String {
    format!(
        "# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\ncreateType=\"{create_type}\"\n\
         {extents}\nddb.adapterType = \"ide\"\n"
    )
}

/// Header, descriptor and zeros up to `sectors`.
pub(super) fn head(header: &Header, descriptor: &str, sectors: usize) -> Vec<u8> {
    let mut file = header.0.to_vec();
    file.extend_from_slice(descriptor.as_bytes());
    file.resize(sectors * 512, 0);
    file
}

pub(super) fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut compressor = Compressor::new(CompressionLvl::default());
    let mut packed = vec![0; compressor.zlib_compress_bound(bytes.len())];
    let len = compressor.zlib_compress(bytes, &mut packed).unwrap();
    packed.truncate(len);
    packed
}

pub(super) fn grain(seed: u64) -> Vec<u8> {
    let mut bytes = crate::support::Numbers(seed + 1).bytes(GRAIN);
    bytes[20_000..].fill(seed as u8);
    bytes
}

pub(super) fn marker(sectors: u64, kind: u32) -> Vec<u8> {
    let mut bytes = vec![0; 512];
    bytes[..8].copy_from_slice(&sectors.to_le_bytes());
    bytes[12..16].copy_from_slice(&kind.to_le_bytes());
    bytes
}

/// A stream that is written step by step, as right or wrong as the test wants.
#[derive(Clone)]
pub(super) struct Stream {
    pub(super) header: Header,
    pub(super) file: Vec<u8>,
    /// Sectors of grains that no table has yet, by their number.
    pub(super) entries: BTreeMap<usize, u32>,
    pub(super) tables: BTreeMap<usize, u32>,
    pub(super) directory: u64,
}

pub(super) const STREAM: u32 = 0x3_0001;

impl Stream {
    /// Of `capacity` sectors.
    pub(super) fn new(capacity: u64) -> Self {
        let descriptor = text("streamOptimized", &format!("RW {capacity} SPARSE \"a.vmdk\""));
        Self::with(Header::new(STREAM, capacity).u32(4, 3).u64(56, u64::MAX).u64(64, 128), &descriptor)
    }

    pub(super) fn with(header: Header, descriptor: &str) -> Self {
        let file = head(&header, descriptor, 128);
        Stream { header, file, entries: BTreeMap::new(), tables: BTreeMap::new(), directory: 0 }
    }

    pub(super) fn at(&self) -> u32 {
        (self.file.len() / 512) as u32
    }

    pub(super) fn raw(mut self, bytes: &[u8]) -> Self {
        self.file.extend_from_slice(bytes);
        self.file.resize(self.file.len().next_multiple_of(512), 0);
        self
    }

    /// A grain with any marker and any data.
    pub(super) fn stored(self, lba: u64, size: u32, data: &[u8]) -> Self {
        self.raw(&[&lba.to_le_bytes()[..], &size.to_le_bytes(), data].concat())
    }

    /// A grain that no table will have.
    pub(super) fn ones(self, lba: u64) -> Self {
        let data = zlib(&[1; GRAIN]);
        self.stored(lba, data.len() as u32, &data)
    }

    pub(super) fn packed(mut self, i: usize, data: &[u8]) -> Self {
        self.entries.insert(i, self.at());
        self.stored(i as u64 * 128, data.len() as u32, data)
    }

    pub(super) fn grain(self, i: usize) -> Self {
        let data = zlib(&grain(i as u64));
        self.packed(i, &data)
    }

    /// The table for all grains so far that have none.
    pub(super) fn table(mut self) -> Self {
        let number = self.entries.keys().next().unwrap() / 512;
        let mut table = vec![0; 2048];
        for (i, sector) in std::mem::take(&mut self.entries) {
            table[i % 512 * 4..][..4].copy_from_slice(&sector.to_le_bytes());
        }
        self = self.raw(&marker(4, 1));
        self.tables.insert(number, self.at());
        self.raw(&table)
    }

    pub(super) fn directory(mut self) -> Self {
        let capacity = u64::from_le_bytes(self.header.0[12..20].try_into().unwrap());
        let entries = capacity.div_ceil(65_536) as usize;
        let mut directory = vec![0; (entries * 4).next_multiple_of(512)];
        for (number, sector) in &self.tables {
            directory[number * 4..][..4].copy_from_slice(&sector.to_le_bytes());
        }
        self = self.raw(&marker(directory.len() as u64 / 512, 2));
        self.directory = u64::from(self.at());
        self.raw(&directory)
    }

    pub(super) fn footer(self) -> Self {
        let footer = self.header.clone().u64(56, self.directory);
        self.raw(&marker(1, 3)).raw(&footer.0)
    }

    pub(super) fn end(self) -> Vec<u8> {
        self.raw(&marker(0, 0)).file
    }

    /// All that comes behind the grains.
    pub(super) fn finish(self) -> Vec<u8> {
        self.table().directory().footer().end()
    }

    pub(super) fn put(mut self, at: usize, bytes: &[u8]) -> Self {
        self.file[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }
}

/// A sparse extent with two directories, whose grains begin at sector 128 and are `grain(i)`.
#[derive(Clone)]
pub(super) struct Sparse {
    pub(super) file: Vec<u8>,
}

/// Where its structures are, in bytes.
pub(super) const RGD: usize = 21 * 512;
pub(super) const RGT: usize = 22 * 512;
pub(super) const GD: usize = 60 * 512;
pub(super) const GT: usize = 61 * 512;

impl Sparse {
    /// Of at most 4 tables.
    pub(super) fn new(capacity: u64, grains: &[usize]) -> Self {
        let header = Header::new(3, capacity).u64(48, RGD as u64 / 512).u64(56, GD as u64 / 512).u64(64, 128);
        let descriptor = text("monolithicSparse", &format!("RW {capacity} SPARSE \"a.vmdk\""));
        let mut sparse = Sparse { file: head(&header, &descriptor, 128) };
        for number in 0..capacity.div_ceil(65_536) as usize {
            sparse = sparse.u32(RGD + 4 * number, (RGT / 512 + 4 * number) as u32);
            sparse = sparse.u32(GD + 4 * number, (GT / 512 + 4 * number) as u32);
        }
        for &i in grains {
            let sector = (sparse.file.len() / 512) as u32;
            sparse = sparse.entry(i, sector);
            sparse.file.extend_from_slice(&grain(i as u64));
        }
        sparse
    }

    pub(super) fn put(mut self, at: usize, bytes: &[u8]) -> Self {
        self.file[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }

    pub(super) fn u32(self, at: usize, value: u32) -> Self {
        self.put(at, &value.to_le_bytes())
    }

    pub(super) fn u64(self, at: usize, value: u64) -> Self {
        self.put(at, &value.to_le_bytes())
    }

    /// In both tables.
    pub(super) fn entry(self, i: usize, sector: u32) -> Self {
        self.u32(GT + 4 * i, sector).u32(RGT + 4 * i, sector)
    }
}
