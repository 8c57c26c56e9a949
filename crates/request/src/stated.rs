//! What the user states.

use preflight::Request;

/// What the user states about the import. It goes before what is derived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stated {
    /// What is said once for all disks. What it says of one disk (`format`, `disk_image_size_gib`, `object_key`,
    /// `disk_number`) is of none here, see `disks`.
    pub request: Request,
    /// What is said of single disks, in their order; those that are not listed are derived.
    pub disks: Vec<StatedDisk>,
    /// Only ask whether the call would do.
    pub dry_run: bool,
}

/// What the user states about one disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatedDisk {
    /// `Format`.
    pub format: Option<String>,
    /// `DiskImageSize` in GiB.
    pub disk_image_size_gib: Option<u64>,
    /// `OSSObject`.
    pub object_key: Option<String>,
}
