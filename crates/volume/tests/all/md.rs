//! md arrays of bytes made here.

use crate::build::md::{Member, mirror, old_mirror, seal};
use crate::build::put;
use crate::source;
use storage::{ErrorKind, ReadAt};
use volume::{Kind, Machine, Volume, scan_all};

fn machine(members: &[Vec<u8>]) -> Machine {
    scan_all(&members.iter().map(|member| source(member.clone())).collect::<Vec<_>>()).unwrap()
}

fn ids(machine: &Machine) -> Vec<&'static str> {
    machine.disks.iter().flat_map(|disk| &disk.problems).map(|problem| problem.id).collect()
}

/// The first letters of every sector.
fn letters(volume: &Volume) -> Result<String, ErrorKind> {
    let mut bytes = vec![0; usize::try_from(volume.source.size()).unwrap()];
    volume.source.read_at(&mut bytes, 0).map_err(|error| error.kind())?;
    Ok(bytes.iter().step_by(512).map(|&byte| char::from(byte)).collect())
}

#[test]
fn every_minor_version_is_found() {
    for (minor, data) in [(0, (0, 128)), (1, (16, 128)), (2, (16, 128))] {
        let member = |number| Member { minor, data, ..mirror(number) }.build(b'A');
        let found = machine(&[member(0), member(1)]);
        assert_eq!((found.volumes.len(), ids(&found)), (1, vec![]), "{minor}");
        let array = &found.volumes[0];
        assert_eq!((array.kind, array.name.as_deref(), array.size), (Kind::Array, Some("root"), 65536));
        assert!(letters(array).unwrap().starts_with("ABCDEFGH"), "{minor}");
        assert_eq!(array.uuid.as_deref(), Some("abababab-abab-abab-abab-abababababab"));
    }
}

#[test]
fn the_old_superblock_in_either_order_of_bytes() {
    for order in [u32::to_le_bytes, u32::to_be_bytes] {
        let found = machine(&[old_mirror(200, 0, order), old_mirror(200, 1, order)]);
        let array = &found.volumes[0];
        assert_eq!((array.name.as_deref(), array.size, ids(&found)), (Some("3"), 128 << 10, vec![]));
        assert!(letters(array).unwrap().starts_with("ABCDEFGH"));
        let mut damaged = old_mirror(200, 0, order);
        let at = (damaged.len() & !0xFFFF) - 0x1_0000;
        damaged[at + 100] ^= 1;
        assert_eq!(ids(&machine(&[damaged])), ["md-superblock-bad"]);
    }
}

#[test]
fn a_member_that_is_not_current_is_not_read() {
    let current = mirror(1).build(b'a');
    let cases = [
        (Member { events: 3, ..mirror(0) }, vec!["md-stale-member", "md-degraded"]),
        (Member { features: 2, ..mirror(0) }, vec!["md-degraded"]),
        (Member { roles: vec![0xFFFF, 1], number: 5, ..mirror(0) }, vec!["md-degraded"]),
    ];
    for (member, expected) in cases {
        let found = machine(&[member.build(b'A'), current.clone()]);
        assert!(letters(&found.volumes[0]).unwrap().starts_with("abc"));
        assert_eq!(ids(&found), expected);
        assert!(found.disks.iter().all(|disk| disk.volumes[0].part_of.is_some()));
    }
    // The freshest superblock says that the other failed.
    let failed = Member { events: 8, roles: vec![0xFFFE, 1], ..mirror(1) }.build(b'a');
    let found = machine(&[mirror(0).build(b'A'), failed]);
    assert!(letters(&found.volumes[0]).unwrap().starts_with("abc"));
    assert_eq!(ids(&found), ["md-stale-member", "md-degraded"]);
    // One event apart is a crash between two writes. A member with bad blocks is read only where it must be.
    let late = Member { events: 6, ..mirror(0) }.build(b'A');
    assert_eq!(ids(&machine(&[late, current.clone()])), [""; 0]);
    let bad = Member { features: 8, ..mirror(0) }.build(b'A');
    assert!(letters(&machine(&[bad.clone(), current]).volumes[0]).unwrap().starts_with("abc"));
    assert_eq!(ids(&machine(&[bad])), ["md-degraded"; 2]);
}

#[test]
fn stripes_and_rows() {
    let member = |number: u32, level, letter| {
        Member { number, level, chunk: 8, size: 0, data: (16, 20), ..mirror(0) }.build(letter)
    };
    let found = machine(&[member(1, 0, b'a'), member(0, 0, b'A')]);
    assert_eq!(letters(&found.volumes[0]).unwrap(), "ABCDEFGHabcdefghIJKLMNOPijklmnop");
    let found = machine(&[member(1, -1, b'a'), member(0, -1, b'A')]);
    assert_eq!(letters(&found.volumes[0]).unwrap(), "ABCDEFGHIJKLMNOPabcdefghijklmnop");
    for chunk in [0, 3, 1 << 31] {
        let members = [0, 1].map(|number| Member { number, level: 0, chunk, ..mirror(0) }.build(b'A'));
        let found = machine(&members);
        assert_eq!((ids(&found), letters(&found.volumes[0])), (vec!["md-unsupported"], Err(ErrorKind::Unsupported)));
    }
}

#[test]
fn what_is_not_read_says_so() {
    for (level, kind) in [(4, "raid4"), (5, "raid5"), (6, "raid6"), (10, "raid10"), (-4, "multipath"), (77, "level 77")]
    {
        let found = machine(&[Member { level, ..mirror(0) }.build(b'A')]);
        let array = &found.volumes[0];
        assert_eq!((array.partition_type.as_deref(), ids(&found)), (Some(kind), vec!["md-unsupported"]));
        assert_eq!(letters(array), Err(ErrorKind::Unsupported), "{kind}");
    }
    let reshaping = Member { level: 0, features: 4, ..mirror(0) };
    assert_eq!(ids(&machine(&[reshaping.build(b'A')])), ["md-unsupported"]);
    for data in [(16, 100), (500, 128), (u64::MAX / 512, 1), (u64::MAX >> 9, u64::MAX >> 9), (16, u64::MAX)] {
        let mut bytes = mirror(0).build(b'A');
        put(&mut bytes, 4096 + 128, &data.0.to_le_bytes());
        put(&mut bytes, 4096 + 136, &data.1.to_le_bytes());
        seal(&mut bytes, 4096);
        let found = machine(&[bytes]);
        assert!(["md-beyond-end", "md-superblock-bad"].contains(&ids(&found)[0]), "{data:?}: {:?}", ids(&found));
    }
}

/// The superblock of the last partition may lie where that of the disk would.
#[test]
fn a_superblock_in_a_partition_is_the_partitions() {
    use crate::build::mbr;
    let member = Member { minor: 0, sectors: 1600, data: (0, 1500), size: 1500, ..mirror(0) };
    let mut disk = mbr::disk(2048);
    mbr::record(&mut disk, 0, &[(0xFD, 448, 1600)]);
    put(&mut disk, 448 * 512, &member.build(b'A'));
    // It says which sector it lies in, so that it could not be the disk's; the older one does not.
    let found = machine(&[disk]);
    assert_eq!((found.volumes.len(), ids(&found)), (1, vec!["md-degraded"]));
    let mut disk = mbr::disk(2048);
    mbr::record(&mut disk, 0, &[(0xFD, 1024, 1024)]);
    put(&mut disk, 1024 * 512, &old_mirror(512, 0, u32::to_le_bytes));
    let found = machine(&[disk]);
    assert_eq!((found.volumes.len(), ids(&found)), (1, vec!["md-degraded"]));
    let partition = &found.disks[0].volumes[0];
    assert!(partition.part_of.is_some() && letters(&found.volumes[0]).unwrap().starts_with("ABC"));
    // Without a partition over it, the disk is the member, and its table the array's.
    let mut whole = old_mirror(1024, 0, u32::to_le_bytes);
    put(&mut whole, 0, &mbr::disk(1)[..512]);
    mbr::record(&mut whole, 0, &[(0x83, 100, 200)]);
    let found = machine(&[whole.clone()]);
    assert_eq!((found.volumes[0].inside.as_deref(), found.volumes[0].number), (Some("md/3"), Some(1)));
    assert!(found.disks[0].volumes[0].part_of.is_some());
    // Unless a partition reaches behind the array: then it is left over from before.
    mbr::record(&mut whole, 0, &[(0x83, 100, 1948)]);
    let found = machine(&[whole]);
    assert!(found.volumes.is_empty() && found.disks[0].volumes[0].part_of.is_none());
}

#[test]
fn two_arrays_of_one_name() {
    let first = mirror(0).build(b'A');
    let mut second = mirror(0).build(b'a');
    put(&mut second, 4096 + 16, &[0xCD; 16]);
    seal(&mut second, 4096);
    let found = machine(&[first, second]);
    let names: Vec<_> = found.volumes.iter().map(|volume| volume.name.as_deref().unwrap()).collect();
    assert_eq!(names, ["root", "cdcdcdcd-cdcd-cdcd-cdcd-cdcdcdcdcdcd"]);
    let mut odd = mirror(0).build(b'A');
    put(&mut odd, 4096 + 32, b"host:a/../b");
    seal(&mut odd, 4096);
    assert_eq!(machine(&[odd]).volumes[0].name.as_deref(), Some("abababab-abab-abab-abab-abababababab"));
}
