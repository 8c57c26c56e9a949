//! What a new image is to be like, as its options say.

use super::codec::Method;
use crate::CreateOptions;
use crate::options::Options;
use crate::qcow2::NAME;
use crate::qcow2::features::{COMPRESSION, Compression, EXTENDED_L2};
use crate::qcow2::header::{CLUSTER_BITS, MAX_L1_BYTES, MIN_EXTENDED_CLUSTER_BITS};
use deflate::Window;
use storage::{Error, Result};

const SECTOR: u64 = 512;
const DEFAULT_CLUSTER_SIZE: u64 = 64 << 10;

/// What `create` knows, and what it is.
pub(in crate::qcow2) const OPTIONS: &[(&str, &str)] = &[
    ("cluster_size", "unit of allocation, a power of two from 512 to 2M (default 64k)"),
    ("compat", "1.1 or v3 (default), or 0.10 or v2, which programs before 2012 read"),
    ("compression_type", "of compressed clusters: zlib (default) or zstd, which is faster and needs qemu 5.1"),
    ("extended_l2", "on: clusters have 32 subclusters, which are allocated each for itself (default off)"),
    ("lazy_refcounts", "on: whoever writes to the image later need not keep refcounts up to date (default off)"),
    ("preallocation", "metadata: all clusters have a place; falloc, full: and are written with zeros (default off)"),
    ("refcount_bits", "width of a refcount: 1, 2, 4, 8, 16 (default), 32 or 64"),
    ("zlib_window", "how far back zlib looks: 4k (default), as qemu does, or 32k, which makes smaller files"),
];

/// How much of a new image has a place from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Preallocation {
    Off,
    /// Places only.
    Metadata,
    /// Places, and zeros in them.
    Full,
}

/// What a new image is like.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) size: u64,
    pub(super) cluster_size: u64,
    pub(super) version: u32,
    pub(super) refcount_order: u32,
    pub(super) lazy_refcounts: bool,
    pub(super) extended_l2: bool,
    pub(super) preallocation: Preallocation,
    pub(super) method: Method,
}

impl Shape {
    pub(super) fn new(options: &CreateOptions) -> Result<Self> {
        if let Some((name, _)) = options.options.iter().find(|(name, _)| name.starts_with("data_file")) {
            let what = format!("{name} is not possible: a qcow2 is written here as one file, with its data in it");
            return Err(Error::unsupported(what));
        }
        let given = Options::new(options, NAME, OPTIONS)?;
        let compression =
            given.choose("compression_type", &[("zlib", Compression::Zlib), ("zstd", Compression::Zstd)])?;
        let window = given.choose(
            "zlib_window",
            &[("4k", Window::Small), ("4096", Window::Small), ("32k", Window::Large), ("32768", Window::Large)],
        )?;
        let modes = [
            ("off", Preallocation::Off),
            ("metadata", Preallocation::Metadata),
            ("falloc", Preallocation::Full),
            ("full", Preallocation::Full),
        ];
        let widths = [("16", 4), ("1", 0), ("2", 1), ("4", 2), ("8", 3), ("32", 5), ("64", 6)];
        let shape = Shape {
            size: options.size,
            cluster_size: given.size("cluster_size")?.unwrap_or(DEFAULT_CLUSTER_SIZE),
            version: given.choose("compat", &[("1.1", 3), ("v3", 3), ("0.10", 2), ("v2", 2)])?,
            refcount_order: given.choose("refcount_bits", &widths)?,
            lazy_refcounts: given.flag("lazy_refcounts", false)?,
            extended_l2: given.flag("extended_l2", false)?,
            preallocation: given.choose("preallocation", &modes)?,
            method: match compression {
                Compression::Zlib => Method::Zlib(window),
                Compression::Zstd => Method::Zstd,
            },
        };
        shape.check()?;
        if options.compress && shape.preallocation != Preallocation::Off {
            let what = "what is compressed cannot be preallocated; leave out -c or preallocation";
            return Err(Error::unsupported(what));
        }
        Ok(shape)
    }

    fn check(&self) -> Result<()> {
        let Shape { size, cluster_size, .. } = *self;
        let impossible = |what: String| Err(Error::unsupported(what));
        if self.version == 2 && (self.refcount_order != 4 || self.lazy_refcounts || self.extended_l2) {
            let what = "compat=0.10 has refcount_bits=16, lazy_refcounts=off and extended_l2=off only";
            return impossible(what.to_owned());
        }
        if self.version == 2 && self.compression() != Compression::Zlib {
            return impossible("compat=0.10 has compression_type=zlib only".to_owned());
        }
        if !cluster_size.is_power_of_two() || !CLUSTER_BITS.contains(&cluster_size.trailing_zeros()) {
            return impossible(format!("cluster_size is a power of two from 512 to 2M, not {cluster_size}"));
        }
        if self.extended_l2 && cluster_size.trailing_zeros() < MIN_EXTENDED_CLUSTER_BITS {
            return impossible(format!("extended_l2=on needs a cluster_size of at least 16k, not {cluster_size}"));
        }
        if !size.is_multiple_of(SECTOR) {
            return impossible(format!(
                "a qcow2 is whole sectors of {SECTOR} bytes long, and {size} is not; pad the disk with zeros first"
            ));
        }
        if size.div_ceil(cluster_size * self.per_table()) * 8 > MAX_L1_BYTES {
            return impossible(format!("{size} bytes are too many for this cluster_size; choose a larger one"));
        }
        Ok(())
    }

    /// Words of 8 bytes in an L2 entry.
    pub(super) fn words(&self) -> u64 {
        if self.extended_l2 { 2 } else { 1 }
    }

    /// Entries of an L2 table.
    pub(super) fn per_table(&self) -> u64 {
        self.cluster_size / 8 / self.words()
    }

    /// Clusters of the disk.
    pub(super) fn clusters(&self) -> u64 {
        self.size.div_ceil(self.cluster_size)
    }

    /// Entries of the L1 table: one even for an empty disk, as a table of none is not read by all.
    pub(super) fn l1_size(&self) -> u64 {
        self.clusters().div_ceil(self.per_table()).max(1)
    }

    /// Tables that the disk needs where all of it has a place.
    pub(super) fn tables(&self) -> u64 {
        self.clusters().div_ceil(self.per_table())
    }

    /// Where the L1 table is: behind the header.
    pub(super) fn l1_offset(&self) -> u64 {
        self.cluster_size
    }

    /// Where the first cluster is that is neither the header's nor the L1 table's.
    fn behind_l1(&self) -> u64 {
        self.l1_offset() + (self.l1_size() * 8).next_multiple_of(self.cluster_size)
    }

    /// Where a cluster of the disk is that has a place from the start: in the order of the disk.
    pub(super) fn preallocated(&self, cluster: u64) -> u64 {
        self.behind_l1() + cluster * self.cluster_size
    }

    /// Where an L2 table is that has a place from the start: behind the whole disk.
    pub(super) fn preallocated_table(&self, index: u64) -> u64 {
        self.preallocated(self.clusters()) + index * self.cluster_size
    }

    /// Where the clusters end that have a place from the start.
    pub(super) fn start(&self) -> u64 {
        match self.preallocation {
            Preallocation::Off => self.behind_l1(),
            _ => self.preallocated_table(self.tables()),
        }
    }

    /// How clusters are compressed, now or by a later writer.
    pub(super) fn compression(&self) -> Compression {
        match self.method {
            Method::Zlib(_) => Compression::Zlib,
            Method::Zstd => Compression::Zstd,
        }
    }

    /// Incompatible features.
    pub(super) fn incompatible(&self) -> u64 {
        let zstd = if self.compression() == Compression::Zstd { COMPRESSION } else { 0 };
        zstd | if self.extended_l2 { EXTENDED_L2 } else { 0 }
    }
}
