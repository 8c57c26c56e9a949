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

fn partition_of(disk: u32, number: u32) -> Volume {
    let id = VolumeId::partition(number).on_disk(disk);
    Volume { id, disk: Some(disk).filter(|&disk| disk > 1), number: Some(number), ..Volume::default() }
}

#[test]
fn disks_are_counted_as_they_were_given() {
    let volumes = [partition_of(1, 1), partition_of(2, 1), partition_of(2, 5), partition_of(27, 3)];
    for (name, expected) in [
        ("sda1", Some("partition/1")),
        ("vdb1", Some("disk2/partition/1")),
        ("xvdb5", Some("disk2/partition/5")),
        ("sda5", None),
        ("sdc1", None),
        ("sdaa3", Some("disk27/partition/3")),
        ("nvme1n1p1", Some("disk2/partition/1")),
        ("nvme0n2p5", Some("disk2/partition/5")),
        ("nvme0n0p1", None),
        ("mmcblk1p1", Some("disk2/partition/1")),
        ("cciss/c0d1p1", Some("disk2/partition/1")),
        ("sdzzzzzzzzzzzzzz1", None),
    ] {
        let found = resolve(&format!("/dev/{name}"), &volumes).volume;
        assert_eq!(found.value().map(|id| id.0.as_str()), expected, "{name}");
    }
}

#[test]
fn arrays_by_name_number_and_uuid() {
    let array = |name: &str, uuid: &str| Volume {
        id: VolumeId::md(name),
        kind: VolumeKind::Array,
        name: Some(name.into()),
        uuid: Some(uuid.into()),
        ..Volume::default()
    };
    let divided = Volume { id: VolumeId::partition(2).inside(&VolumeId::md("d0")), ..Volume::default() };
    let volumes = [array("127", "01020304-0506-0708-090a-0b0c0d0e0f10"), array("root", "x"), divided];
    for (name, expected) in [
        ("md127", "md/127"),
        ("md/127", "md/127"),
        ("md/root", "md/root"),
        ("md/host:root", "md/root"),
        ("disk/by-id/md-name-host:root", "md/root"),
        ("disk/by-id/md-uuid-01020304:05060708:090a0b0c:0d0e0f10", "md/127"),
        ("md/d0p2", "md/d0/partition/2"),
    ] {
        let found = resolve(&format!("/dev/{name}"), &volumes);
        assert_eq!(
            (found.kind, found.volume.value().map(|id| id.0.as_str())),
            (SpecKind::Md, Some(expected)),
            "{name}"
        );
    }
    assert!(resolve("/dev/md5", &volumes).volume.reason().is_some());
    assert_eq!(resolve("/dev/md5", &disk()).volume, Known::Absent);
}

#[test]
fn a_group_and_a_volume_by_their_uuids() {
    let uuid = Some("EMfcGR-KAOf-VrvI-yqth-fmz0-Ylmx-xepAJq".to_owned());
    let (id, kind, content) = (VolumeId::lvm("vg", "lv"), VolumeKind::Logical, Known::Absent);
    let volumes = [Volume { id, kind, uuid, content, ..Volume::default() }];
    let name = format!("/dev/disk/by-id/dm-uuid-LVM-{}EMfcGRKAOfVrvIyqthfmz0YlmxxepAJq", "x".repeat(32));
    assert_eq!(resolve(&name, &volumes).volume, Known::Is(VolumeId::lvm("vg", "lv")));
    assert_eq!(resolve(&name[..name.len() - 1], &volumes).volume, Known::Absent);
}
