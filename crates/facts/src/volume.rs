//! Volumes and what they hold.

use crate::{Evidence, Known};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Names a volume: `disk`, `partition/2`, `bsd/2/a`, `lvm/debvg/root`, `md/root`, `bcache/UUID`. What lies on another
/// disk than the first says so before: `disk2`, `disk2/partition/1`; so does what divides an array: `md/root/partition/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VolumeId(pub String);

impl VolumeId {
    /// A partition by number, as Linux counts them.
    pub fn partition(number: u32) -> Self {
        VolumeId(format!("partition/{number}"))
    }

    /// The whole disk.
    pub fn disk() -> Self {
        VolumeId("disk".into())
    }

    /// A partition of the BSD label in a slice, or of the one that divides the whole disk.
    pub fn bsd(slice: Option<u32>, letter: char) -> Self {
        match slice {
            Some(slice) => VolumeId(format!("bsd/{slice}/{letter}")),
            None => VolumeId(format!("bsd/{letter}")),
        }
    }

    /// A logical volume.
    pub fn lvm(group: &str, volume: &str) -> Self {
        VolumeId(format!("lvm/{group}/{volume}"))
    }

    /// An md array, by its name or, where it has none of its own, its UUID.
    pub fn md(name: &str) -> Self {
        VolumeId(format!("md/{name}"))
    }

    /// A device that is read without the bcache before it, by its UUID.
    pub fn bcache(uuid: &str) -> Self {
        VolumeId(format!("bcache/{uuid}"))
    }

    /// The same on the disk of that number, counted from 1.
    #[must_use]
    pub fn on_disk(self, number: u32) -> Self {
        match (number, self.0.as_str()) {
            (..=1, _) => self,
            (_, "disk") => VolumeId(format!("disk{number}")),
            _ => self.inside(&VolumeId(format!("disk{number}"))),
        }
    }

    /// The same in something that a table divides, as a disk or an array.
    #[must_use]
    pub fn inside(self, whole: &VolumeId) -> Self {
        VolumeId(format!("{}/{}", whole.0, self.0))
    }

    /// Whether it is that volume, or lies in it.
    pub fn is_within(&self, whole: &VolumeId) -> bool {
        self.0.strip_prefix(&whole.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// As a person would say it: `partition 2`, `LVM debvg/root`, `partition 1 of disk 2`, `array root`.
impl fmt::Display for VolumeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |name: &str| name.strip_prefix("disk").filter(|number| !number.is_empty()).map(str::to_owned);
        let whole = |name: &str| match (name.split_once('/'), number(name)) {
            (Some(("partition", number)), _) => format!("partition {number}"),
            (Some(("bsd", name)), _) => match name.split_once('/') {
                Some((slice, letter)) => format!("slice {slice} partition {letter}"),
                None => format!("BSD partition {name}"),
            },
            (Some(("lvm", name)), _) => format!("LVM {name}"),
            (Some(("md", name)), _) => format!("array {name}"),
            (None, Some(number)) => format!("disk {number}"),
            _ => name.to_owned(),
        };
        let on_disk = self.0.split_once('/').and_then(|(disk, rest)| Some((number(disk)?, rest)));
        let text = match (on_disk, self.0.split_once("/partition/")) {
            (Some((number, rest)), _) => format!("{} of disk {number}", whole(rest)),
            (None, Some((outer, number))) => format!("partition {number} of {}", whole(outer)),
            (None, None) => whole(&self.0),
        };
        f.write_str(&crate::printable(&text))
    }
}

/// What kind of thing a volume is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VolumeKind {
    /// An entry of the partition table, or of a BSD label.
    #[default]
    Partition,
    /// An MBR extended partition, which holds the logical ones.
    Extended,
    /// A partition that a BSD label divides.
    Slice,
    /// An LVM logical volume.
    Logical,
    /// An md array.
    Array,
    /// A device that is read without the bcache before it.
    Cached,
    /// The disk itself, without a partition table.
    Disk,
}

/// A stretch of the disk.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Volume {
    /// Its name in this report.
    pub id: VolumeId,
    /// What kind of thing it is.
    pub kind: VolumeKind,
    /// Which disk it lies on, counted from 1, where that is not the first; the first of them if it lies on several.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub disk: Option<u32>,
    /// Number of a partition.
    pub number: Option<u32>,
    /// Where it begins on the disk; none for a logical volume that is not one run.
    pub offset: Option<u64>,
    /// Length.
    pub size: u64,
    /// GPT: type GUID in upper case. MBR: `0x83`. BSD label: `4.2BSD`. LVM: the segment type. md: the level.
    pub partition_type: Option<String>,
    /// GPT: the partition's name. LVM: `group/volume`. md: the array's name or UUID.
    pub name: Option<String>,
    /// GPT: unique GUID in lower case. MBR: `signature-NN`. What `PARTUUID=` means. LVM, md: UUID of
    /// the volume.
    pub uuid: Option<String>,
    /// MBR: the active flag. GPT: the legacy-BIOS-bootable attribute.
    pub bootable: bool,
    /// What it holds. Absent: nothing that is recognised.
    pub content: Known<Content>,
    /// What it is for. Unknown where the content could not be read.
    pub role: Known<Role>,
}

impl Volume {
    /// The filesystem on it, if it has one that was read.
    pub fn filesystem(&self) -> Option<&Filesystem> {
        match self.content.value() {
            Some(Content::Filesystem(filesystem)) => Some(filesystem),
            _ => None,
        }
    }
}

/// What a volume is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A root filesystem.
    Root,
    /// `/boot` as a filesystem of its own.
    Boot,
    /// EFI system partition.
    Esp,
    /// `/usr` as a filesystem of its own.
    Usr,
    /// `/var` as a filesystem of its own.
    Var,
    /// `/home` as a filesystem of its own.
    Home,
    /// Swap space.
    Swap,
    /// GRUB's core image on a GPT disk, read by BIOS boot code.
    BiosBoot,
    /// A part of something assembled from several volumes: LVM, RAID.
    Member,
    /// Anything else.
    Data,
}

/// What a volume holds.
#[expect(clippy::large_enum_variant, reason = "there are a handful of volumes, and most hold a filesystem")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// A filesystem.
    Filesystem(Filesystem),
    /// Swap space; `hibernated` if it holds the memory of a suspended machine.
    Swap {
        /// UUID in lower case.
        uuid: Option<String>,
        /// Label.
        label: Option<String>,
        /// Holds a hibernation image.
        hibernated: bool,
    },
    /// A part of something larger: `lvm2`, `md`.
    Member {
        /// Of what: `lvm2`, `md`, `zfs`, `bcache`, …
        of: String,
        /// UUID of the member or the set, as its tools print it.
        uuid: Option<String>,
        /// Name of the set: the volume group, the array.
        name: Option<String>,
    },
    /// Encrypted: `luks1`, `luks2`, `bitlocker`.
    Encrypted {
        /// By what.
        by: String,
        /// UUID in lower case.
        uuid: Option<String>,
    },
    /// Boot code or another thing that is not a filesystem: `grub-core`.
    Other {
        /// Its name.
        name: String,
    },
}

/// A filesystem.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Filesystem {
    /// `ext4`, `vfat`, `xfs`, as in fstab.
    pub fs_type: String,
    /// UUID as in `UUID=`: lower case; FAT `ABCD-1234` in upper case.
    pub uuid: Option<String>,
    /// Label as in `LABEL=`.
    pub label: Option<String>,
    /// Length by its own account.
    pub size: Known<u64>,
    /// Bytes that an ordinary file could still take.
    pub free: Known<u64>,
    /// Number of inodes. Absent: the filesystem does not count them.
    pub inodes: Known<u64>,
    /// Free inodes.
    pub free_inodes: Known<u64>,
    /// Unmounted cleanly. `Is(false)`: the journal must be replayed or it must be checked.
    pub clean: Known<bool>,
    /// Its own record of errors found in it.
    pub errors: Known<bool>,
    /// Names of features, as its tools print them (`64bit`, `metadata_csum_seed`).
    pub features: Vec<String>,
    /// Whether it could be opened, that is, whether files in it were looked for. Absent is never used.
    pub readable: Known<bool>,
    /// Why it is unclean, damaged or unreadable.
    pub evidence: Vec<Evidence>,
}

#[cfg(test)]
mod tests {
    use super::VolumeId;

    #[test]
    fn names_say_where_a_volume_lies() {
        let partition = || VolumeId::partition(1);
        for (id, name, said) in [
            (partition(), "partition/1", "partition 1"),
            (partition().on_disk(1), "partition/1", "partition 1"),
            (partition().on_disk(2), "disk2/partition/1", "partition 1 of disk 2"),
            (VolumeId::disk().on_disk(3), "disk3", "disk 3"),
            (VolumeId::disk(), "disk", "disk"),
            (VolumeId::md("root"), "md/root", "array root"),
            (partition().inside(&VolumeId::md("root")), "md/root/partition/1", "partition 1 of array root"),
            (VolumeId::lvm("vg", "lv"), "lvm/vg/lv", "LVM vg/lv"),
            (VolumeId::bsd(Some(2), 'a'), "bsd/2/a", "slice 2 partition a"),
            (VolumeId::bsd(None, 'b'), "bsd/b", "BSD partition b"),
            (VolumeId::bsd(Some(1), 'a').on_disk(2), "disk2/bsd/1/a", "slice 1 partition a of disk 2"),
            (VolumeId::bcache("a-b"), "bcache/a-b", "bcache/a-b"),
        ] {
            assert_eq!((id.0.as_str(), id.to_string().as_str()), (name, said));
        }
        let array = VolumeId::md("a");
        assert!(array.is_within(&array) && partition().inside(&array).is_within(&array));
        assert!(!VolumeId::md("ab").is_within(&array));
    }
}
