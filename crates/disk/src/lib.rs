//! Virtual disk formats.
//!
//! A [`Format`] turns a file into a [`Disk`], the bytes that a guest would see, and back. Which format a file has is
//! decided by its content: every probe is asked, and more than one match is ambiguous and refused, but for named pairs
//! that are allowed.
//!
//! An image may name other files (a backing file, a data file). None is ever opened but through the [`Opener`] that the
//! caller passes; [`Closed`] refuses all.
//!
//! # How to add one
//!
//! Write `NAME.rs` (or `NAME/`) with a unit struct that implements [`Format`], and add its word to `formats!`.

use std::sync::Arc;
use storage::{Error, ReadAt, Result, Source, WriteAt};

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

/// A virtual disk.
pub trait Disk: ReadAt {
    /// What its metadata says.
    fn info(&self) -> &Info;

    /// Walks all metadata; each sentence is one damage found. Opening already refuses what would give wrong bytes; this
    /// finds the rest (leaks, wrong refcounts). Memory and time in proportion to the metadata present.
    fn check(&self) -> Result<Vec<Error>> {
        Ok(Vec::new())
    }
}

/// Opens the files that an image refers to.
pub trait Opener: Sync {
    /// The file called `name` by the image; `name` is hostile.
    fn open(&self, name: &str) -> Result<Source>;
}

/// Refuses to open anything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Closed;

impl Opener for Closed {
    fn open(&self, name: &str) -> Result<Source> {
        Err(Error::refused(format!("the image refers to another file, {name:?}, and none may be opened")))
    }
}

/// How to create an image.
#[derive(Clone, Debug, Default)]
pub struct CreateOptions {
    /// Length of the disk.
    pub size: u64,
    /// `-o` options by qemu-img's names, such as (`compat`, `0.10`). Unknown names are an error that lists the known.
    pub options: Vec<(String, String)>,
}

/// A virtual disk format.
pub trait Format: Sync {
    /// Name in qemu-img's words.
    fn name(&self) -> &'static str;

    /// Other names that users give it.
    fn aliases(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether the file bears this format's marks.
    fn probe(&self, file: &dyn ReadAt) -> Result<bool>;

    /// What the header says, without resolving anything it refers to; works where [`open`](Self::open) refuses
    /// (encrypted, differencing, with a backing file), fails where the header itself is damaged.
    fn info(&self, file: &dyn ReadAt) -> Result<Info>;

    /// The disk in the file. Refuses whatever would give bytes that are not the guest's.
    fn open(&self, file: Source, opener: &dyn Opener) -> Result<Arc<dyn Disk>>;

    /// An empty disk in `file`, to be written and finished.
    fn create(&self, file: Arc<dyn WriteAt>, options: &CreateOptions) -> Result<Box<dyn WriteAt>>;
}

/// The formats that can be read, by name order of probing.
pub static FORMATS: &[&dyn Format] = &[];

/// The format of that name or alias.
pub fn format(name: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.name() == name || format.aliases().contains(&name))
}

/// What a file is by its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Probed {
    /// Names of the formats whose marks it bears, those that are recognised but not read among them; empty for raw.
    pub formats: Vec<&'static str>,
}

/// Asks every probe.
pub fn probe(file: &dyn ReadAt) -> Result<Probed> {
    let _ = file;
    Err(Error::unsupported("not written yet"))
}

/// Opens the disk in a file: as `format` where one is given, else by content. Raw is what bears no format's marks.
/// Ambiguous files, and formats that are recognised and not read, are errors that say what was found.
pub fn open(file: Source, format: Option<&str>, opener: &dyn Opener) -> Result<Arc<dyn Disk>> {
    let _ = (file, format, opener);
    Err(Error::unsupported("not written yet"))
}
