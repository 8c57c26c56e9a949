//! What the header of an image says: the same words for every format.

/// What a format's metadata says about an image. All of it can be had without reading the disk's content.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Info {
    /// Name of the format: `raw`, `qcow2`, `vhd`.
    pub format: &'static str,
    /// Length of the disk.
    pub virtual_size: u64,
    /// Unit of allocation, where there is one.
    pub cluster_size: Option<u64>,
    /// Name of the backing file, as the image says it; never opened because it stands here.
    pub backing_file: Option<String>,
    /// Format of the backing file, as the image says it.
    pub backing_format: Option<String>,
    /// Name of the external data file; empty where only the feature bit is set.
    pub data_file: Option<String>,
    /// Encryption method: `aes`, `luks`.
    pub encryption: Option<String>,
    /// A writer did not finish: refcounts may be wrong.
    pub dirty: bool,
    /// What only this format has.
    pub details: Details,
    /// What is odd about it and harmless, in sentences.
    pub notes: Vec<String>,
}

/// What only one format has.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Details {
    /// Nothing.
    #[default]
    None,
    /// qcow2.
    Qcow2(Qcow2Details),
    /// VHD.
    Vhd(VhdDetails),
}

/// Of a qcow2's header.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Qcow2Details {
    /// 2 or 3.
    pub version: u32,
    /// `zlib` or `zstd`.
    pub compression: &'static str,
    /// Refcounts are updated lazily.
    pub lazy_refcounts: bool,
    /// Width of a refcount in bits.
    pub refcount_bits: u32,
    /// Incompatible feature bit 1: a writer found damage.
    pub corrupt: bool,
    /// Subclusters.
    pub extended_l2: bool,
    /// The external data file is a raw image (autoclear bit 1).
    pub data_file_raw: bool,
    /// Number of internal snapshots.
    pub snapshots: u32,
    /// Number of persistent bitmaps.
    pub bitmaps: u32,
}

/// Of a VHD's footer and header.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VhdDetails {
    /// 2 fixed, 3 dynamic, 4 differencing.
    pub disk_type: u32,
    /// Creator application, four characters.
    pub creator: String,
    /// Current size in the footer.
    pub current_size: u64,
    /// What the geometry amounts to in bytes.
    pub geometry_size: u64,
    /// Block size of a dynamic one.
    pub block_size: Option<u64>,
    /// Entries of the block allocation table.
    pub max_table_entries: Option<u64>,
    /// Whether the footer at the end of the file is there and right.
    pub footer_valid: bool,
    /// Saved state flag.
    pub saved_state: bool,
}
