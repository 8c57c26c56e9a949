//! Machines of several disks, each an image of another format.

use super::guests::skip;
use facts::{Facts, Known, SpecKind, VolumeId};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use storage::{Error, ReadAt, Source};

/// Length of the stripes of the volume that is the root here, in bytes, and where they begin on each disk.
const STRIPE: usize = 64 << 10;
const FIRST: usize = 1 << 20;

/// Runs a program; false where it is not there.
fn ran(program: &str, arguments: &[&str]) -> bool {
    let Ok(output) = Command::new(program).args(arguments).output() else { return false };
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    true
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// An ext4 of so many mebibytes with these files, and a label.
fn ext4(folder: &Path, label: &str, mebibytes: u32, files: &[(&str, &str)]) -> Option<Vec<u8>> {
    let tree = folder.join(format!("{label}-tree"));
    for (path, content) in files {
        let path = tree.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let image = folder.join(label);
    let size = format!("{mebibytes}M");
    let arguments = ["-q", "-t", "ext4", "-b", "1024", "-L", label, "-d", text(&tree), text(&image), &size];
    ran("mke2fs", &arguments).then(|| std::fs::read(image).unwrap())
}

/// Puts the disks of a case of the crate `volume` into a folder.
fn unpack(case: &str, folder: &Path) -> bool {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../volume/tests/fixtures");
    let packed = fixtures.join(format!("{case}.tar.zst"));
    ran("tar", &["--zstd", "-xf", text(&packed), "-C", text(folder)])
}

/// The disks of a group that LVM made, with another root in its volume striped over three of them; and a fourth, with
/// a partition.
struct Disks {
    paths: Vec<PathBuf>,
    root: Vec<u8>,
    _folder: tempfile::TempDir,
}

impl Disks {
    fn make() -> Option<Disks> {
        let folder = tempfile::tempdir().unwrap();
        let raw = |number: u32| folder.path().join(format!("disk{number}"));
        let fstab = "/dev/mapper/vg-fast / ext4 defaults 0 1\n/dev/sdd1 /data ext4 defaults 0 2\n\
                     LABEL=DATA /srv ext4 noauto 0 0\n/dev/vg/long-name /var/log xfs defaults 0 2\n";
        let files =
            [("etc/fstab", fstab), ("etc/hosts", ""), ("bin/sh", "x"), ("data/.keep", ""), ("etc/hostname", "two")];
        let root = ext4(folder.path(), "ROOT", 6, &files)?;
        let data = ext4(folder.path(), "DATA", 4, &[("photo", "x")])?;
        if !unpack("lvm-plain", folder.path()) {
            return None;
        }
        let mut disks: Vec<_> = (1..=3).map(|number| std::fs::read(raw(number)).unwrap()).collect();
        for (index, stripe) in root.chunks(STRIPE).enumerate() {
            let at = FIRST + index / 3 * STRIPE;
            let place = &mut disks[index % 3][at..at + STRIPE];
            // What LVM striped there are lines that count from 0.
            assert!(place.starts_with(format!("A {:029}\n", index * STRIPE / 32).as_bytes()), "{index}");
            place.copy_from_slice(stripe);
        }
        let mut fourth = vec![0; FIRST];
        fourth[446 + 4] = 0x83;
        fourth[446 + 8..446 + 16].copy_from_slice(&[0, 8, 0, 0, 0, 32, 0, 0]);
        fourth[510..512].copy_from_slice(&[0x55, 0xAA]);
        fourth.extend(data);
        disks.push(fourth);
        let mut paths = Vec::new();
        for (number, (bytes, format)) in (1..).zip(disks.iter().zip(["qcow2", "vpc", "raw", "vhdx"])) {
            std::fs::write(raw(number), bytes).unwrap();
            let path = folder.path().join(format!("{number}.{format}"));
            let options: &[&str] = if format == "vpc" { &["-o", "force_size=on"] } else { &[] };
            let (from, to) = (raw(number), path.clone());
            if !ran("qemu-img", &[&["convert", "-O", format], options, &[text(&from), text(&to)]].concat()) {
                return None;
            }
            paths.push(path);
        }
        Some(Disks { paths, root, _folder: folder })
    }

    /// Facts of some of them, in that order.
    fn inspect(&self, chosen: &[usize]) -> Facts {
        let opened: Vec<_> = chosen.iter().map(|&index| open(&self.paths[index])).collect();
        let images: Vec<_> =
            opened.iter().map(|(file, disk)| inspect::Image { path: "disk", file, disk: disk.as_ref() }).collect();
        let system = inspect::Image { path: "disk", file: images[0].file, disk: images[0].disk.unwrap() };
        inspect::inspect_machine(system, &images[1..]).unwrap()
    }
}

type Opened = (Source, Result<Arc<dyn disk::Disk>, Error>);

fn open(path: &Path) -> Opened {
    let file: Source = Arc::new(storage::File::open(path).unwrap());
    let disk = disk::open(file.clone(), None, &disk::Closed);
    (file, disk)
}

#[test]
fn a_root_striped_over_images_of_several_formats() {
    let Some(disks) = Disks::make() else { return skip("mke2fs, tar, zstd or qemu-img") };
    let opened: Vec<Source> = disks.paths.iter().map(|path| open(path).1.unwrap() as Source).collect();
    let machine = volume::scan_all(&opened).unwrap();
    let root = machine.volumes.iter().find(|volume| volume.name.as_deref() == Some("vg/fast")).unwrap();
    let mut bytes = vec![0; disks.root.len()];
    root.source.read_at(&mut bytes, 0).unwrap();
    assert!(root.size == bytes.len() as u64 && bytes == disks.root, "the root is not what was written");

    let facts = disks.inspect(&[0, 1, 2, 3]);
    let guest = facts.guest.value().unwrap();
    assert_eq!((&guest.root, facts.data_disks.len()), (&VolumeId::lvm("vg", "fast"), 3));
    let formats: Vec<_> = facts.data_disks.iter().map(|disk| disk.image.format.value().unwrap().as_str()).collect();
    assert_eq!(formats, ["vhd", "raw", "vhdx"]);
    let ids: Vec<_> = facts.volumes.iter().map(|volume| volume.id.0.as_str()).collect();
    assert_eq!(ids, ["disk", "disk2", "disk3", "disk4/partition/1", "lvm/vg/fast", "lvm/vg/long-name"]);
    let data = Known::Is(VolumeId::partition(1).on_disk(4));
    let fstab = guest.linux.as_ref().unwrap().fstab.value().unwrap();
    let specs: Vec<_> = fstab.entries.iter().map(|entry| (entry.spec.kind, entry.spec.volume.clone())).collect();
    let expected = [
        (SpecKind::Mapper, Known::Is(VolumeId::lvm("vg", "fast"))),
        (SpecKind::KernelName, data.clone()),
        (SpecKind::Label, data),
        (SpecKind::Mapper, Known::Is(VolumeId::lvm("vg", "long-name"))),
    ];
    assert_eq!(specs, expected);
    assert!(guest.mounts.iter().any(|mount| mount.path == "/data" && mount.volume.value().is_some()));
    let json = serde_json::to_string(&facts).unwrap();
    assert_eq!(serde_json::from_str::<Facts>(&json).unwrap(), facts);
}

#[test]
fn a_disk_that_is_missing_or_cannot_be_opened_leaves_the_root_unknown() {
    let Some(disks) = Disks::make() else { return skip("mke2fs, tar, zstd or qemu-img") };
    for chosen in [&[0][..], &[0, 2, 3], &[3, 0, 1]] {
        let facts = disks.inspect(chosen);
        assert!(facts.guest.reason().is_some(), "{chosen:?}: {:?}", facts.guest);
        let fast = facts.volume(&VolumeId::lvm("vg", "fast")).unwrap();
        assert!(fast.content.reason().is_some(), "{fast:?}");
        let problems =
            facts.disk.value().into_iter().chain(facts.data_disks.iter().filter_map(|disk| disk.disk.value()));
        assert!(problems.flat_map(|disk| &disk.problems).any(|problem| problem.id == "lvm-missing-pv"));
    }
    std::fs::write(&disks.paths[1], b"QFI\xfb and nothing behind it").unwrap();
    let facts = disks.inspect(&[0, 1, 2, 3]);
    assert!(facts.guest.reason().is_some() && facts.data_disks[0].disk.reason().is_some(), "{:?}", facts.guest);
    let ids: Vec<_> = facts.volumes.iter().map(|volume| volume.id.0.as_str()).collect();
    assert_eq!(ids[..4], ["disk", "disk2", "disk3", "disk4/partition/1"]);
    assert!(facts.volumes[1].content.reason().is_some(), "{:?}", facts.volumes[1]);
}

/// Either half of a mirror looks like the filesystem from its start on, and is not taken for it.
#[test]
fn a_root_on_an_array_whose_members_look_like_filesystems() {
    let folder = tempfile::tempdir().unwrap();
    let files = [("etc/fstab", "/dev/md7 / ext4 defaults 0 1\n"), ("etc/hosts", ""), ("bin/sh", "x")];
    let Some(root) = ext4(folder.path(), "ROOT", 3, &files) else { return skip("mke2fs") };
    if !unpack("md-raid1-1.0", folder.path()) {
        return skip("tar or zstd");
    }
    let paths = [1, 2].map(|number| folder.path().join(format!("disk{number}")));
    for path in &paths {
        let mut bytes = std::fs::read(path).unwrap();
        bytes[..root.len()].copy_from_slice(&root);
        std::fs::write(path, bytes).unwrap();
    }
    let disks = Disks { paths: paths.to_vec(), root, _folder: folder };
    for (chosen, degraded) in [(&[0, 1][..], false), (&[1], true)] {
        let facts = disks.inspect(chosen);
        let guest = facts.guest.value().unwrap();
        assert_eq!((&guest.root, &guest.other_roots[..]), (&VolumeId::md("7"), &[][..]), "{chosen:?}");
        let entry = &guest.linux.as_ref().unwrap().fstab.value().unwrap().entries[0];
        assert_eq!((entry.spec.kind, &entry.spec.volume), (SpecKind::Md, &Known::Is(VolumeId::md("7"))));
        let problems = &facts.disk.value().unwrap().problems;
        assert_eq!(problems.iter().any(|problem| problem.id == "md-degraded"), degraded);
        let members = facts.volumes.iter().filter(|volume| volume.role.value() == Some(&facts::Role::Member));
        assert_eq!(members.count(), chosen.len());
    }
}
