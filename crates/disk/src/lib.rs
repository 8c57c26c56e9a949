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
//! Write `NAME.rs` (or `NAME/`) with a unit struct `Driver` that implements [`Format`], and add its word to `formats!`.
//! A format that is to be recognised and not read is a line in `signatures.rs`.

mod blocks;
mod checked;
mod fields;
mod holes;
mod info;
mod join;
mod mapping;
mod opener;
mod options;
mod probe;
mod recent;
mod signatures;
mod zeros;

pub use checked::Checked;
pub use info::{
    Details, Info, IsoBoot, IsoDetails, OvaDetails, OvaDisk, Qcow2Details, Snapshot, VdiDetails, VhdDetails,
    VhdxDetails, VmdkDetails, VmdkExtent,
};
pub use iso::{Bootable, bootable};
pub use mapping::{Mapping, Mappings};
pub use opener::{Closed, Opener};
pub use ova::open_disk as open_member;
pub use probe::{Probed, check, info, open, open_snapshot, probe};

use std::ops::Range;
use std::sync::Arc;
use storage::{Error, ReadAt, Result, Source, WriteAt};

/// A virtual disk.
pub trait Disk: ReadAt {
    /// What its metadata says.
    fn info(&self) -> &Info;

    /// Where the run that begins at `offset` is stored. Like [`ReadAt::extent_at`], and as for that, runs need not be
    /// maximal. The default knows no more than the extents.
    fn mapping_at(&self, offset: u64) -> Result<Mapping> {
        Ok(Mapping::of(self.extent_at(offset)?))
    }
}

/// Ranges of a disk, in bytes.
pub type Ranges<'a> = dyn Iterator<Item = Result<Range<u64>>> + 'a;

/// How to create an image.
#[derive(Clone, Debug, Default)]
pub struct CreateOptions {
    /// Length of the disk.
    pub size: u64,
    /// `-o` options by qemu-img's names, such as (`compat`, `0.10`). Unknown names are an error that lists the known.
    pub options: Vec<(String, String)>,
    /// Compress what is written (`-c`); an error in formats that cannot. Clusters that are written in parts, and not in
    /// segments, are held in memory until they are whole; what was compressed can be replaced as a whole only.
    pub compress: bool,
    /// When the image is said to be made, in seconds since 1970, where it says so; what tells it from other images of its
    /// format follows from this too, so that the same disk is the same file. `None`: now, and by chance.
    pub made: Option<u64>,
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

    /// The disk as it was when an internal snapshot was taken, which is named by its id or its name.
    fn open_snapshot(&self, file: Source, snapshot: &str, opener: &dyn Opener) -> Result<Arc<dyn Disk>> {
        let _ = (file, opener);
        Err(Error::unsupported(format!("{} has no internal snapshots, so there is no {snapshot:?}", self.name())))
    }

    /// Walks all metadata, in memory and time in proportion to what is there. Works where [`open`](Self::open) refuses
    /// damage. `None`: the format has nothing that could be checked.
    fn check(&self, file: Source) -> Result<Option<Checked>> {
        let _ = file;
        Ok(None)
    }

    /// Length of the file that [`create`](Self::create) makes of a disk of which `data`, in order and apart, has to be
    /// stored and does not compress.
    fn measure(&self, options: &CreateOptions, data: &mut Ranges<'_>) -> Result<u64> {
        let _ = (options, data);
        Err(Error::unsupported(format!("how long a {} will be cannot be told before it is written", self.name())))
    }

    /// Names of the options of [`create`](Self::create), each with what it does; for `-o help`.
    fn options(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// An empty disk in `file`, to be written and finished. `file` must read as zeros where nothing was written.
    fn create(&self, file: Arc<dyn WriteAt>, options: &CreateOptions) -> Result<Box<dyn WriteAt>>;
}

/// Declares the modules of the formats and their list.
macro_rules! formats {
    ($($name:ident),+ $(,)?) => {
        $(mod $name;)+

        /// The formats that can be read, in the order in which they are probed.
        pub static FORMATS: &[&dyn Format] = &[$(&$name::Driver),+];
    };
}

formats! { qcow2, vhd, vhdx, vmdk, vdi, ova, iso, raw }

/// The format of that name or alias.
pub fn format(name: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.name() == name || format.aliases().contains(&name))
}
