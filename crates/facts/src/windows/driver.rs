//! Services and drivers of a Windows guest.

use crate::{Architecture, Evidence, Known};
use serde::{Deserialize, Serialize};
use std::fmt;

/// When a service starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceStart {
    /// 0: the boot loader loads it.
    #[default]
    Boot,
    /// 1: the kernel loads it as it starts.
    System,
    /// 2: at every start.
    Auto,
    /// 3: when it is needed.
    Demand,
    /// 4: never.
    Disabled,
}

/// A program or driver file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// Where it is.
    pub evidence: Evidence,
    /// Length.
    pub size: u64,
    /// Machine type in its PE header. Absent: it is not a PE file.
    pub architecture: Known<Architecture>,
    /// File version in its resources, four numbers. Absent: none.
    pub version: Known<[u16; 4]>,
    /// The read-only attribute is set.
    pub read_only: Known<bool>,
}

/// A service or driver in the registry.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WindowsService {
    /// Name of its key.
    pub name: String,
    /// `Start`. Absent: not set.
    pub start: Known<ServiceStart>,
    /// `StartOverride\0`, which Windows 8 and later write for drivers whose device was not there, and which wins over
    /// `Start`. Absent: not set.
    pub start_override: Known<ServiceStart>,
    /// `Type`: 1 is a kernel driver, 2 a filesystem driver. Absent: not set.
    pub kind: Known<u32>,
    /// `ErrorControl`: 3 keeps the system from starting without it. Absent: not set.
    pub error_control: Known<u32>,
    /// `Group`. Absent: none.
    pub group: Known<String>,
    /// `ImagePath` as written. Absent: not set; drivers then have a place by their name.
    pub image_path: Known<String>,
    /// The file. Absent: it is not there.
    pub file: Known<Program>,
    /// Its key.
    pub evidence: Evidence,
}

/// How far a driver is fit for its device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Readiness {
    /// It will not load: no file, the wrong machine type, disabled, or held back by `StartOverride`.
    #[default]
    Broken,
    /// It would load, but nothing ties it to the device.
    Unmatched,
    /// A boot driver that is installed and tied to its device, but starts only on demand.
    NotBootStart,
    /// All is there.
    Ready,
}

impl fmt::Display for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Readiness::Broken => "will not load",
            Readiness::Unmatched => "tied to no device",
            Readiness::NotBootStart => "not started at boot",
            Readiness::Ready => "ready",
        })
    }
}

/// What ties a device to a driver.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeviceBinding {
    /// The device: `PCI\VEN_1AF4&DEV_1001&SUBSYS_00021AF4&REV_00`.
    pub device: String,
    /// The driver package, where the driver database says so.
    pub package: Option<String>,
    /// Where it stands.
    pub evidence: Evidence,
}

/// A driver for a device of ECS.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WindowsDriver {
    /// Its service.
    pub service: WindowsService,
    /// How far it is fit. Unknown: something that decides it could not be read.
    pub readiness: Known<Readiness>,
    /// What keeps it from being ready.
    pub problems: Vec<Evidence>,
    /// Devices that it is tied to, in the critical device database or the driver database. Absent: none.
    pub bindings: Known<Vec<DeviceBinding>>,
    /// Its packages in the driver store, by directory. Absent: none.
    pub packages: Known<Vec<String>>,
}

/// A filter of a device class.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClassFilter {
    /// GUID of the class in lower case with braces.
    pub class: String,
    /// What the class is: `disk drives`.
    pub class_name: String,
    /// Above the driver of the device, not below it.
    pub upper: bool,
    /// Name of the filter's service.
    pub driver: String,
    /// That service. Absent: there is none, and no device of the class will start.
    pub service: Known<WindowsService>,
    /// Where it is named.
    pub evidence: Evidence,
}

/// `hide_devices` of Xen's platform driver.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct XenHiding {
    /// The devices that it hides.
    pub devices: Vec<String>,
    /// Where it is set.
    pub evidence: Evidence,
}
