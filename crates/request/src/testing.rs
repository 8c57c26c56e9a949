//! Facts of sound disks, and requests.

use crate::draft::Draft;
use crate::import::{DiskDeviceMapping, ImportImage};
use crate::stated::Stated;
use facts::*;
use preflight::{Request, Target};

/// Known to be there.
pub(crate) fn is<T>(value: T) -> Known<T> {
    Known::Is(value)
}

/// A Debian 12 of 4 GiB that boots by BIOS, as far as a request asks.
pub(crate) fn debian() -> Facts {
    let evidence = |path: &str, text: &str| Evidence::file(&VolumeId::partition(1), path).at_line(1).saying(text);
    let nvme = Driver {
        presence: Presence::Initramfs,
        evidence: Evidence::file(&VolumeId::partition(1), "/lib/modules/6.1.0/nvme.ko"),
        missing_dependencies: vec![],
    };
    let kernel = Kernel {
        version: "6.1.0".into(),
        default: true,
        drivers: [("nvme".to_owned(), is(nvme))].into(),
        ..Kernel::default()
    };
    Facts {
        schema_version: SCHEMA_VERSION,
        image: Image {
            path: "disk.qcow2".into(),
            file_size: 600 << 20,
            format: is("qcow2".into()),
            virtual_size: is(4 << 30),
            damage: is(vec![]),
            ..Image::default()
        },
        boot: Boot {
            bios: Bootability { can: is(true), evidence: vec![Evidence::disk(0, "GRUB")], missing: vec![] },
            uefi: Bootability { can: is(false), evidence: vec![], missing: vec![Evidence::words("no ESP")] },
            ..Boot::default()
        },
        guest: is(Guest {
            os: Os::Linux,
            root: VolumeId::partition(1),
            platform: is(Claim::new("Debian".into(), evidence("/etc/os-release", "ID=debian"))),
            architecture: is(Claim::new(Architecture::X86_64, evidence("/boot/vmlinuz", "x86_64"))),
            kernels: is(vec![kernel]),
            linux: Some(Box::default()),
            ..Guest::default()
        }),
        ..Facts::default()
    }
}

/// A Windows Server 2019 of 4 GiB.
pub(crate) fn windows() -> Facts {
    let mut facts = debian();
    let guest = guest_of(&mut facts);
    guest.os = Os::Windows;
    guest.platform = is(Claim::new("Windows Server 2019".into(), Evidence::words("build 17763")));
    guest.linux = None;
    guest.kernels = Known::Absent;
    guest.windows = Some(Box::default());
    facts
}

/// The guest, to be changed.
pub(crate) fn guest_of(facts: &mut Facts) -> &mut Guest {
    match &mut facts.guest {
        Known::Is(guest) => guest,
        _ => panic!("no guest"),
    }
}

/// The NVMe driver of the kernel that boots, to be changed.
pub(crate) fn nvme_of(facts: &mut Facts) -> &mut Driver {
    let Known::Is(kernels) = &mut guest_of(facts).kernels else { panic!("no kernels") };
    match kernels[0].drivers.get_mut("nvme") {
        Some(Known::Is(driver)) => driver,
        _ => panic!("no driver"),
    }
}

/// Region and bucket.
pub(crate) fn stated() -> Stated {
    let request =
        Request { region_id: Some("cn-hangzhou".into()), bucket: Some("my-images".into()), ..Request::default() };
    Stated { request, ..Stated::default() }
}

/// The request for [`debian`].
pub(crate) fn drafted() -> Draft {
    Draft::of(&[debian()], &stated(), &Target::default())
}

/// A request with every parameter.
pub(crate) fn full() -> ImportImage {
    let some = |text: &str| Some(text.to_owned());
    let disk = |key: &str, size| DiskDeviceMapping {
        format: some("QCOW2"),
        oss_bucket: some("my-images"),
        oss_object: some(key),
        disk_image_size: Some(size),
    };
    ImportImage {
        region_id: some("cn-hangzhou"),
        image_name: some("debian-12"),
        description: some("built on Monday"),
        os_type: some("linux"),
        platform: some("Debian"),
        architecture: some("x86_64"),
        boot_mode: some("BIOS"),
        license_type: some("BYOL"),
        disk_device_mapping: vec![disk("system.qcow2", 40), disk("data.qcow2", 100)],
        nvme_support: some("supported"),
        imds_support: some("v2"),
        role_name: some("AliyunECSImageImportDefaultRole"),
        detection_strategy: some("Standard"),
        storage_location_arn: some("arn:acs:cloudbox:cn-hangzhou:1234567890123456:cloudbox/cb-a1b2c3"),
        resource_group_id: some("rg-bp67acfmxazb4p"),
        tag: ["team=images", "empty"].iter().filter_map(|tag| tag.parse().ok()).collect(),
        client_token: some("5f0c2a6e-0d3b-4b43-9d6f-6f6f1f0a2b11"),
        dry_run: true,
    }
}
