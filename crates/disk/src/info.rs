//! What the header of an image says: the same words for every format.

/// What a format's metadata says about an image. All of it can be had without reading the disk's content.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Info {
    /// Name of the format, as in [`FORMATS`](crate::FORMATS).
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
    /// Internal snapshots, as the image lists them.
    pub snapshots: Vec<Snapshot>,
    /// What only this format has.
    pub details: Details,
    /// What is odd about it and harmless, in sentences.
    pub notes: Vec<String>,
}

/// An internal snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Unique in the image.
    pub id: String,
    /// What the user called it.
    pub name: String,
    /// Bytes of machine state.
    pub vm_state_size: u64,
    /// When it was taken, in nanoseconds since 1970.
    pub date_ns: u64,
    /// How long the machine had run, in nanoseconds.
    pub vm_clock_ns: u64,
    /// Instructions executed, where they were counted.
    pub icount: Option<u64>,
    /// Length of the disk then.
    pub disk_size: u64,
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
    /// VHDX.
    Vhdx(VhdxDetails),
    /// VMDK.
    Vmdk(VmdkDetails),
    /// VDI.
    Vdi(VdiDetails),
    /// OVA.
    Ova(OvaDetails),
    /// ISO 9660 or UDF media.
    Iso(IsoDetails),
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

/// Of a VHDX's headers and metadata.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VhdxDetails {
    /// Who wrote it, as the file says.
    pub creator: String,
    /// Bytes of a payload block.
    pub block_size: u64,
    /// 512 or 4096.
    pub logical_sector_size: u32,
    /// 512 or 4096.
    pub physical_sector_size: u32,
    /// All blocks stay allocated.
    pub fixed: bool,
    /// The log holds writes that did not reach their places; they are read from the log.
    pub log_replayed: bool,
}

/// Of a VMDK's descriptor and extents.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VmdkDetails {
    /// `monolithicSparse`, `streamOptimized`, …
    pub create_type: String,
    /// Content id.
    pub cid: u32,
    /// Content id of the parent; all ones for none.
    pub parent_cid: u32,
    /// `ide`, `lsilogic`, …, as the descriptor says.
    pub adapter_type: Option<String>,
    /// The files of the disk, in order.
    pub extents: Vec<VmdkExtent>,
}

/// A file that holds a part of a VMDK's disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VmdkExtent {
    /// Its name, as the descriptor says; empty where it is the file itself.
    pub name: String,
    /// `SPARSE`, `FLAT`, `ZERO`, …
    pub kind: String,
    /// Length of the part.
    pub virtual_size: u64,
    /// Bytes of a grain, where there are grains.
    pub cluster_size: Option<u64>,
    /// Grains are compressed.
    pub compressed: bool,
}

/// Of a VDI's header.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VdiDetails {
    /// All blocks are allocated.
    pub fixed: bool,
    /// What its maker wrote into it.
    pub description: String,
    /// Bytes of a block.
    pub block_size: u64,
    /// Blocks that are there.
    pub blocks_allocated: u64,
}

/// Of an OVA's descriptor.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OvaDetails {
    /// Name of the virtual machine.
    pub machine: Option<String>,
    /// What the descriptor says runs on it.
    pub operating_system: Option<String>,
    /// `bios` or `efi`, where the descriptor says so.
    pub firmware: Option<String>,
    /// The disks in the order in which they are attached; the first is the one that is opened.
    pub disks: Vec<OvaDisk>,
    /// The digests of a manifest were checked, and agree.
    pub manifest_checked: bool,
}

/// A disk of an OVA.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OvaDisk {
    /// Name of the member of the archive.
    pub name: String,
    /// Name of its format.
    pub format: String,
    /// Length of the disk, as the descriptor says.
    pub capacity: Option<u64>,
    /// Length of the member.
    pub file_size: u64,
}

/// Of the volume descriptors of optical media.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IsoDetails {
    /// Volume identifier of ISO 9660, or else of UDF.
    pub label: String,
    /// Publisher, as the media say.
    pub publisher: String,
    /// Program that made them, as they say.
    pub application: String,
    /// Length of the ISO 9660 volume.
    pub volume_size: u64,
    /// There is a UDF volume.
    pub udf: bool,
    /// El Torito: what firmware may start from them as a CD.
    pub boot: Vec<IsoBoot>,
    /// The first sector starts a PC from a disk (isohybrid).
    pub boot_code: bool,
    /// Tables of partitions that the media already bear: `mbr`, `gpt`, `apm`.
    pub partition_tables: Vec<&'static str>,
    /// There is a partition that UEFI firmware starts from.
    pub efi_partition: bool,
}

/// An entry of the El Torito boot catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IsoBoot {
    /// `bios`, `uefi`, or the number of another platform.
    pub platform: String,
    /// Where the boot image lies, in bytes.
    pub offset: u64,
    /// Its length in bytes, as far as can be known.
    pub size: u64,
    /// The media are to be emulated as a floppy or hard disk.
    pub emulation: bool,
}
