//! What was found in a disk image.
//!
//! Plain serialisable data, the narrow waist of Bootworthy: everything below produces [`Facts`], everything above
//! reads only facts. A rule never opens a file; facts can be stored and judged later, elsewhere, without the image.
//!
//! Two habits run through all of it:
//! * [`Known`] keeps "is not there" apart from "could not be looked at". What was not looked at is `Unknown`, which is
//!   what every field starts as, and which never counts as a pass.
//! * [`Evidence`] says where in the image a claim comes from.
//!
//! Sizes, lengths and offsets are bytes unless a name says otherwise. Strings that come from the guest are kept as
//! found; whoever prints them must escape them ([`printable`]).

mod boot;
mod chain;
mod config;
mod disk;
mod evidence;
mod freebsd;
mod guest;
mod image;
mod known;
mod linux;
mod media;
mod network;
mod volume;
mod windows;

pub use boot::{Boot, BootCode, BootEntry, Bootability, EspLoader, FileRef, Loader, LoaderKind, LoaderSearch};
pub use chain::{BootStep, StepKind};
pub use config::{CloudInit, Firewall, RootLogin, Selinux, SelinuxMode, Sshd};
pub use disk::{DataDisk, Disk, DiskMap, Problem, TableKind};
pub use evidence::{Claim, Evidence, is_hidden, printable};
pub use freebsd::{BsdDriver, BsdLoader, BsdModule, BsdPresence, BsdTerminal, FreeBsd};
pub use guest::{Architecture, Distribution, Guest, Mount, Os};
pub use image::{Image, Qcow2, Transfer, Vhd, VhdKind};
pub use known::{Known, Reason};
pub use linux::{
    DefaultTarget, DeviceSpec, Driver, Fstab, FstabEntry, Initramfs, Kernel, Linux, Packages, Presence, Service,
    SpecKind,
};
pub use media::Media;
pub use network::{Addressing, InterfaceMatch, Network, NetworkProfile, NetworkSource};
pub use volume::{Content, Filesystem, Role, Volume, VolumeId, VolumeKind};
pub use windows::{
    Account, Adapter, BcdDevice, BcdDeviceKind, BcdEntry, BootIni, BootIniEntry, BootStore, ClassFilter, DeviceBinding,
    DriveLetter, FirewallRule, Firmware, Hive, HiveState, PartitionStart, PendingUpdate, ProductType, Program,
    Readiness, RemoteDesktop, ServiceStart, Setup, Windows, WindowsDriver, WindowsFirewall, WindowsService,
    WindowsVersion, XenHiding,
};

use serde::{Deserialize, Serialize};

/// Version of this vocabulary. Raised when a reader of the JSON would have to change.
pub const SCHEMA_VERSION: u32 = 1;

/// All that inspection found out about one disk image.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// [`SCHEMA_VERSION`] of the writer.
    pub schema_version: u32,
    /// The file.
    pub image: Image,
    /// The virtual disk in it. Unknown where the image cannot be read.
    pub disk: Known<Disk>,
    /// The further disks of the machine, in the order in which they were given: `disk2` is the first of them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub data_disks: Vec<DataDisk>,
    /// Partitions, or the whole disk where it holds a filesystem; in order of disk and number. Behind them, what was put
    /// together of them: arrays, logical volumes.
    pub volumes: Vec<Volume>,
    /// What the firmware of a machine would find on this disk.
    pub boot: Boot,
    /// The operating system. Absent: a data disk, or nothing this program knows.
    pub guest: Known<Guest>,
    /// Where on the disk there is something; only where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub map: Option<DiskMap>,
}

impl Facts {
    /// The volume of that id.
    pub fn volume(&self, id: &VolumeId) -> Option<&Volume> {
        self.volumes.iter().find(|volume| volume.id == *id)
    }

    /// The volume that holds the root filesystem of the guest.
    pub fn root_volume(&self) -> Option<&Volume> {
        self.guest.value().and_then(|guest| self.volume(&guest.root))
    }
}
