//! What the user wants of the image.

use crate::baseline::Baseline;
use crate::date::Date;
use crate::instance::Instance;
use crate::outcome::Severity;
use crate::policy::Policy;
use crate::profile::Profile;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// What the disk is to become.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiskUse {
    /// The disk that an instance boots from.
    #[default]
    System,
    /// A further disk.
    Data,
}

impl FromStr for DiskUse {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "system" => Ok(DiskUse::System),
            "data" => Ok(DiskUse::Data),
            _ => Err(format!("{text:?} is no use of a disk; those are system, data")),
        }
    }
}

/// What the image is judged for.
#[derive(Clone, Debug)]
pub struct Target {
    /// Limits in force.
    pub profile: &'static Profile,
    /// What the disk is to become.
    pub disk: DiskUse,
    /// Findings from this severity on block.
    pub fail_on: Severity,
    /// Parameters of the import, as far as they are decided.
    pub request: Request,
    /// The instances that it is for.
    pub instance: Instance,
    /// What the project decides about the rules.
    pub policy: Policy,
    /// What was found before.
    pub baseline: Option<Baseline>,
    /// The day that it is, for waivers that expire.
    pub today: Date,
}

impl Default for Target {
    fn default() -> Self {
        Target {
            profile: Profile::current(),
            disk: DiskUse::System,
            fail_on: Severity::NoLogin,
            request: Request::default(),
            instance: Instance::default(),
            policy: Policy::default(),
            baseline: None,
            today: Date::today(),
        }
    }
}

/// Parameters of `ImportImage` (ECS API 2014-05-26) that the user has decided on. What is left out is not judged, or
/// derived from the disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Request {
    /// `Platform`.
    pub platform: Option<String>,
    /// `Architecture`.
    pub architecture: Option<String>,
    /// `BootMode`.
    pub boot_mode: Option<String>,
    /// `OSType`.
    pub os_type: Option<String>,
    /// `LicenseType`.
    pub license_type: Option<String>,
    /// `ImageName`.
    pub image_name: Option<String>,
    /// `Description`.
    pub description: Option<String>,
    /// `Features.NvmeSupport`.
    pub nvme_support: Option<String>,
    /// `DiskDeviceMapping.N.Format`.
    pub format: Option<String>,
    /// `DiskDeviceMapping.N.DiskImageSize` in GiB.
    pub disk_image_size_gib: Option<u64>,
    /// The N of `DiskDeviceMapping.N`: 1 is the system disk.
    pub disk_number: Option<u32>,
    /// `DiskDeviceMapping.N.OSSBucket`.
    pub bucket: Option<String>,
    /// `DiskDeviceMapping.N.OSSObject`.
    pub object_key: Option<String>,
    /// `RegionId`.
    pub region_id: Option<String>,
    /// `RoleName`.
    pub role_name: Option<String>,
    /// `DetectionStrategy`.
    pub detection_strategy: Option<String>,
    /// `Features.ImdsSupport`.
    pub imds_support: Option<String>,
    /// `StorageLocationArn`.
    pub storage_location_arn: Option<String>,
    /// `ResourceGroupId`.
    pub resource_group_id: Option<String>,
    /// `Tag.N`, in order.
    pub tags: Vec<Tag>,
    /// `ClientToken`.
    pub client_token: Option<String>,
    /// This is the whole request: what is left out is not sent.
    pub whole: bool,
}

/// `Tag.N.Key` and `Tag.N.Value`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tag {
    /// Key.
    pub key: String,
    /// Value; may be empty.
    pub value: String,
}

/// `KEY=VALUE`, or a key alone.
impl FromStr for Tag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        match key {
            "" => Err(format!("{text:?} is no tag; write it as KEY=VALUE")),
            key => Ok(Tag { key: key.into(), value: value.into() }),
        }
    }
}
