//! The header of a sparse extent: the first sector of the file, and again the footer of a stream.

use super::{MAX_SECTORS, SECTOR};
use crate::fields::{has, le16, le32, le64};
use storage::{Error, ReadAt, Result, read_array};

pub(super) const MAGIC: &[u8] = b"KDMV";

/// Flags. The upper half are those that a reader has to know.
const NEWLINES: u32 = 1;
const REDUNDANT: u32 = 1 << 1;
const ZERO_GRAINS: u32 = 1 << 2;
pub(super) const COMPRESSED: u32 = 1 << 16;
pub(super) const MARKERS: u32 = 1 << 17;
const MUST_KNOW: u32 = 0xffff_0000;

/// `gdOffset` of a stream: the directory is at the end, where the footer says.
pub(super) const AT_END: u64 = u64::MAX;

/// Grains of a table, by the specification.
pub(super) const TABLE_ENTRIES: u64 = 512;

/// Sectors of a table.
pub(super) const TABLE_SECTORS: u64 = TABLE_ENTRIES * 4 / SECTOR;

/// Sectors of a grain: at least 4 KiB by the specification; more than 2 MiB is written by nobody.
const MIN_GRAIN: u64 = 8;
const MAX_GRAIN: u64 = 4096;

/// Entries of a directory: 256 TiB in grains of 64 KiB. It is also limited by the file.
const MAX_TABLES: u64 = 1 << 23;

/// What is at `singleEndLineChar` and behind it, until somebody sends the file as text.
const NEWLINE_TEST: &[u8] = b"\n \r\n";

/// The fields, by the names of the specification. Offsets and lengths are in sectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) version: u32,
    pub(super) flags: u32,
    pub(super) capacity: u64,
    pub(super) grain_size: u64,
    pub(super) descriptor_offset: u64,
    pub(super) descriptor_size: u64,
    pub(super) rgd_offset: u64,
    pub(super) gd_offset: u64,
    pub(super) over_head: u64,
    pub(super) unclean_shutdown: bool,
}

impl Header {
    /// The header of the file.
    pub(super) fn read(file: &dyn ReadAt) -> Result<Self> {
        Self::parse(&read_array(file, 0).map_err(|error| error.within("VMDK header"))?, 0)
    }

    /// A header or footer that was found at byte `at`.
    pub(super) fn parse(bytes: &[u8; 512], at: u64) -> Result<Self> {
        let header = Header {
            version: le32(bytes, 4),
            flags: le32(bytes, 8),
            capacity: le64(bytes, 12),
            grain_size: le64(bytes, 20),
            descriptor_offset: le64(bytes, 28),
            descriptor_size: le64(bytes, 36),
            rgd_offset: le64(bytes, 48),
            gd_offset: le64(bytes, 56),
            over_head: le64(bytes, 64),
            unclean_shutdown: bytes[72] != 0,
        };
        let corrupt = |field: u64, what: String| Err(Error::corrupt(at + field, format!("VMDK header: {what}")));
        if !has(bytes, 0, MAGIC) {
            return corrupt(0, "does not begin with KDMV".to_owned());
        }
        if header.flags & NEWLINES != 0 && !has(bytes, 73, NEWLINE_TEST) {
            let what =
                "the file was transferred in text mode, which changed its line ends; transfer it again as binary";
            return corrupt(73, what.to_owned());
        }
        header.check_readable(le16(bytes, 77))?;
        if header.capacity > MAX_SECTORS {
            return corrupt(12, format!("a disk of {} sectors is not possible", header.capacity));
        }
        if !header.grain_size.is_power_of_two() || !(MIN_GRAIN..=MAX_GRAIN).contains(&header.grain_size) {
            let grain = header.grain_size;
            return corrupt(
                20,
                format!("a grain of {grain} sectors is not possible ({MIN_GRAIN} to {MAX_GRAIN}, a power of two)"),
            );
        }
        if u64::from(le32(bytes, 44)) != TABLE_ENTRIES {
            return corrupt(44, format!("grain tables have {} entries instead of {TABLE_ENTRIES}", le32(bytes, 44)));
        }
        if header.tables() > MAX_TABLES {
            return corrupt(12, format!("{} sectors need more grain tables than {MAX_TABLES}", header.capacity));
        }
        Ok(header)
    }

    /// Valid by the specification, and read here.
    fn check_readable(&self, algorithm: u16) -> Result<()> {
        if !(1..=3).contains(&self.version) {
            return Err(Error::unsupported(format!("the VMDK has version {}; read are 1 to 3", self.version)));
        }
        let unknown = self.flags & MUST_KNOW & !(COMPRESSED | MARKERS);
        if unknown != 0 {
            return Err(Error::unsupported(format!("the VMDK has unknown features (flags {unknown:#x})")));
        }
        if self.is_compressed() && algorithm != 1 {
            let what = format!("the VMDK's grains are compressed with algorithm {algorithm}; read is 1 (deflate)");
            return Err(Error::unsupported(what));
        }
        if self.is_compressed() != self.has(MARKERS) {
            return Err(Error::unsupported("the VMDK has compressed grains without markers, or markers without them"));
        }
        Ok(())
    }

    fn has(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }

    /// Grains are compressed, each behind a marker.
    pub(super) fn is_compressed(&self) -> bool {
        self.has(COMPRESSED)
    }

    /// A table entry of 1 is a grain of zeros.
    pub(super) fn has_zero_grains(&self) -> bool {
        self.has(ZERO_GRAINS)
    }

    /// The directory comes at the end of the stream.
    pub(super) fn is_stream(&self) -> bool {
        self.gd_offset == AT_END
    }

    /// Where the second directory is, which leads to second copies of all tables.
    pub(super) fn redundant_offset(&self) -> Option<u64> {
        (self.has(REDUNDANT) && self.rgd_offset != 0 && self.rgd_offset != AT_END).then_some(self.rgd_offset)
    }

    /// Length of the disk in bytes.
    pub(super) fn size(&self) -> u64 {
        self.capacity * SECTOR
    }

    /// Length of a grain in bytes.
    pub(super) fn grain(&self) -> u64 {
        self.grain_size * SECTOR
    }

    /// Number of grains, the last of which may be a part of one.
    pub(super) fn grains(&self) -> u64 {
        self.capacity.div_ceil(self.grain_size)
    }

    /// Number of tables, and of entries of the directory.
    pub(super) fn tables(&self) -> u64 {
        self.grains().div_ceil(TABLE_ENTRIES)
    }

    /// Sectors of a directory.
    pub(super) fn directory_sectors(&self) -> u64 {
        (self.tables() * 4).div_ceil(SECTOR)
    }

    /// Why the footer, found at byte `at`, is not that of this header.
    pub(super) fn compare_footer(&self, footer: &Header, at: u64) -> Result<()> {
        let same = |header: &Header| {
            let Header { version, flags, capacity, grain_size, descriptor_offset, descriptor_size, .. } = *header;
            (version, flags, capacity, grain_size, descriptor_offset, descriptor_size)
        };
        if same(self) == same(footer) {
            return Ok(());
        }
        Err(Error::corrupt(at, format!("VMDK footer: contradicts the header ({footer:?} instead of {self:?})")))
    }

    /// As on disk.
    pub(super) fn to_bytes(self) -> [u8; 512] {
        let mut bytes = [0; 512];
        let mut put = |at: usize, field: &[u8]| bytes[at..at + field.len()].copy_from_slice(field);
        put(0, MAGIC);
        put(4, &self.version.to_le_bytes());
        put(8, &self.flags.to_le_bytes());
        put(12, &self.capacity.to_le_bytes());
        put(20, &self.grain_size.to_le_bytes());
        put(28, &self.descriptor_offset.to_le_bytes());
        put(36, &self.descriptor_size.to_le_bytes());
        put(44, &512u32.to_le_bytes());
        put(48, &self.rgd_offset.to_le_bytes());
        put(56, &self.gd_offset.to_le_bytes());
        put(64, &self.over_head.to_le_bytes());
        put(72, &[u8::from(self.unclean_shutdown)]);
        put(73, NEWLINE_TEST);
        put(77, &u16::from(self.is_compressed()).to_le_bytes());
        bytes
    }

    /// That of a stream, before its directory is there.
    pub(super) fn of_stream(capacity: u64, grain_size: u64, descriptor: (u64, u64), over_head: u64) -> Self {
        Header {
            version: 3,
            flags: NEWLINES | COMPRESSED | MARKERS,
            capacity,
            grain_size,
            descriptor_offset: descriptor.0,
            descriptor_size: descriptor.1,
            rgd_offset: 0,
            gd_offset: AT_END,
            over_head,
            unclean_shutdown: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let header = Header::of_stream(2048, 128, (1, 20), 128);
        assert_eq!(Header::parse(&header.to_bytes(), 0).unwrap(), header);
        assert!(header.is_stream() && header.is_compressed() && header.redundant_offset().is_none());
        assert_eq!((header.size(), header.grains(), header.tables(), header.directory_sectors()), (1 << 20, 16, 1, 1));
    }
}
