//! Real disks whose facts are known.

use crate::images::{corpora, open, skip, unpack};
use serde_json::Value;
use std::path::{Path, PathBuf};
use storage::{ReadAt, Source};
use tempfile::TempDir;
use volume::{Kind, Layout, Table, Volume, scan};

/// Larger images take too long to unpack in a test, in bytes.
const MAX_IMAGE: u64 = 1_100_000_000;

/// Descriptions of guests: those of the corpus, and those that `BOOTWORTHY_GUESTS` leads to, as built.
fn guests() -> Vec<PathBuf> {
    let folders =
        [corpora().map(|corpora| corpora.join("guests")), std::env::var_os("BOOTWORTHY_GUESTS").map(PathBuf::from)];
    let listed = folders.into_iter().flatten().flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let paths = listed.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect()
}

/// The disk that a description is of, and a folder that must live as long; nothing if it is not here or too large.
fn disk(description: &Path, facts: &Value) -> Option<(Source, Option<TempDir>)> {
    let raw = description.with_extension("raw");
    if raw.is_file() {
        return Some((open(&raw), None));
    }
    let packed = description.with_extension("raw.zst");
    if !packed.is_file() || facts["virtual_size"].as_u64().unwrap() > MAX_IMAGE {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    Some((open(&unpack(&packed, folder.path())), Some(folder)))
}

#[test]
fn guests_are_divided_as_their_descriptions_say() {
    let (mut checked, mut logical) = (0, 0);
    for description in guests() {
        let facts: Value = serde_json::from_slice(&std::fs::read(&description).unwrap()).unwrap();
        let Some((disk, _folder)) = disk(&description, &facts) else { continue };
        let layout = scan(&disk, None).unwrap();
        let name = description.file_stem().unwrap().to_string_lossy().into_owned();
        if facts["defect"].as_str().is_some_and(|defect| defect.contains("disk cut")) {
            compare_cut(&name, &facts, &layout);
        } else {
            compare(&name, &facts, &layout);
        }
        logical += compare_root(&name, &facts, &layout);
        checked += 1;
    }
    if checked == 0 {
        return skip("no guests in the corpus");
    }
    println!("{checked} guests, {logical} with their root on LVM");
    assert!(checked >= 10 && logical >= 1);
}

/// A disk that lost its end: sfdisk, which wrote the description, sees no GPT any more. Here it is still read.
fn compare_cut(name: &str, facts: &Value, layout: &Layout) {
    let ids: Vec<_> = layout.problems.iter().map(|problem| problem.id).collect();
    for id in ["gpt-backup-missing", "gpt-backup-not-at-end", "gpt-usable-range", "gpt-partition-beyond-end"] {
        assert!(ids.contains(&id), "{name}: {id} is not among {ids:?}");
    }
    let root = facts["root"]["partition"].as_u64();
    let root = layout.volumes.iter().find(|volume| volume.number.map(u64::from) == root).unwrap();
    let there = facts["virtual_size"].as_u64().unwrap() - root.offset.unwrap();
    assert!(root.size > there && root.source.size() == there, "{name}: {root:?}");
}

fn compare(name: &str, facts: &Value, layout: &Layout) {
    let listed: Vec<_> = layout.volumes.iter().filter(|volume| volume.number.is_some()).map(partition).collect();
    let gpt = facts["partition_table"] == "gpt";
    let expected: Vec<_> = facts["partitions"].as_array().unwrap().iter().map(|fact| expected(fact, gpt)).collect();
    assert_eq!(listed, expected, "{name}");
    let disk_id = facts["disk_id"].as_str().unwrap().trim_start_matches("0x").to_lowercase();
    assert_eq!(layout.disk_id.as_deref(), Some(&disk_id[..]), "{name}");
    assert_eq!(layout.table, Some(if gpt { Table::Gpt } else { Table::Mbr }), "{name}");
    assert_eq!(layout.problems, [], "{name}");
}

type Partition = (u64, u64, u64, String, Option<String>);

fn partition(volume: &Volume) -> Partition {
    let kind = volume.partition_type.clone().unwrap();
    (u64::from(volume.number.unwrap()), volume.offset.unwrap() / 512, volume.size / 512, kind, volume.name.clone())
}

fn expected(fact: &Value, gpt: bool) -> Partition {
    let kind = fact["type"].as_str().unwrap();
    let kind = if gpt { kind.to_owned() } else { format!("0x{:0>2}", kind.to_lowercase()) };
    let number = |key: &str| fact[key].as_u64().unwrap();
    (number("number"), number("start_lba"), number("sectors"), kind, fact["name"].as_str().map(str::to_owned))
}

/// 1 if the root is a logical volume.
fn compare_root(name: &str, facts: &Value, layout: &Layout) -> usize {
    let root = &facts["root"];
    if root["kind"] != "lvm" {
        return 0;
    }
    let wanted = format!("{}/{}", root["vg"].as_str().unwrap(), root["lv"].as_str().unwrap());
    let found = layout.volumes.iter().find(|volume| volume.name.as_deref() == Some(&wanted)).expect(&wanted);
    assert_eq!((found.kind, found.offset), (Kind::Logical, root["byte_offset"].as_u64()), "{name}");
    let (at, magic): (u64, &[u8]) = if root["fs"] == "xfs" { (0, b"XFSB") } else { (1080, &[0x53, 0xEF]) };
    let mut there = vec![0; magic.len()];
    found.source.read_at(&mut there, at).unwrap();
    assert_eq!(there, magic, "{name}: no {} in the root", root["fs"]);
    1
}

/// Number, offset and size.
type Place = (Option<u32>, Option<u64>, u64);

/// The volumes of a small image of the corpus.
fn volumes_of(name: &str) -> Option<(Layout, Vec<Place>)> {
    let packed = corpora()?.join(name);
    let folder = tempfile::tempdir().unwrap();
    let layout = scan(&open(&unpack(Path::new(&packed), folder.path())), None).unwrap();
    let volumes = layout.volumes.iter().map(|volume| (volume.number, volume.offset, volume.size)).collect();
    Some((layout, volumes))
}

#[test]
fn small_images_of_every_table() {
    let Some((layout, volumes)) = volumes_of("fs/gpt.raw.zst") else { return skip("no corpus") };
    assert_eq!(layout.table, Some(Table::Gpt));
    assert_eq!(volumes, [(Some(1), Some(2048 * 512), 128 * 512), (Some(2), Some(4096 * 512), 128 * 512)]);

    let (layout, volumes) = volumes_of("fs/mbr.raw.zst").unwrap();
    assert_eq!((layout.table, layout.disk_id.as_deref()), (Some(Table::Mbr), Some("df7c7c37")));
    let sectors = |n: u64| n * 512;
    let expected = [(1, 1, 129), (2, 130, 8062), (5, 131, 129)];
    assert_eq!(volumes, expected.map(|(number, start, len)| (Some(number), Some(sectors(start)), sectors(len))));
    assert_eq!(layout.volumes[1].kind, Kind::Extended);

    let (layout, _) = volumes_of("blkid/pt-gpt.img.zst").unwrap();
    assert_eq!(layout.disk_id.as_deref(), Some("dd27f98d-7519-4c9e-8041-f2bfa7b1ef61"));
    assert_eq!(layout.volumes[0].name.as_deref(), Some("ThisIsName"));
    assert_eq!(layout.volumes[0].uuid.as_deref(), Some("1dcf10bc-637e-4c52-8203-087ae10a820b"));
    assert_eq!(layout.volumes[0].partition_type.as_deref(), Some("EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"));
}

#[test]
fn a_disk_that_is_a_physical_volume_as_a_whole() {
    let Some((layout, _)) = volumes_of("fs/lvm.raw.zst") else { return skip("no corpus") };
    assert_eq!((layout.table, &layout.problems[..]), (None, &[][..]));
    let names: Vec<_> = layout.volumes.iter().map(|volume| (volume.kind, volume.name.as_deref())).collect();
    let expected = ["test_volume_group/test_logical_volume1", "test_volume_group/test_logical_volume2"];
    assert_eq!(names[0], (Kind::Disk, None));
    assert_eq!(names[1..], expected.map(|name| (Kind::Logical, Some(name))));
    let first = &layout.volumes[1];
    assert_eq!((first.offset, first.size), (Some(1 << 20), 4 << 20));
    assert_eq!(first.uuid.as_deref(), Some("EMfcGR-KAOf-VrvI-yqth-fmz0-Ylmx-xepAJq"));
    assert_eq!(first.group_uuid.as_deref(), Some("Lu8jtE-dBED-jxdl-bAXG-vmAA-Oh9y-KCiNMy"));

    let (layout, volumes) = volumes_of("blkid/fs-lvm2.img.zst").unwrap();
    assert_eq!((volumes.len(), layout.table), (1, None), "{layout:?}");
}

#[test]
fn filesystems_without_a_table_and_tables_of_other_systems_are_one_disk() {
    let names = [
        "fs/ext2.raw.zst",
        "fs/ext4.raw.zst",
        "fs/fat12.raw.zst",
        "fs/ntfs.raw.zst",
        "blkid/pt-sun.img.zst",
        "blkid/pt-atari-primary.img.zst",
        "blkid/fs-exfat.img.zst",
        "blkid/fs-small-fat32.img.zst",
        "blkid/fs-xfs.img.zst",
        "blkid/fs-luks1.img.zst",
    ];
    for name in names {
        let Some((layout, volumes)) = volumes_of(name) else { return skip("no corpus") };
        assert_eq!((layout.table, volumes.len(), layout.problems.len()), (None, 1, 0), "{name}: {layout:?}");
        assert_eq!((layout.volumes[0].kind, layout.volumes[0].offset), (Kind::Disk, Some(0)), "{name}");
    }
}
