//! The header: 72 bytes in version 2, at least 104 in version 3.

use super::extensions::{Extensions, backing_name};
use super::features::{self, Compression};
use super::{MAGIC, NAME};
use crate::fields::{be32, be64, has};
use crate::{Details, Info, Qcow2Details};
use storage::{Error, ReadAt, Result, check_range};

const V2_LEN: u64 = 72;
const V3_LEN: u64 = 104;

/// Limits that qemu imposes, kept here so that what is read here is read by qemu too.
pub(super) const MAX_L1_BYTES: u64 = 32 << 20;
pub(super) const MAX_REFCOUNT_TABLE_BYTES: u64 = 8 << 20;
const MAX_SNAPSHOTS: u32 = 65_536;
/// Shortest entry of the snapshot table.
const MIN_SNAPSHOT_LEN: u64 = 40;

/// Cluster sizes: 512 bytes to 2 MiB.
pub(super) const CLUSTER_BITS: std::ops::RangeInclusive<u32> = 9..=21;
/// Subclusters are of at least 512 bytes, and there are 32 in a cluster.
pub(super) const MIN_EXTENDED_CLUSTER_BITS: u32 = 14;

const SECTOR: u64 = 512;

/// A header whose numbers are possible.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) version: u32,
    pub(super) cluster_bits: u32,
    pub(super) size: u64,
    pub(super) crypt_method: u32,
    pub(super) l1_size: u64,
    pub(super) l1_offset: u64,
    pub(super) refcount_table_offset: u64,
    pub(super) refcount_table_clusters: u64,
    pub(super) snapshot_count: u32,
    pub(super) snapshots_offset: u64,
    pub(super) incompatible: u64,
    pub(super) compatible: u64,
    pub(super) autoclear: u64,
    pub(super) refcount_order: u32,
    pub(super) compression: Compression,
    pub(super) extensions: Extensions,
    pub(super) backing_file: Option<String>,
}

impl Header {
    /// Reads and checks all that is in the first cluster, and that the tables it points at can be where it says.
    pub(super) fn read(file: &dyn ReadAt) -> Result<Self> {
        let mut bytes = [0; 112];
        let len = if file.size() < V2_LEN { 0 } else { file.size().min(112) as usize };
        file.read_at(&mut bytes[..len], 0)?;
        if !has(&bytes, 0, MAGIC) {
            return Err(Error::corrupt(0, "qcow2 header: is missing or cut off; this is no qcow2"));
        }
        let version = be32(&bytes, 4);
        match version {
            2 => bytes[72..].fill(0),
            3 if file.size() < V3_LEN => return Err(Error::corrupt(V2_LEN, "qcow2 header: is cut off")),
            3 => {}
            _ => return Err(Error::unsupported(format!("qcow2 header: version {version} is not known here"))),
        }
        let header_len = if version == 2 { V2_LEN } else { u64::from(be32(&bytes, 100)) };
        let cluster_bits = cluster_bits(&bytes)?;
        if header_len < V3_LEN && version == 3 || header_len > 1 << cluster_bits || !header_len.is_multiple_of(8) {
            return Err(Error::corrupt(100, format!("qcow2 header: a header length of {header_len} is not possible")));
        }
        let incompatible = be64(&bytes, 72);
        let compression_type = if header_len > V3_LEN { bytes[104] } else { 0 };
        let (backing_offset, backing_len) = (be64(&bytes, 8), u64::from(be32(&bytes, 16)));
        let (backing_file, end) = match backing_offset {
            0 => (None, file.size().min(1 << cluster_bits)),
            _ => {
                (Some(backing_name(file, backing_offset, backing_len, header_len..1 << cluster_bits)?), backing_offset)
            }
        };
        let header = Header {
            version,
            cluster_bits,
            size: be64(&bytes, 24),
            crypt_method: be32(&bytes, 32),
            l1_size: u64::from(be32(&bytes, 36)),
            l1_offset: be64(&bytes, 40),
            refcount_table_offset: be64(&bytes, 48),
            refcount_table_clusters: u64::from(be32(&bytes, 56)),
            snapshot_count: be32(&bytes, 60),
            snapshots_offset: be64(&bytes, 64),
            incompatible,
            compatible: be64(&bytes, 80),
            autoclear: be64(&bytes, 88),
            refcount_order: if version == 2 { 4 } else { be32(&bytes, 96) },
            compression: Compression::new(compression_type, incompatible)?,
            extensions: Extensions::read(file, header_len, end, backing_file.is_some())?,
            backing_file,
        };
        header.check(file.size())?;
        Ok(header)
    }

    /// Refuses numbers that are not possible in a file of that size.
    pub(super) fn check(&self, file_size: u64) -> Result<()> {
        let corrupt = |offset, what: String| Err(Error::corrupt(offset, format!("qcow2 header: {what}")));
        if !self.size.is_multiple_of(SECTOR) {
            return corrupt(24, format!("a disk of {} bytes is not whole sectors of {SECTOR}", self.size));
        }
        if self.crypt_method > 2 {
            return corrupt(32, format!("encryption method {} does not exist", self.crypt_method));
        }
        if self.refcount_order > 6 {
            return corrupt(96, format!("refcounts of 2^{} bits do not exist", self.refcount_order));
        }
        if self.extended_l2() && self.cluster_bits < MIN_EXTENDED_CLUSTER_BITS {
            return corrupt(72, format!("clusters of {} bytes are too small for subclusters", self.cluster_size()));
        }
        self.check_l1(file_size)?;
        self.check_other_tables(file_size)
    }

    fn check_l1(&self, file_size: u64) -> Result<()> {
        let (size, wanted) = (self.l1_size, self.l1_wanted());
        if size * 8 > MAX_L1_BYTES || wanted * 8 > MAX_L1_BYTES {
            let what = format!("qcow2 header: an L1 table of {} entries is too large", size.max(wanted));
            return Err(Error::corrupt(36, what));
        }
        if size < wanted {
            let what = format!("qcow2 header: an L1 table of {size} entries is too small for a disk of {}", self.size);
            return Err(Error::corrupt(36, what));
        }
        if size > 0 && (self.l1_offset == 0 || !self.is_aligned(self.l1_offset)) {
            let what = format!("qcow2 header: the L1 table cannot be at byte {}", self.l1_offset);
            return Err(Error::corrupt(40, what));
        }
        if size == 0 {
            return Ok(());
        }
        check_range(file_size, self.l1_offset, size * 8).map_err(|error| error.within("qcow2 L1 table"))
    }

    fn check_other_tables(&self, file_size: u64) -> Result<()> {
        let clusters = self.refcount_table_clusters;
        if clusters * self.cluster_size() > MAX_REFCOUNT_TABLE_BYTES {
            let what = format!("qcow2 header: a refcount table of {clusters} clusters is too large");
            return Err(Error::corrupt(56, what));
        }
        if self.snapshot_count > MAX_SNAPSHOTS {
            let what = format!("qcow2 header: {} snapshots are too many", self.snapshot_count);
            return Err(Error::corrupt(60, what));
        }
        let len = u64::from(self.snapshot_count) * MIN_SNAPSHOT_LEN;
        if self.snapshot_count > 0 {
            check_range(file_size, self.snapshots_offset, len).map_err(|error| error.within("qcow2 snapshot table"))?;
        }
        Ok(())
    }

    pub(super) fn cluster_size(&self) -> u64 {
        1 << self.cluster_bits
    }

    pub(super) fn is_aligned(&self, offset: u64) -> bool {
        offset.is_multiple_of(self.cluster_size())
    }

    pub(super) fn has(&self, incompatible: u64) -> bool {
        self.incompatible & incompatible != 0
    }

    pub(super) fn extended_l2(&self) -> bool {
        self.has(features::EXTENDED_L2)
    }

    /// Length of an L2 entry in bytes.
    pub(super) fn l2_entry_len(&self) -> u64 {
        if self.extended_l2() { 16 } else { 8 }
    }

    /// Bytes of the disk that one L2 table is about.
    pub(super) fn l2_reach(&self) -> u64 {
        self.cluster_size() / self.l2_entry_len() * self.cluster_size()
    }

    /// L1 entries that a disk of this size needs.
    pub(super) fn l1_wanted(&self) -> u64 {
        self.size.div_ceil(self.l2_reach())
    }

    pub(super) fn data_file_raw(&self) -> bool {
        self.has(features::DATA_FILE) && self.autoclear & features::DATA_FILE_RAW != 0
    }

    /// In the words of all formats.
    pub(super) fn info(&self) -> Info {
        let bitmaps_current = self.autoclear & features::BITMAPS != 0;
        let bitmaps = features::bitmap_count(&self.extensions.bitmaps);
        let data_file = || self.extensions.data_file.clone().unwrap_or_default();
        Info {
            format: NAME,
            virtual_size: self.size,
            cluster_size: Some(self.cluster_size()),
            backing_file: self.backing_file.clone(),
            backing_format: self.extensions.backing_format.clone(),
            data_file: self.has(features::DATA_FILE).then(data_file),
            encryption: match self.crypt_method {
                1 => Some("aes".to_owned()),
                2 => Some("luks".to_owned()),
                _ => None,
            },
            dirty: self.has(features::DIRTY),
            snapshots: Vec::new(),
            details: Details::Qcow2(Qcow2Details {
                version: self.version,
                compression: self.compression.name(),
                lazy_refcounts: self.compatible & features::LAZY_REFCOUNTS != 0,
                refcount_bits: 1 << self.refcount_order,
                corrupt: self.has(features::CORRUPT),
                extended_l2: self.extended_l2(),
                data_file_raw: self.data_file_raw(),
                snapshots: self.snapshot_count,
                bitmaps: if bitmaps_current { bitmaps } else { 0 },
            }),
            notes: self.notes(bitmaps > 0 && !bitmaps_current),
        }
    }

    fn notes(&self, stale_bitmaps: bool) -> Vec<String> {
        let mut notes = Vec::new();
        if self.has(features::DIRTY) {
            notes.push("the qcow2 is marked dirty: a writer did not finish, and refcounts may be wrong".to_owned());
        }
        if stale_bitmaps {
            notes.push("the qcow2's bitmaps are out of date and not counted".to_owned());
        }
        if self.snapshot_count > 0 {
            let n = self.snapshot_count;
            notes.push(format!("the qcow2 has {n} internal snapshots; the disk is read as it is without them"));
        }
        notes
    }
}

fn cluster_bits(bytes: &[u8]) -> Result<u32> {
    let bits = be32(bytes, 20);
    if CLUSTER_BITS.contains(&bits) {
        return Ok(bits);
    }
    Err(Error::corrupt(20, format!("qcow2 header: clusters of 2^{bits} bytes are not possible (2^9 to 2^21)")))
}
