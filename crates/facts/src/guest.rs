//! The operating system on the disk.

use crate::{Claim, DeviceSpec, Evidence, FreeBsd, Kernel, Known, Linux, Loader, VolumeId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Family of operating systems.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Os {
    /// Linux.
    #[default]
    Linux,
    /// FreeBSD.
    #[serde(rename = "freebsd")]
    FreeBsd,
    /// Windows.
    Windows,
}

/// Processor architecture, by the names of `ImportImage`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Architecture {
    /// 64-bit x86.
    #[serde(rename = "x86_64")]
    X86_64,
    /// 32-bit x86.
    I386,
    /// 64-bit Arm.
    Arm64,
    /// One that ECS does not offer.
    Other,
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Architecture::X86_64 => "x86_64",
            Architecture::I386 => "i386",
            Architecture::Arm64 => "arm64",
            Architecture::Other => "other",
        })
    }
}

/// An operating system.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Guest {
    /// Family.
    pub os: Os,
    /// The volume of the root filesystem.
    pub root: VolumeId,
    /// Why that one.
    pub root_evidence: Vec<Evidence>,
    /// Other volumes that hold a root filesystem of an operating system of its own; a subvolume of btrfs follows its
    /// volume: `partition/3:/@other`.
    pub other_roots: Vec<VolumeId>,
    /// Which distribution or edition.
    pub distribution: Known<Distribution>,
    /// What `Platform` of `ImportImage` must say.
    pub platform: Known<Claim<String>>,
    /// Architecture of the kernel that boots: what `Architecture` of `ImportImage` must say.
    pub architecture: Known<Claim<Architecture>>,
    /// Architecture of the programs.
    pub userland: Known<Claim<Architecture>>,
    /// Host name.
    pub hostname: Known<Claim<String>>,
    /// The filesystems that make up the running system, root first.
    pub mounts: Vec<Mount>,
    /// The boot loader's configuration. Absent: none of those known.
    pub loader: Known<Loader>,
    /// Kernels, the one that boots by default first. Absent: none.
    pub kernels: Known<Vec<Kernel>>,
    /// What is particular to Linux; none for other systems.
    pub linux: Option<Box<Linux>>,
    /// What is particular to FreeBSD; none for other systems.
    pub freebsd: Option<Box<FreeBsd>>,
}

impl Guest {
    /// The kernel that boots by default.
    pub fn default_kernel(&self) -> Option<&Kernel> {
        self.kernels.value().and_then(|kernels| kernels.iter().find(|kernel| kernel.default))
    }
}

/// A distribution and its version.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    /// `ID` of os-release, or its like for systems without: `debian`, `centos`.
    pub id: String,
    /// As exact as the guest says: `12.9`, `7.9`, `22.04`. Empty for a rolling one.
    pub version: String,
    /// In full, for people.
    pub name: String,
    /// `VERSION_CODENAME`.
    pub codename: Option<String>,
    /// `VARIANT_ID`.
    pub variant: Option<String>,
    /// `ID_LIKE`, split.
    pub like: Vec<String>,
    /// Where it says so.
    pub evidence: Vec<Evidence>,
}

/// A filesystem in its place.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Mount {
    /// Mount point.
    pub path: String,
    /// What is mounted there. Absent: named, but not on this disk.
    pub volume: Known<VolumeId>,
    /// How it is named.
    pub spec: DeviceSpec,
}
