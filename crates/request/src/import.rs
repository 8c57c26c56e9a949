//! The request itself.

use preflight::Tag;
use serde::{Deserialize, Serialize};

/// Parameters of `ImportImage`, by the names of the API. What is left out is not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ImportImage {
    /// Region of image and bucket.
    pub region_id: Option<String>,
    /// Name of the image to be.
    pub image_name: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// `linux` or `windows`.
    #[serde(rename = "OSType")]
    pub os_type: Option<String>,
    /// Distribution.
    pub platform: Option<String>,
    /// `i386`, `x86_64` or `arm64`.
    pub architecture: Option<String>,
    /// `BIOS` or `UEFI`.
    pub boot_mode: Option<String>,
    /// `Aliyun` or `BYOL`; of Windows only.
    pub license_type: Option<String>,
    /// The system disk, then the data disks.
    pub disk_device_mapping: Vec<DiskDeviceMapping>,
    /// `Features.NvmeSupport`: `supported` or `unsupported`.
    pub nvme_support: Option<String>,
    /// `Features.ImdsSupport`: `v1` or `v2`.
    pub imds_support: Option<String>,
    /// The role that the service takes on to read the bucket.
    pub role_name: Option<String>,
    /// `Standard`: check the image after the import.
    pub detection_strategy: Option<String>,
    /// The CloudBox that the bucket lies on.
    pub storage_location_arn: Option<String>,
    /// Resource group of the image.
    pub resource_group_id: Option<String>,
    /// Tags of the image.
    pub tag: Vec<Tag>,
    /// What makes the call the same when it is made again.
    pub client_token: Option<String>,
    /// Only ask whether the call would do.
    pub dry_run: bool,
}

/// `DiskDeviceMapping.N`: one disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DiskDeviceMapping {
    /// `RAW`, `VHD`, `QCOW2`, `VMDK`.
    pub format: Option<String>,
    /// Bucket of the object.
    #[serde(rename = "OSSBucket")]
    pub oss_bucket: Option<String>,
    /// Its key.
    #[serde(rename = "OSSObject")]
    pub oss_object: Option<String>,
    /// Size of the cloud disk in GiB.
    pub disk_image_size: Option<u64>,
}

impl ImportImage {
    /// The parameters as they go over the wire, flat, in the order of the reference: `DiskDeviceMapping.1.OSSBucket`.
    pub fn parameters(&self) -> Vec<(String, String)> {
        let mut all = Vec::new();
        let mut add = |name: &str, value: &Option<String>| all.extend(value.clone().map(|value| (name.into(), value)));
        add("RegionId", &self.region_id);
        add("ImageName", &self.image_name);
        add("Description", &self.description);
        add("OSType", &self.os_type);
        add("Platform", &self.platform);
        add("Architecture", &self.architecture);
        add("BootMode", &self.boot_mode);
        add("LicenseType", &self.license_type);
        for (disk, number) in self.disk_device_mapping.iter().zip(1..) {
            let name = |field: &str| mapping(number, field);
            add(&name("Format"), &disk.format);
            add(&name("OSSBucket"), &disk.oss_bucket);
            add(&name("OSSObject"), &disk.oss_object);
            add(&name("DiskImageSize"), &disk.disk_image_size.map(|size| size.to_string()));
        }
        add("Features.NvmeSupport", &self.nvme_support);
        add("Features.ImdsSupport", &self.imds_support);
        add("RoleName", &self.role_name);
        add("DetectionStrategy", &self.detection_strategy);
        add("StorageLocationArn", &self.storage_location_arn);
        add("ResourceGroupId", &self.resource_group_id);
        for (tag, number) in self.tag.iter().zip(1..) {
            add(&format!("Tag.{number}.Key"), &Some(tag.key.clone()));
            // The command line of the platform cannot say an empty value, and the service takes none for it.
            add(&format!("Tag.{number}.Value"), &Some(tag.value.clone()).filter(|value| !value.is_empty()));
        }
        add("ClientToken", &self.client_token);
        add("DryRun", &self.dry_run.then(|| "true".into()));
        all
    }
}

/// `DiskDeviceMapping.1.Format`.
pub(crate) fn mapping(number: usize, field: &str) -> String {
    format!("DiskDeviceMapping.{number}.{field}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::full;

    /// Fields of the requests of the official SDK for Python (alibabacloud_ecs20140526 7.11.8), as it maps them.
    const OFFICIAL: [&str; 15] = [
        "Architecture",
        "BootMode",
        "ClientToken",
        "Description",
        "DetectionStrategy",
        "DryRun",
        "ImageName",
        "LicenseType",
        "OSType",
        "Platform",
        "RegionId",
        "ResourceGroupId",
        "RoleName",
        "StorageLocationArn",
        "DiskDeviceMapping",
    ];

    #[test]
    fn every_name_is_one_of_the_api() {
        let parameters = full().parameters();
        for (name, _) in &parameters {
            let parts: Vec<_> = name.split('.').collect();
            let known = match parts.as_slice() {
                [name] => OFFICIAL.contains(name),
                ["DiskDeviceMapping", n, field] => {
                    n.parse::<u32>().is_ok() && ["Format", "OSSBucket", "OSSObject", "DiskImageSize"].contains(field)
                }
                ["Tag", n, field] => n.parse::<u32>().is_ok() && ["Key", "Value"].contains(field),
                ["Features", field] => ["NvmeSupport", "ImdsSupport"].contains(field),
                _ => false,
            };
            assert!(known, "{name}");
        }
        for name in OFFICIAL {
            assert!(parameters.iter().any(|(sent, _)| sent.starts_with(name)), "{name} is never sent");
        }
    }

    #[test]
    fn disks_and_tags_are_numbered_from_one() {
        let parameters = full().parameters();
        let value = |name: &str| parameters.iter().find(|(sent, _)| sent == name).map(|(_, value)| value.as_str());
        assert_eq!(value("DiskDeviceMapping.1.OSSObject"), Some("system.qcow2"));
        assert_eq!(value("DiskDeviceMapping.2.DiskImageSize"), Some("100"));
        assert_eq!((value("Tag.1.Key"), value("Tag.1.Value")), (Some("team"), Some("images")));
        assert_eq!((value("Tag.2.Key"), value("Tag.2.Value")), (Some("empty"), None));
        assert_eq!(value("DryRun"), Some("true"));
        assert!(ImportImage::default().parameters().is_empty());
    }

    #[test]
    fn json_has_the_names_of_the_api() {
        let json = serde_json::to_value(full()).unwrap();
        assert_eq!(json["OSType"], "linux");
        assert_eq!(json["DiskDeviceMapping"][0]["OSSBucket"], "my-images");
        assert_eq!(serde_json::from_value::<ImportImage>(json).unwrap(), full());
    }
}
