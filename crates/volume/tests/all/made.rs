//! Disks that the kernel's own drivers wrote (`../fixtures/make.sh`), read here: the same bytes come out.

use crate::images::{has, skip};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use storage::{ErrorKind, Extents, ReadAt, Source};
use volume::{Kind, Machine, Volume, scan_all};

/// Length of a line of what `make.sh` fills volumes with, in bytes.
const LINE: usize = 32;

/// The disks of a case; nothing where they cannot be unpacked.
pub(crate) fn disks(case: &str) -> Option<Vec<Source>> {
    if !(has("tar") && has("zstd")) {
        skip("no tar or zstd");
        return None;
    }
    let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/{case}.tar.zst"));
    let folder = tempfile::tempdir().unwrap();
    let status = Command::new("tar").arg("--zstd").arg("-xf").arg(&packed).arg("-C").arg(folder.path()).status();
    assert!(status.unwrap().success(), "{}", packed.display());
    let paths = (1..).map(|number| folder.path().join(format!("disk{number}"))).take_while(|path| path.is_file());
    Some(paths.map(|path| Arc::new(std::fs::read(path).unwrap()) as Source).collect())
}

/// The machine of a case.
fn machine(case: &str) -> Option<Machine> {
    Some(scan_all(&disks(case)?).unwrap())
}

/// Names of the problems of all disks, in order.
fn ids(machine: &Machine) -> Vec<&'static str> {
    machine.disks.iter().flat_map(|disk| &disk.problems).map(|problem| problem.id).collect()
}

fn find<'a>(machine: &'a Machine, name: &str) -> &'a Volume {
    let named = |volume: &&Volume| volume.name.as_deref() == Some(name);
    machine.volumes.iter().find(named).unwrap_or_else(|| panic!("{name}: {machine:?}"))
}

/// The line of a number.
fn line(letter: char, number: usize) -> String {
    format!("{letter} {number:029}\n")
}

/// Bytes of a volume are lines of a letter, beginning with line `first`.
#[track_caller]
fn assert_lines(volume: &Volume, letter: char, at: usize, first: usize, kibibytes: usize) {
    let mut bytes = vec![0; kibibytes << 10];
    volume.source.read_at(&mut bytes, at as u64).unwrap();
    for (number, found) in bytes.chunks(LINE).enumerate() {
        let expected = line(letter, first + number);
        assert_eq!(String::from_utf8_lossy(found), expected, "byte {} of {:?}", at + number * LINE, volume.name);
    }
    // And the same by halves of lines that begin in the middle of one.
    let mut half = [0; LINE];
    volume.source.read_at(&mut half, (at + LINE / 2) as u64).unwrap();
    assert_eq!(&half[..LINE / 2], &line(letter, first).as_bytes()[LINE / 2..]);
}

/// The extents cover the volume.
#[track_caller]
fn assert_covered(volume: &Volume) {
    let sum: u64 = Extents::new(&volume.source).map(|extent| extent.unwrap().size()).sum();
    assert_eq!(sum, volume.size);
}

#[test]
fn md_arrays_of_every_version() {
    for version in ["0.90", "1.0", "1.1", "1.2"] {
        let Some(machine) = machine(&format!("md-raid1-{version}")) else { return };
        let array = find(&machine, "7");
        assert_eq!((array.kind, array.partition_type.as_deref()), (Kind::Array, Some("raid1")), "{version}");
        assert_lines(array, 'A', 0, 0, 2048);
        assert_covered(array);
        assert_eq!((ids(&machine), array.disk), (vec![], 0), "{version}");
        for disk in &machine.disks {
            let whole = disk.volumes[0].part_of.as_ref().unwrap();
            assert_eq!((whole.of, whole.name.as_deref(), &whole.uuid), ("md", Some("7"), &array.uuid));
        }
        // Either member alone is enough.
        for disk in disks(&format!("md-raid1-{version}")).unwrap() {
            let machine = scan_all(&[disk]).unwrap();
            assert_lines(find(&machine, "7"), 'A', 0, 0, 2048);
            assert_eq!(ids(&machine), ["md-degraded"]);
        }
    }
}

#[test]
fn md_arrays_dealt_out_over_members() {
    for case in ["md-raid0-1.2", "md-linear-1.2", "md-linear-0.90"] {
        let Some(mut disks) = disks(case) else { return };
        for _ in 0..disks.len() {
            disks.rotate_left(1);
            let machine = scan_all(&disks).unwrap();
            let array = find(&machine, "7");
            assert_lines(array, 'A', 0, 0, 4096);
            assert_covered(array);
            assert_eq!(ids(&machine), [""; 0], "{case}");
        }
        disks.pop();
        let machine = scan_all(&disks).unwrap();
        assert_eq!(ids(&machine), ["md-missing-member"], "{case}");
        let error = find(&machine, "7").source.read_at(&mut [0], 0).unwrap_err();
        assert!(error.kind() == ErrorKind::Unsupported && error.what().contains("needs all"), "{error}");
    }
}

#[test]
fn md_arrays_that_are_not_read_are_named() {
    for (case, kind) in
        [("md-raid10", "raid10"), ("md-raid5", "raid5"), ("md-raid6", "raid6"), ("md-raid0-zones", "raid0")]
    {
        let Some(machine) = machine(case) else { return };
        let array = find(&machine, "7");
        assert_eq!((array.partition_type.as_deref(), ids(&machine)), (Some(kind), vec!["md-unsupported"]));
        assert_eq!(array.source.read_at(&mut [0], 0).unwrap_err().kind(), ErrorKind::Unsupported);
        assert!(machine.disks.iter().all(|disk| disk.volumes[0].part_of.is_some()));
    }
}

#[test]
fn md_members_that_are_old_or_not_whole_are_not_read() {
    let Some(stale) = machine("md-stale") else { return };
    assert_lines(find(&stale, "7"), 'B', 0, 0, 1024);
    assert_lines(find(&stale, "7"), 'A', 1 << 20, 32768, 1024);
    assert_eq!(ids(&stale), ["md-stale-member", "md-degraded"]);
    let rebuilding = machine("md-rebuilding").unwrap();
    assert_lines(find(&rebuilding, "data"), 'A', 0, 0, 30000);
    assert_eq!(ids(&rebuilding), ["md-degraded"]);
    // Alone, it is not enough.
    let half = scan_all(&disks("md-rebuilding").unwrap()[1..]).unwrap();
    assert_eq!(ids(&half), ["md-missing-member"]);
    assert!(find(&half, "data").source.read_at(&mut [0], 0).is_err());
}

#[test]
fn an_md_array_may_be_divided() {
    for version in ["1.0", "1.2"] {
        let Some(machine) = machine(&format!("md-divided-{version}")) else { return };
        let partitions: Vec<_> = machine.volumes.iter().map(|volume| (volume.kind, volume.number)).collect();
        assert_eq!(partitions, [(Kind::Partition, Some(1)), (Kind::Partition, Some(2))], "{version}");
        for (volume, letter) in machine.volumes.iter().zip(['A', 'B']) {
            assert_lines(volume, letter, 0, 0, 2048);
            assert_eq!((volume.inside.as_deref(), volume.offset), (Some("md/divided"), None));
        }
        assert_eq!(ids(&machine), [""; 0], "{version}");
        // With the superblock at the end, the table looks like the disk's own.
        let count = if version == "1.0" { 2 } else { 1 };
        for disk in &machine.disks {
            assert_eq!(disk.volumes.len(), count);
            assert!(disk.volumes.iter().all(|volume| volume.part_of.is_some()));
        }
    }
}

#[test]
fn a_group_over_an_array_and_a_disk() {
    let Some(machine) = machine("md-lvm") else { return };
    let lv = find(&machine, "vg/lv");
    assert_lines(lv, 'A', 0, 0, 8192);
    assert_eq!((ids(&machine), lv.offset), (vec![], None));
}

#[test]
fn bcache_is_read_through() {
    let Some(machine) = machine("bcache") else { return };
    let cached = machine.volumes.iter().find(|volume| volume.kind == Kind::Cached).unwrap();
    assert_lines(cached, 'A', 0, 0, 4096);
    assert_eq!((ids(&machine), cached.partition_type.as_deref()), (vec![], Some("writethrough")));
    assert!(machine.disks[0].volumes[0].part_of.is_some() && machine.disks[1].volumes[0].part_of.is_none());
}

#[test]
fn lvm_over_several_disks() {
    let Some(plain) = machine("lvm-plain") else { return };
    assert_lines(find(&plain, "vg/fast"), 'A', 0, 0, 6144);
    assert_lines(find(&plain, "vg/long-name"), 'B', 0, 0, 10240);
    assert_covered(find(&plain, "vg/long-name"));
    assert_eq!(ids(&plain), [""; 0]);
    // Metadata went around its ring; the second disk has none.
    let ring = machine("lvm-ring").unwrap();
    assert_lines(find(&ring, "vg/lv"), 'A', 0, 0, 10240);
    assert_eq!(ids(&ring), [""; 0]);
    // Without one of the disks, what lies on the others is read.
    let two = scan_all(&disks("lvm-plain").unwrap()[..2]).unwrap();
    assert!(ids(&two).iter().all(|id| *id == "lvm-missing-pv") && ids(&two).len() >= 2);
    assert!(find(&two, "vg/fast").source.read_at(&mut [0; 1 << 18], 0).is_err());
}

#[test]
fn lvm_types_that_are_read() {
    for (kind, expected) in
        [("raid1", vec![]), ("mirror", vec![]), ("raid0", vec![]), ("raid0_meta", vec![]), ("integrity", vec![])]
    {
        let Some(machine) = machine(&format!("lvm-{kind}")) else { return };
        assert_lines(find(&machine, "vg/lv"), 'A', 0, 0, 4096);
        assert_eq!((ids(&machine), machine.volumes.len()), (expected, 1), "{kind}");
    }
    let Some(snapshot) = machine("lvm-snapshot") else { return };
    assert_lines(find(&snapshot, "vg/root"), 'B', 0, 0, 512);
    assert_lines(find(&snapshot, "vg/root"), 'A', 512 << 10, 16384, 1536);
    assert_eq!(ids(&snapshot), ["lvm-segment-unsupported"]);
    for (kind, letter) in [("cache", 'B'), ("cachevol", 'B'), ("writecache", 'A')] {
        let machine = machine(&format!("lvm-{kind}")).unwrap();
        let slow = find(&machine, "vg/slow");
        assert_lines(slow, 'A', 1 << 20, 32768, 3072);
        assert_eq!((ids(&machine), machine.volumes.len()), (vec!["lvm-cached"], 1), "{kind}");
        // What was written through the cache is there where it writes through.
        if letter == 'B' {
            assert_lines(slow, 'B', 0, 0, 1024);
        }
    }
    for kind in ["raid5", "raid10"] {
        let machine = machine(&format!("lvm-{kind}")).unwrap();
        assert_eq!(ids(&machine), ["lvm-segment-unsupported"], "{kind}");
    }
}

#[test]
fn copies_that_are_not_whole_are_not_read() {
    let Some(stale) = machine("lvm-raid1-stale") else { return };
    assert_lines(find(&stale, "vg/lv"), 'B', 0, 0, 4096);
    assert_eq!(ids(&stale), ["lvm-mirror-unsynced"]);
    // In another order it is the same.
    let mut disks = disks("lvm-raid1-rebuilding").unwrap();
    disks.reverse();
    let rebuilding = scan_all(&disks).unwrap();
    assert_lines(find(&rebuilding, "vg/lv"), 'A', 0, 0, 30000);
    assert_eq!(ids(&rebuilding), ["lvm-mirror-unsynced"]);
    // The copy that is being made is not enough.
    let half = scan_all(&disks[..1]).unwrap();
    assert!(ids(&half).contains(&"lvm-missing-pv"));
    assert_eq!(find(&half, "vg/lv").source.read_at(&mut [0], 0).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn thin_volumes() {
    let Some(made) = machine("lvm-thin") else { return };
    let zeros = |volume: &Volume, at: u64, len: usize| {
        let mut bytes = vec![1; len];
        volume.source.read_at(&mut bytes, at).unwrap();
        assert!(storage::is_zero(&bytes), "{at}");
    };
    let (thin, snap) = (find(&made, "vg/thin"), find(&made, "vg/snap"));
    assert_eq!((thin.size, thin.partition_type.as_deref(), ids(&made)), (32 << 20, Some("thin"), vec![]));
    assert_lines(thin, 'A', 0, 0, 512);
    assert_lines(thin, 'B', 512 << 10, 0, 1024);
    assert_lines(thin, 'A', 1536 << 10, 49152, 512);
    zeros(thin, 2 << 20, 28 << 20);
    assert_lines(thin, 'B', 30 << 20, 0, 1024);
    zeros(thin, 31 << 20, 1 << 20);
    assert_lines(snap, 'A', 0, 0, 2048);
    zeros(snap, 2 << 20, 30 << 20);
    let empty = find(&made, "vg/empty");
    zeros(empty, 0, 8 << 20);
    for volume in [thin, snap, empty] {
        assert_covered(volume);
    }
    let runs: Vec<_> =
        Extents::new(&thin.source).map(|run| run.unwrap()).map(|run| (run.is_data(), run.size())).collect();
    assert_eq!(runs, [(true, 2 << 20), (false, 28 << 20), (true, 1 << 20), (false, 1 << 20)]);

    let over = machine("lvm-thin-external").unwrap();
    let volume = find(&over, "vg/over");
    assert_lines(volume, 'A', 0, 0, 256);
    assert_lines(volume, 'B', 256 << 10, 0, 256);
    assert_lines(volume, 'A', 512 << 10, 16384, 1536);
    assert_eq!(ids(&over), [""; 0]);
}

#[test]
fn a_thin_volume_whose_map_is_deep() {
    let Some(made) = machine("lvm-thin-deep") else { return };
    let thin = find(&made, "vg/thin");
    for index in 0..1200 {
        assert_lines(thin, 'A', (index * 384) << 10, 0, 1);
    }
    assert_covered(thin);
    let mut rest = vec![1; 63 << 10];
    thin.source.read_at(&mut rest, 1 << 10).unwrap();
    assert!(storage::is_zero(&rest));
    let mapped: u64 =
        Extents::new(&thin.source).map(|run| run.unwrap()).filter(|run| run.is_data()).map(|run| run.size()).sum();
    assert_eq!(mapped, 1200 * (64 << 10));
}

/// A disk with a bit of one byte changed.
#[derive(Debug)]
struct Flipped(Source, u64);

impl ReadAt for Flipped {
    fn size(&self) -> u64 {
        self.0.size()
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> storage::Result<()> {
        self.0.read_at(buf, offset)?;
        let at = self.1.checked_sub(offset).and_then(|at| usize::try_from(at).ok());
        at.and_then(|at| buf.get_mut(at)).into_iter().for_each(|byte| *byte ^= 1);
        Ok(())
    }
}

/// Damage in the map is an error, and never other bytes.
#[test]
fn a_map_that_is_damaged() {
    let Some(disks) = disks("lvm-thin-deep") else { return };
    let bytes = storage::read_vec(&disks[0], 0, disks[0].size()).unwrap();
    // Nodes of the map begin with a checksum and say their number; what they map is fewer than 1024 blocks of it.
    let is_node = |at: &usize| {
        let word = |from: usize| u64::from_le_bytes(bytes[at + from..at + from + 8].try_into().unwrap());
        matches!(word(0) >> 32, 1 | 2) && (1..1024).contains(&word(8)) && word(24) == 8
    };
    let nodes: Vec<usize> = (0..bytes.len() - 4096).step_by(4096).filter(is_node).collect();
    assert!(nodes.len() > 10, "{}", nodes.len());
    let mut refused = 0;
    for node in nodes.into_iter().step_by(3) {
        let machine = scan_all(&[Arc::new(Flipped(disks[0].clone(), node as u64 + 40)) as Source]).unwrap();
        let thin = find(&machine, "vg/thin");
        for index in (0..1200).step_by(17) {
            let mut start = [0; LINE];
            match thin.source.read_at(&mut start, (index * 384) << 10) {
                Ok(()) => assert_eq!(&start[..], line('A', 0).as_bytes()),
                Err(_) => refused += 1,
            }
        }
    }
    assert!(refused > 20, "{refused}");
}
