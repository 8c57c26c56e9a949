use super::*;
use facts::Filesystem;

fn disk() -> Vec<Volume> {
    let filesystem = |uuid: &str, label: &str| {
        let (uuid, label) = (Some(uuid.to_owned()), Some(label.to_owned()));
        Known::Is(Content::Filesystem(Filesystem { uuid, label, ..Filesystem::default() }))
    };
    let boot = Volume {
        id: VolumeId::partition(1),
        number: Some(1),
        uuid: Some("0d0e0b01-01".into()),
        name: Some("boot".into()),
        content: filesystem("C69A-6879", "my data"),
        ..Volume::default()
    };
    let root = Volume {
        id: VolumeId::lvm("vg-a", "lv_root"),
        kind: VolumeKind::Logical,
        name: Some("vg-a/lv_root".into()),
        content: filesystem("2a8fb91e-74d7-40af-bbc2-5b507b9f2dc6", "/"),
        ..Volume::default()
    };
    vec![boot, root]
}

fn check(text: &str, kind: SpecKind, volume: &Known<VolumeId>) {
    let spec = resolve(text, &disk());
    assert_eq!((spec.kind, &spec.volume), (kind, volume), "{text}");
}

#[test]
fn names_lead_to_volumes() {
    let (boot, root) = (Known::Is(VolumeId::partition(1)), Known::Is(VolumeId::lvm("vg-a", "lv_root")));
    check("UUID=c69a-6879", SpecKind::Uuid, &boot);
    check("UUID=\"2A8FB91E-74d7-40af-bbc2-5b507b9f2dc6\"", SpecKind::Uuid, &root);
    check("/dev/disk/by-uuid/C69A-6879", SpecKind::Uuid, &boot);
    check("LABEL=/", SpecKind::Label, &root);
    check(r"/dev/disk/by-label/my\x20data", SpecKind::Label, &boot);
    check("PARTUUID=0D0E0B01-01", SpecKind::PartUuid, &boot);
    check("PARTLABEL=boot", SpecKind::PartLabel, &boot);
    check("/dev/mapper/vg--a-lv_root", SpecKind::Mapper, &root);
    check("/dev/vg-a/lv_root", SpecKind::Mapper, &root);
    for name in ["sda1", "vda1", "xvda1", "hda1", "nvme0n1p1", "mmcblk0p1", "cciss/c0d0p1"] {
        check(&format!("/dev/{name}"), SpecKind::KernelName, &boot);
    }
}

#[test]
fn names_of_what_is_not_here() {
    check("UUID=00000000-0000-0000-0000-000000000000", SpecKind::Uuid, &Known::Absent);
    check("/dev/sdb1", SpecKind::KernelName, &Known::Absent);
    check("/dev/sda7", SpecKind::KernelName, &Known::Absent);
    check("nas:/export", SpecKind::Network, &Known::Absent);
    check("//host/share", SpecKind::Network, &Known::Absent);
    check("tmpfs", SpecKind::Pseudo, &Known::Absent);
    check("/swapfile", SpecKind::Pseudo, &Known::Absent);
    check("/dev/cdrom", SpecKind::Removable, &Known::Absent);
    assert!(resolve("/dev/disk/by-path/pci-0000", &disk()).volume.reason().is_some());
}

#[test]
fn an_encrypted_volume_may_hold_it() {
    let mut volumes = disk();
    let content = Known::Is(Content::Encrypted { by: "luks2".into(), uuid: None });
    volumes.push(Volume { id: VolumeId::partition(3), content, ..Volume::default() });
    assert!(resolve("UUID=1234", &volumes).volume.reason().is_some());
    assert_eq!(resolve("PARTUUID=1234", &volumes).volume, Known::Absent);
}
