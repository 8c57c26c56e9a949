//! The request as a resource `alicloud_image_import` of Terraform (provider aliyun/alicloud, its reference of 2024).

use crate::checks::Checks;
use crate::draft::Draft;
use crate::hcl::{attributes, comment, quoted};
use crate::import::{DiskDeviceMapping, ImportImage};

/// Parameters that have an argument in the resource.
const ARGUMENTS: [(&str, &str); 7] = [
    ("ImageName", "image_name"),
    ("Description", "description"),
    ("OSType", "os_type"),
    ("Platform", "platform"),
    ("Architecture", "architecture"),
    ("BootMode", "boot_mode"),
    ("LicenseType", "license_type"),
];

/// A resource.
#[derive(Debug)]
pub(crate) struct Writer;

impl crate::Writer for Writer {
    fn name(&self) -> &'static str {
        "terraform"
    }

    fn write(&self, draft: &Draft, _: &Checks) -> Result<String, String> {
        let import = &draft.import;
        if import.dry_run {
            return Err("alicloud_image_import makes the image, it cannot only ask (--dry-run)".into());
        }
        let parameters = import.parameters();
        let argument = |name: &str| ARGUMENTS.iter().find(|(known, _)| *known == name).map(|(_, argument)| *argument);
        let said: Vec<_> =
            parameters.iter().filter_map(|(name, value)| Some((argument(name)?, quoted(value)))).collect();
        let mut text = remarks(import);
        let own = |name: &str| argument(name).is_some() || name == "RegionId" || name.starts_with("DiskDeviceMapping.");
        for (name, value) in parameters.iter().filter(|(name, _)| !own(name)) {
            text += &comment(&format!("No argument for {name}={value}: it is not sent."));
        }
        text += "resource \"alicloud_image_import\" \"image\" {\n";
        text += &attributes(2, &said);
        for disk in &import.disk_device_mapping {
            text += &mapping(disk);
        }
        text += "}\n";
        Ok(text)
    }
}

/// What the resource cannot say, or not in every version.
fn remarks(import: &ImportImage) -> String {
    let mut text = String::new();
    if let Some(region) = &import.region_id {
        text += &comment(&format!("The image goes to the region of the provider, which must be {region}."));
    }
    if import.boot_mode.is_some() {
        text += &comment("boot_mode needs version 1.225.0 of the provider, or a newer one.");
    }
    if import.architecture.as_deref() == Some("arm64") {
        text += &comment("architecture is documented for x86_64 and i386 only: a provider may refuse arm64.");
    }
    if import.disk_device_mapping.len() > 1 {
        text += &comment("The first disk must stay the first: newer providers document the disks as a set.");
    }
    text
}

fn mapping(disk: &DiskDeviceMapping) -> String {
    // The resource writes this one in small letters.
    let format = disk.format.as_ref().map(|format| if format == "QCOW2" { "qcow2" } else { format });
    let size = disk.disk_image_size.map(|size| ("disk_image_size", size.to_string()));
    let pairs: Vec<_> = [
        format.map(|format| ("format", quoted(format))),
        disk.oss_bucket.as_ref().map(|bucket| ("oss_bucket", quoted(bucket))),
        disk.oss_object.as_ref().map(|key| ("oss_object", quoted(key))),
        size,
    ]
    .into_iter()
    .flatten()
    .collect();
    format!("\n  disk_device_mapping {{\n{}  }}\n", attributes(4, &pairs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Writer as _;
    use crate::testing::{drafted, full};

    fn written(change: impl Fn(&mut ImportImage)) -> Result<String, String> {
        let mut draft = drafted();
        change(&mut draft.import);
        Writer.write(&draft, &Checks::default())
    }

    #[test]
    fn a_parser_reads_the_resource() {
        let text = written(|import| import.image_name = Some("debian-12".into())).unwrap();
        let body = hcl::parse(&text).unwrap();
        let json = serde_json::to_value(hcl::from_body::<hcl::Value>(body).unwrap()).unwrap();
        let resource = &json["resource"]["alicloud_image_import"]["image"];
        assert_eq!(resource["os_type"], "linux");
        assert_eq!(resource["image_name"], "debian-12");
        assert_eq!(resource["boot_mode"], "BIOS");
        let disk = &resource["disk_device_mapping"];
        assert_eq!((&disk["format"], &disk["disk_image_size"]), (&"qcow2".into(), &4.into()));
        assert!(text.contains("must be cn-hangzhou"), "{text}");
    }

    #[test]
    fn what_it_cannot_say_is_told() {
        let text = written(|import| {
            *import = ImportImage { dry_run: false, architecture: Some("arm64".into()), ..full() };
        })
        .unwrap();
        for words in ["Features.NvmeSupport=supported", "Tag.1.Key=team", "RoleName=", "may refuse arm64", "a set"] {
            assert!(text.contains(words), "{words}: {text}");
        }
        assert!(written(|import| import.dry_run = true).is_err());
    }

    #[test]
    fn a_comment_stays_one() {
        let text = written(|import| import.role_name = Some("a\nresource \"x\" \"y\" {}".into())).unwrap();
        assert_eq!(hcl::parse(&text).unwrap().blocks().count(), 1, "{text}");
    }
}
