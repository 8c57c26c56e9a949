//! The request as a post-processor `alicloud-import` of Packer (packer-plugin-alicloud, its source of 2024).
//!
//! The plugin sends region, name, description, type, platform, architecture and one disk, and nothing else. What would
//! become another image for that is refused here.

use crate::checks::Checks;
use crate::draft::Draft;
use crate::hcl::{attributes, comment, quoted};
use crate::import::ImportImage;

/// Parameters that the plugin sends, and its names for them.
const OPTIONS: [(&str, &str); 10] = [
    ("RegionId", "region"),
    ("ImageName", "image_name"),
    ("Description", "image_description"),
    ("OSType", "image_os_type"),
    ("Platform", "image_platform"),
    ("Architecture", "image_architecture"),
    ("DiskDeviceMapping.1.Format", "format"),
    ("DiskDeviceMapping.1.OSSBucket", "oss_bucket_name"),
    ("DiskDeviceMapping.1.OSSObject", "oss_key_name"),
    ("DiskDeviceMapping.1.DiskImageSize", "image_system_size"),
];

/// A post-processor.
#[derive(Debug)]
pub(crate) struct Writer;

impl crate::Writer for Writer {
    fn name(&self) -> &'static str {
        "packer"
    }

    fn write(&self, draft: &Draft, _: &Checks) -> Result<String, String> {
        if let Some(why) = unsayable(&draft.import) {
            return Err(format!("alicloud-import cannot make this request: {why}"));
        }
        let parameters = draft.import.parameters();
        let option = |name: &str| OPTIONS.iter().find(|(known, _)| *known == name).map(|(_, option)| *option);
        let said: Vec<_> =
            parameters.iter().filter_map(|(name, value)| Some((option(name)?, quoted(&plain(value))))).collect();
        let mut text = comment("Goes into the build block, behind what makes the raw or VHD image.");
        for (name, value) in parameters.iter().filter(|(name, _)| option(name).is_none()) {
            text += &comment(&match is_default(name, value) {
                true => format!("No option for {name}: what the service takes by default is {value} too."),
                false => format!("No option for {name}={value}: it is not sent."),
            });
        }
        text += &format!("post-processor \"alicloud-import\" {{\n{}}}\n", attributes(2, &said));
        Ok(text)
    }
}

/// Why the plugin would make another image of it.
fn unsayable(import: &ImportImage) -> Option<String> {
    let disks = import.disk_device_mapping.as_slice();
    let format = disks.first().and_then(|disk| disk.format.as_deref());
    let arm = import.architecture.as_deref() == Some("arm64");
    if import.dry_run {
        return Some("it cannot only ask (--dry-run)".into());
    }
    if import.image_name.is_none() {
        return Some("it takes any image for one of the same name, unless it has --image-name".into());
    }
    if disks.len() > 1 {
        return Some(format!("it imports one disk, and there are {}", disks.len()));
    }
    if let Some(other) = format.filter(|format| !matches!(*format, "RAW" | "VHD")) {
        return Some(format!("it takes raw and VHD, and the image is {other}; convert it with -O vhd"));
    }
    if import.boot_mode.as_deref() == Some("UEFI") && !arm {
        return Some("it does not send BootMode, and without it the instance starts by BIOS".into());
    }
    let license = import.license_type.as_deref().filter(|license| *license != "Aliyun")?;
    Some(format!("it does not send LicenseType, and without it the service takes Aliyun, not {license}"))
}

/// Whether the service takes that value where it is sent none.
fn is_default(name: &str, value: &str) -> bool {
    matches!(
        (name, value),
        ("BootMode", _)
            | ("LicenseType", "Aliyun")
            | ("Features.NvmeSupport", "unsupported")
            | ("Features.ImdsSupport", "v1")
    )
}

/// Packer fills in templates of its own, `{{ … }}`, in every string.
fn plain(text: &str) -> String {
    text.replace("{{", "{{`{{`}}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Writer as _;
    use crate::testing::drafted;

    fn written(change: impl Fn(&mut ImportImage)) -> Result<String, String> {
        let mut draft = drafted();
        draft.import.image_name = Some("debian-12".into());
        draft.import.disk_device_mapping[0].format = Some("VHD".into());
        change(&mut draft.import);
        Writer.write(&draft, &Checks::default())
    }

    #[test]
    fn a_parser_reads_the_post_processor() {
        let text = written(|_| ()).unwrap();
        let json = serde_json::to_value(hcl::from_str::<hcl::Value>(&text).unwrap()).unwrap();
        let options = &json["post-processor"]["alicloud-import"];
        assert_eq!(options["region"], "cn-hangzhou");
        assert_eq!(options["oss_bucket_name"], "my-images");
        assert_eq!(options["image_system_size"], "4");
        assert!(text.contains("# No option for Features.NvmeSupport=supported: it is not sent."), "{text}");
        assert!(text.contains("# No option for BootMode: what the service takes by default is BIOS too."), "{text}");
    }

    #[test]
    fn what_would_become_another_image_is_refused() {
        for (change, words) in [
            ((|import| import.boot_mode = Some("UEFI".into())) as fn(&mut ImportImage), "BootMode"),
            (|import| import.license_type = Some("BYOL".into()), "LicenseType"),
            (|import| import.disk_device_mapping.push(import.disk_device_mapping[0].clone()), "one disk"),
            (|import| import.disk_device_mapping[0].format = Some("QCOW2".into()), "-O vhd"),
            (|import| import.image_name = None, "--image-name"),
            (|import| import.dry_run = true, "--dry-run"),
        ] {
            let why = written(change).unwrap_err();
            assert!(why.contains(words), "{why}");
        }
        let arm = written(|import| {
            import.architecture = Some("arm64".into());
            import.boot_mode = Some("UEFI".into());
        });
        assert!(arm.is_ok(), "{arm:?}");
    }

    #[test]
    fn its_own_templates_stay_text() {
        let text = written(|import| import.description = Some("{{ user `x` }}".into())).unwrap();
        assert!(text.contains("\"{{`{{`}} user `x` }}\""), "{text}");
    }
}
