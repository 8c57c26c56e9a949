//! Setup, sysprep and updates.

use crate::{Claim, Evidence, Known};
use serde::{Deserialize, Serialize};

/// Setup and sysprep.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    /// `ImageState`: `IMAGE_STATE_COMPLETE`, `IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE`. Absent before Vista.
    pub image_state: Known<Claim<String>>,
    /// `SystemSetupInProgress`. Absent: not set.
    pub in_progress: Known<Claim<bool>>,
    /// `OOBEInProgress`. Absent: not set.
    pub oobe_in_progress: Known<Claim<bool>>,
    /// `SetupType`: 0 none, 1 full, 2 sysprepped, 4 upgrade. Absent: not set.
    pub setup_type: Known<Claim<u32>>,
    /// `CmdLine`: what runs in place of the log-on. Absent: not set or empty.
    pub command: Known<Claim<String>>,
    /// `GeneralizationState` of sysprep: 7 when it is done or never ran. Absent: not set.
    pub generalization: Known<Claim<u32>>,
    /// `CleanupState` of sysprep: 2 when it is done or never ran. Absent: not set.
    pub cleanup: Known<Claim<u32>>,
    /// `Sysprep_succeeded.tag`. Absent: not there.
    pub sysprep_succeeded: Known<Evidence>,
    /// Sysprep was run and ended well: the next start makes a new machine of it.
    pub generalized: Known<bool>,
}

/// Something that an unfinished update left.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PendingUpdate {
    /// What: `RebootPending`, `RebootInProgress`, `PackagesPending`, `PendingFileRenameOperations`, `pending.xml`.
    pub name: String,
    /// Where.
    pub evidence: Evidence,
}
