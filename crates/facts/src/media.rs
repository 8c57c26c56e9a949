//! Optical media: an installer, a live system, data.

use crate::{Architecture, Claim, Known};
use serde::{Deserialize, Serialize};

/// Optical media that an image file is (ISO 9660, UDF), by their volume descriptors and their files.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Media {
    /// Volume identifier.
    pub label: String,
    /// Who published them, as they say.
    pub publisher: String,
    /// What firmware starts from them as a CD (El Torito): `bios`, `uefi`.
    pub starts_by: Vec<String>,
    /// Firmware also starts from them as a disk (isohybrid).
    pub hybrid: bool,
    /// The system that they install or run, with its version. Absent: none that this program knows.
    pub system: Known<Claim<String>>,
    /// For which machines. Absent: nothing says so.
    pub architecture: Known<Claim<Architecture>>,
}
