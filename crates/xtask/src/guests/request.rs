//! REQ-, INS- and IMG- rules of what is said with an image: of one that is sound.

use super::case::{Case, Recipe, SOUND, Verb};

const A_NAME_THAT_IS_LONGER_THAN_A_BUCKET_MAY_HAVE: &str =
    "bucket-of-sixty-four-characters-which-is-one-more-than-there-may";

pub(super) static ALL: &[Case] = &[
    Case::said("IMG-ARCH", &["--architecture", "x86_64"], &["--architecture", "sparc"]),
    Case::said("IMG-BOOTMODE", &["--boot-mode", "UEFI"], &["--boot-mode", "Legacy"]),
    Case::said("IMG-DATADISK-COUNT", &["--disk-number", "1"], &["--disk-number", "2"]),
    Case::said("IMG-DISKSIZE-MIN", &["--disk-image-size", "20"], &["--disk-image-size", "19"]),
    Case::said("IMG-LICENSE", &["--license-type", "BYOL"], &["--license-type", "MIT"]),
    Case::said("IMG-PLATFORM", &["--platform", "Debian"], &["--platform", "Plan 9"]),
    Case::said("IMG-SUFFIX", &["--oss-object", "images/a.raw"], &["--oss-object", "images/a.img"]),
    Case::said("REQ-DESCRIPTION", &["--description", "A disk"], &["--description", "https://example.com"]),
    Case::said("REQ-CLIENT-TOKEN", &["--client-token", "once"], &["--client-token", "\u{e9}"]),
    Case::said("REQ-DETECTION", &["--detection-strategy", "Standard"], &["--detection-strategy", "Thorough"]),
    Case::said("REQ-FORMAT", &["--object-format", "RAW"], &["--object-format", "TAR"]),
    Case::said("REQ-IMDS", &["--imds-support", "v2"], &["--imds-support", "v3"]),
    Case::said("REQ-REGION", &["--region-id", "cn-hangzhou"], &["--region-id", "Hangzhou!"]),
    Case::said(
        "REQ-RESOURCE-GROUP",
        &["--resource-group-id", "rg-bp67acfmxazb4p"],
        &["--resource-group-id", "a group"],
    ),
    Case::said("REQ-ROLE-NAME", &["--role-name", "AliyunECSImageImportDefaultRole"], &["--role-name", "a role"]),
    Case::said(
        "REQ-STORAGE-LOCATION",
        &["--storage-location-arn", "arn:acs:cloudbox:cn-hangzhou:1:cloudbox/cb-1"],
        &["--storage-location-arn", "cb-1"],
    ),
    Case::said("REQ-TAG", &["--tag", "use=test"], &["--tag", "aliyun=test"]),
    Case {
        rule: "REQ-REQUIRED",
        passing: Recipe {
            verb: Verb::Request,
            arguments: &["--region-id", "cn-hangzhou", "--oss-bucket", "images"],
            ..SOUND
        },
        failing: Recipe { verb: Verb::Request, arguments: &["--region-id", "cn-hangzhou"], ..SOUND },
    },
    Case::said("REQ-IMAGE-NAME", &["--image-name", "debian-12"], &["--image-name", "acs:debian"]),
    Case::said("REQ-NVME", &["--nvme-support", "supported"], &["--nvme-support", "yes"]),
    Case::said(
        "REQ-OBJECT",
        &["--oss-bucket", "bucket"],
        &["--oss-bucket", A_NAME_THAT_IS_LONGER_THAN_A_BUCKET_MAY_HAVE],
    ),
    Case::said("REQ-OS-TYPE", &["--os-type", "linux"], &["--os-type", "freebsd"]),
    Case::said("IMG-FORMAT-HINT", &["--object-format", "RAW"], &["--object-format", "QCOW2"]),
    Case::said("INS-ARCH", &["--target", "ecs.g7"], &["--target", "ecs.g8y"]),
    Case {
        rule: "INS-BOOT",
        passing: Recipe { arguments: &["--target", "uefi"], ..SOUND },
        failing: Recipe {
            change: |disk| disk.remove_from_esp("/EFI/BOOT/BOOTX64.EFI"),
            arguments: &["--target", "uefi"],
            ..SOUND
        },
    },
    Case {
        rule: "INS-NVME",
        passing: Recipe { arguments: &["--target", "nvme"], ..SOUND },
        failing: Recipe {
            change: |disk| super::linux::thin_initramfs(disk, |name| name.contains("/nvme")),
            arguments: &["--target", "nvme"],
            ..SOUND
        },
    },
];
