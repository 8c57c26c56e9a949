//! LVM2 disks.

use crate::build::lvm::{
    AREA, AREA_LEN, EXTENT, FIRST, group, linear, logical, part, physical, seal_area, seal_label, write_text,
};
use crate::build::lvm::{checksum, dashed};
use crate::build::{mbr, put};
use crate::{ids, layout};
use storage::{Error, ErrorKind, Extents, ReadAt, State};
use volume::{Kind, Layout, Table, Volume};

/// A disk with an MBR and these physical volumes in partitions of 1 MiB.
fn disk(members: &[Vec<u8>]) -> Vec<u8> {
    let mut disk = mbr::disk(2048 * (1 + members.len()));
    let mut entries = Vec::new();
    for (index, member) in members.iter().enumerate() {
        let start = 2048 * (1 + index);
        put(&mut disk, start * 512, member);
        entries.push((0x8E, u32::try_from(start).unwrap(), 2048));
    }
    mbr::record(&mut disk, 0, &entries);
    disk
}

/// A disk with one physical volume of 16 extents whose group has these volumes.
fn one(logical: &[String]) -> Layout {
    layout(disk(&[physical('a', 16, &group(1, &['a'], logical), 512)]))
}

/// A disk with two.
fn two(logical: &[String]) -> Layout {
    let text = group(1, &['a', 'b'], logical);
    let mut second = physical('b', 16, &text, 512);
    second[FIRST..].iter_mut().for_each(|byte| byte.make_ascii_lowercase());
    layout(disk(&[physical('a', 16, &text, 512), second]))
}

fn find<'a>(layout: &'a Layout, name: &str) -> &'a Volume {
    layout.volumes.iter().find(|volume| volume.name.as_deref() == Some(name)).unwrap_or_else(|| panic!("{layout:?}"))
}

/// The first byte of every extent or half extent.
fn letters(volume: &Volume, step: usize) -> Result<String, Error> {
    let mut bytes = vec![0; usize::try_from(volume.source.size()).unwrap()];
    volume.source.read_at(&mut bytes, 0)?;
    Ok(bytes.iter().step_by(step).map(|&byte| char::from(byte)).collect())
}

#[test]
fn a_linear_volume_is_a_stretch_of_the_disk() {
    let layout = one(&[logical("root", &[&linear(0, 3, "pv0", 2)]), logical("swap", &[&linear(0, 1, "pv0", 0)])]);
    let root = find(&layout, "vg/root");
    assert_eq!((root.kind, root.number, root.partition_type.as_deref()), (Kind::Logical, None, Some("linear")));
    assert_eq!((root.uuid.clone(), root.group_uuid.clone()), (Some(dashed('r')), Some(dashed('V'))));
    let offset = (1 << 20) + FIRST + 2 * EXTENT;
    assert_eq!((root.offset, root.size), (Some(offset as u64), 3 * EXTENT as u64));
    assert_eq!(letters(root, EXTENT).unwrap(), "CDE");
    let mut across = [0; 4];
    root.source.read_at(&mut across, EXTENT as u64 - 2).unwrap();
    assert_eq!(&across, b"CCDD");
    assert!(root.source.read_at(&mut across, root.size - 3).is_err());
    assert_eq!(letters(find(&layout, "vg/swap"), EXTENT).unwrap(), "A");
    assert_eq!((layout.volumes.len(), ids(&layout).len()), (3, 0));
}

#[test]
fn segments_are_put_together_in_their_order() {
    let joined = [&linear(2, 1, "pv0", 7)[..], &linear(0, 2, "pv0", 5)];
    let apart = [&linear(0, 1, "pv0", 9)[..], &linear(1, 2, "pv1", 0), &linear(3, 1, "pv0", 10)];
    let layout = two(&[logical("joined", &joined), logical("apart", &apart)]);
    let joined = find(&layout, "vg/joined");
    assert_eq!(letters(joined, EXTENT).unwrap(), "FGH");
    assert_eq!(joined.offset, Some(((1 << 20) + FIRST + 5 * EXTENT) as u64));
    let apart = find(&layout, "vg/apart");
    assert_eq!((letters(apart, EXTENT).unwrap(), apart.offset), ("JabK".to_owned(), None));
    let extents: u64 = Extents::new(&apart.source).map(|extent| extent.unwrap().size()).sum();
    assert_eq!((extents, ids(&layout).len()), (apart.size, 0));
}

#[test]
fn stripes_are_dealt_out_in_turn() {
    let striped = "start_extent = 0\nextent_count = 4\ntype = \"striped\"\nstripe_count = 2\nstripe_size = 4\n\
                   stripes = [\n\"pv0\", 0,\n\"pv1\", 3\n]";
    let layout = two(&[logical("fast", &[striped])]);
    let fast = find(&layout, "vg/fast");
    assert_eq!((fast.size, fast.offset, fast.partition_type.as_deref()), (4 * EXTENT as u64, None, Some("striped")));
    assert_eq!(letters(fast, 2048).unwrap(), "AdAdBeBe");
    let mut across = [0; 6];
    fast.source.read_at(&mut across, 2045).unwrap();
    assert_eq!(&across, b"AAAddd");
    assert!(Extents::new(&fast.source).all(|extent| extent.is_ok()));
}

#[test]
fn the_first_copy_that_is_there_is_read() {
    let images = |on: [&str; 2]| {
        let raid = "start_extent = 0\nextent_count = 2\ntype = \"raid1\"\ndevice_count = 2\nregion_size = 8\n\
                    raids = [\"r_rmeta_0\", \"r_rimage_0\", \"r_rmeta_1\", \"r_rimage_1\"]";
        let mirror = format!(
            "start_extent = 0\nextent_count = 2\ntype = \"mirror\"\nmirror_count = 2\nmirrors = [{:?}, 4, {:?}, 6]",
            on[0], on[1]
        );
        vec![
            logical("r", &[raid]),
            logical("m", &[&mirror]),
            part("r_rmeta_0", &[&linear(0, 1, "pv0", 0)]),
            part("r_rmeta_1", &[&linear(0, 1, "pv0", 0)]),
            part("r_rimage_0", &[&linear(0, 2, on[0], 1)]),
            part("r_rimage_1", &[&linear(0, 2, on[1], 2)]),
        ]
    };
    let both = two(&images(["pv0", "pv1"]));
    assert_eq!(letters(find(&both, "vg/r"), EXTENT).unwrap(), "BC");
    assert_eq!(find(&both, "vg/r").offset, Some(((1 << 20) + FIRST + EXTENT) as u64));
    assert_eq!(letters(find(&both, "vg/m"), EXTENT).unwrap(), "EF");
    assert_eq!((both.volumes.len(), ids(&both).len()), (4, 0));

    // The first copies are on a disk that is not here.
    let text = group(1, &['a', 'b'], &images(["pv1", "pv0"]));
    let one = layout(disk(&[physical('a', 16, &text, 512)]));
    assert_eq!(letters(find(&one, "vg/r"), EXTENT).unwrap(), "CD");
    assert_eq!(letters(find(&one, "vg/m"), EXTENT).unwrap(), "GH");
    assert!(ids(&one).iter().all(|id| *id == "lvm-missing-pv"));
}

#[test]
fn raid0_is_striped_over_its_parts_and_zero_is_zeros() {
    let raid = "start_extent = 0\nextent_count = 2\ntype = \"raid0\"\ndevice_count = 2\nstripe_size = 8\n\
                raid0_lvs = [\"x_rimage_0\", \"x_rimage_1\"]";
    let meta = raid.replace("\"raid0\"", "\"raid0_meta\"").replace(
        "raid0_lvs = [\"x_rimage_0\", \"x_rimage_1\"]",
        "raids = [\"x_rmeta_0\", \"x_rimage_0\", \"x_rmeta_1\", \"x_rimage_1\"]",
    );
    let zero = "start_extent = 0\nextent_count = 2\ntype = \"zero\"";
    let layout = two(&[
        logical("x", &[raid]),
        logical("y", &[&meta]),
        logical("z", &[zero]),
        part("x_rimage_0", &[&linear(0, 1, "pv0", 3)]),
        part("x_rimage_1", &[&linear(0, 1, "pv1", 3)]),
    ]);
    assert_eq!(letters(find(&layout, "vg/x"), EXTENT).unwrap(), "Dd");
    assert_eq!(letters(find(&layout, "vg/y"), EXTENT).unwrap(), "Dd");
    let zero = find(&layout, "vg/z");
    assert_eq!((letters(zero, EXTENT).unwrap(), zero.source.extent_at(0).unwrap().state), ("\0\0".into(), State::Zero));
    assert_eq!(ids(&layout), [""; 0]);
}

fn kind_of_failure(layout: &Layout, name: &str) -> ErrorKind {
    letters(find(layout, name), EXTENT).unwrap_err().kind()
}

#[test]
fn a_missing_disk_is_named_and_only_what_needs_it_fails() {
    let half = [&linear(0, 1, "pv0", 0)[..], &linear(1, 1, "pv1", 0)];
    let whole = linear(0, 2, "pv0", 4);
    let text = group(1, &['a', 'b'], &[logical("half", &half), logical("ok", &[&whole])]);
    let layout = layout(disk(&[physical('a', 16, &text, 512)]));
    assert_eq!(ids(&layout), ["lvm-missing-pv"; 2]);
    assert!(layout.problems[0].what.contains(&dashed('b')) && layout.problems[1].what.contains("vg/half"));
    assert_eq!(letters(find(&layout, "vg/ok"), EXTENT).unwrap(), "EF");
    let half = find(&layout, "vg/half");
    assert_eq!((kind_of_failure(&layout, "vg/half"), half.size), (ErrorKind::Unsupported, 2 * EXTENT as u64));
    let mut there = [0; 3];
    half.source.read_at(&mut there, 0).unwrap();
    assert_eq!(&there, b"AAA");
}

#[test]
fn types_that_are_not_read_are_listed_and_named() {
    let segment = |kind: &str, rest: &str| format!("start_extent = 0\nextent_count = 2\ntype = \"{kind}\"\n{rest}");
    for kind in ["raid4", "raid5_ls", "raid6", "raid10", "vdo", "error", "whatever"] {
        let layout = one(&[logical("data", &[&segment(kind, "")])]);
        assert_eq!(ids(&layout), ["lvm-segment-unsupported"], "{kind}");
        assert!(layout.problems[0].what.contains("vg/data") && layout.problems[0].what.contains(kind));
        assert_eq!(find(&layout, "vg/data").partition_type.as_deref(), Some(kind));
        assert_eq!(kind_of_failure(&layout, "vg/data"), ErrorKind::Unsupported);
    }
    // Pools and the parts of other volumes are none.
    let pools = ["thin-pool", "cache-pool", "vdo-pool"].map(|kind| logical("pool", &[&segment(kind, "")]));
    let parts = ["a_tdata", "a_tmeta", "a_corig", "a_rimage_12", "a_mlog", "lvol0_pmspare"];
    let parts = parts.map(|name| logical(name, &[&linear(0, 1, "pv0", 0)]));
    let layout = one(&[&pools[..], &parts[..]].concat());
    assert_eq!((layout.volumes.len(), ids(&layout).len()), (1, 0));
}

#[test]
fn a_snapshot_is_not_its_store_and_its_origin_is_itself() {
    let snapshot = "start_extent = 0\nextent_count = 2\ntype = \"snapshot\"\nchunk_size = 8\norigin = \"root\"\n\
                    cow_store = \"snap\"";
    let volumes = |snapshot: &str| {
        one(&[
            logical("root", &[&linear(0, 2, "pv0", 0)]),
            logical("snap", &[&linear(0, 1, "pv0", 2)]),
            part("snapshot0", &[snapshot]),
        ])
    };
    let layout = volumes(snapshot);
    assert_eq!(letters(find(&layout, "vg/root"), EXTENT).unwrap(), "AB");
    assert_eq!(find(&layout, "vg/snap").partition_type.as_deref(), Some("snapshot"));
    assert_eq!(
        (kind_of_failure(&layout, "vg/snap"), ids(&layout)),
        (ErrorKind::Unsupported, vec!["lvm-segment-unsupported"])
    );
    let merging = volumes(&snapshot.replace("cow_store", "merging_store"));
    assert_eq!(kind_of_failure(&merging, "vg/root"), ErrorKind::Unsupported);
}

#[test]
fn maps_that_make_no_sense() {
    let striped = |stripes: &str, size: &str| {
        format!("start_extent = 0\nextent_count = 3\ntype = \"striped\"\nstripe_count = 2\n{size}stripes = [{stripes}]")
    };
    let huge = linear(0, 1, "pv0", 0).replace("\"pv0\", 0", &format!("\"pv0\", {}", u64::MAX));
    let cases = [
        linear(0, 1, "pv0", 16),
        linear(0, 17, "pv0", 0),
        linear(0, 1, "pv7", 0),
        linear(3, 1, "pv0", 0),
        linear(0, 0, "pv0", 0),
        huge.clone(),
        huge.replace("extent_count = 1", &format!("extent_count = {}", u64::MAX)),
        striped("\"pv0\", 0, \"pv0\", 3", "stripe_size = 8\n"),
        striped("\"pv0\", 0, \"pv0\", 3", ""),
        striped("\"pv0\", 0, \"pv0\"", "stripe_size = 8\n"),
        striped("\"pv0\", 0, 3, 3", "stripe_size = 8\n"),
        striped("", ""),
        "start_extent = 0\nextent_count = 1\ntype = \"mirror\"\nmirrors = [1, 2]".to_owned(),
        linear(0, 2, "small", 0),
    ]
    .into_iter()
    .chain(["thin", "cache", "writecache", "raid1"].map(|kind| linear(0, 1, "pv0", 0).replace("striped", kind)));
    for case in cases {
        let layout = one(&[logical("bad", &[&case]), part("small", &[&linear(0, 1, "pv0", 0)])]);
        assert_eq!(ids(&layout), ["lvm-segment-bad"], "{case}");
        let bad = find(&layout, "vg/bad");
        assert!(bad.source.size() == 0 || kind_of_failure(&layout, "vg/bad") == ErrorKind::Unsupported, "{case}");
    }
    let layout = one(&[logical("twice", &[&linear(0, 2, "pv0", 0), &linear(1, 2, "pv0", 5)])]);
    assert_eq!(
        (letters(find(&layout, "vg/twice"), EXTENT).unwrap(), ids(&layout)),
        ("AB".into(), vec!["lvm-segment-bad"])
    );
}

#[test]
fn volumes_made_of_themselves_end() {
    let around = [
        logical("x", &[&linear(0, 1, "y", 0)]),
        logical("y", &[&linear(0, 1, "z", 0)]),
        logical("z", &[&linear(0, 1, "x", 0), &linear(1, 1, "z", 0)]),
    ];
    let deep: Vec<_> =
        (0..40).map(|level| logical(&format!("l{level}"), &[&linear(0, 1, &format!("l{}", level + 1), 0)])).collect();
    for volumes in [&around[..], &deep[..]] {
        let layout = one(volumes);
        assert_eq!(layout.volumes.len(), 1 + volumes.len());
        assert!(ids(&layout).contains(&"lvm-segment-loop"));
        for volume in layout.volumes.iter().filter(|volume| volume.kind == Kind::Logical) {
            assert!(letters(volume, EXTENT).is_err());
        }
    }
}

#[test]
fn a_physical_volume_that_is_cut() {
    let text = group(1, &['a'], &[logical("root", &[&linear(0, 16, "pv0", 0)])]);
    let mut bytes = disk(&[physical('a', 16, &text, 512)]);
    bytes.truncate((1 << 20) + FIRST + 3 * EXTENT);
    let layout = layout(bytes);
    assert_eq!(ids(&layout), ["mbr-partition-beyond-end", "lvm-beyond-end"]);
    let mut there = [0; 3];
    find(&layout, "vg/root").source.read_at(&mut there, 2 * EXTENT as u64).unwrap();
    assert_eq!(&there, b"CCC");
    assert_eq!(kind_of_failure(&layout, "vg/root"), ErrorKind::Corrupt);
}

#[test]
fn the_text_may_go_around_the_ring() {
    let text = group(1, &['a'], &[logical("root", &[&linear(0, 1, "pv0", 0)])]);
    for at in [512, 1024, AREA_LEN - 1, AREA_LEN - 300] {
        let layout = layout(disk(&[physical('a', 16, &text, at)]));
        assert_eq!((layout.volumes.len(), ids(&layout).len()), (2, 0), "{at}");
    }
}

#[test]
fn the_newest_metadata_counts() {
    let old = group(7, &['a', 'b'], &[logical("old", &[&linear(0, 1, "pv0", 0)])]);
    let new = group(8, &['a', 'b'], &[logical("new", &[&linear(0, 1, "pv0", 0)])]);
    for texts in [[&old, &new], [&new, &old]] {
        let layout = layout(disk(&[physical('a', 16, texts[0], 512), physical('b', 16, texts[1], 512)]));
        assert_eq!((find(&layout, "vg/new").offset.is_some(), layout.volumes.len()), (true, 3));
    }
    // A change that was never committed stands in the second place.
    let mut member = physical('a', 16, &old, 512);
    put(&mut member, AREA + 32768, new.as_bytes());
    put(&mut member, AREA + 64, &32768_u64.to_le_bytes());
    put(&mut member, AREA + 72, &(new.len() as u64).to_le_bytes());
    put(&mut member, AREA + 80, &checksum(new.as_bytes()).to_le_bytes());
    seal_area(&mut member);
    assert!(find(&layout(disk(&[member])), "vg/old").offset.is_some());
}

/// A physical volume without metadata of its own, or whose copy is damaged or out of use, is known by the others.
#[test]
fn the_metadata_may_be_on_another_member() {
    let text = group(1, &['a', 'b'], &[logical("root", &[&linear(0, 1, "pv1", 0)])]);
    let whole = physical('a', 16, &text, 512);
    let mut none = physical('b', 16, &text, 512);
    put(&mut none, 512 + 104, &[0; 16]);
    seal_label(&mut none);
    let mut damaged = physical('b', 16, &group(9, &['a', 'b'], &[]), 512);
    damaged[AREA + 600] ^= 1;
    let mut ignored = physical('b', 16, &group(9, &['a', 'b'], &[]), 512);
    ignored[AREA + 60] = 1;
    seal_area(&mut ignored);
    for (other, expected) in [(none, vec![]), (damaged, vec!["lvm-metadata-bad"]), (ignored, vec![])] {
        let layout = layout(disk(&[whole.clone(), other.clone()]));
        assert_eq!((letters(find(&layout, "vg/root"), EXTENT).unwrap(), ids(&layout)), ("A".to_owned(), expected));
        assert!(ids(&crate::layout(disk(&[other]))).contains(&"lvm-metadata-lost"));
    }
}

#[test]
fn a_disk_may_be_a_physical_volume_as_a_whole() {
    let text = group(1, &['a'], &[logical("root", &[&linear(0, 1, "pv0", 3)])]);
    let mut bytes = physical('a', 16, &text, 512);
    for boot_signature in [[0, 0], [0x55, 0xAA]] {
        put(&mut bytes, 510, &boot_signature);
        let layout = layout(bytes.clone());
        let kinds: Vec<_> = layout.volumes.iter().map(|volume| volume.kind).collect();
        assert_eq!((layout.table, kinds), (None, vec![Kind::Disk, Kind::Logical]));
        assert_eq!(find(&layout, "vg/root").offset, Some((FIRST + 3 * EXTENT) as u64));
    }
    // A label left from before the disk was partitioned means nothing.
    mbr::record(&mut bytes, 0, &[(0x83, 2000, 10)]);
    bytes.resize(1 << 21, 0);
    let layout = layout(bytes);
    assert_eq!((layout.table, layout.volumes.len(), ids(&layout).len()), (Some(Table::Mbr), 1, 0));
}

#[test]
fn a_physical_volume_of_no_group() {
    let layout = layout(disk(&[physical('a', 16, "", 512)]));
    assert_eq!((layout.volumes.len(), ids(&layout).len()), (1, 0));
    // Or of a group without volumes.
    assert_eq!((one(&[]).volumes.len(), ids(&one(&[])).len()), (1, 0));
}

#[test]
fn damage_of_each_part_is_named() {
    let text = group(1, &['a'], &[]);
    let member = physical('a', 16, &text, 512);
    let mut number = member.clone();
    number[520] = 2;
    let mut header = member.clone();
    put(&mut header, 512 + 20, &500_u32.to_le_bytes());
    seal_label(&mut header);
    for (bytes, id) in [(number, "lvm-label-bad"), (header, "lvm-label-bad")] {
        assert_eq!(ids(&layout(disk(&[bytes]))), [id]);
    }
    let lost = ["lvm-metadata-bad", "lvm-metadata-lost"];
    for (at, value, seal) in [
        (AREA + 5, 0_u64, false),
        (AREA + 24, 0, true),
        (AREA + 32, u64::MAX, true),
        (AREA + 40, 5, true),
        (AREA + 40, u64::MAX, true),
        (AREA + 48, 0, true),
        (AREA + 48, u64::MAX, true),
        (AREA + 512, 0, false),
    ] {
        let mut bytes = member.clone();
        put(&mut bytes, at, &value.to_le_bytes());
        if seal {
            seal_area(&mut bytes);
        }
        assert_eq!(ids(&layout(disk(&[bytes]))), lost, "byte {at}");
    }
    let broken = ["", "vg", "vg {", "vg { id = 3 }", "a = 1", &"x {".repeat(5000)].map(str::to_owned);
    let extents = text.replace("extent_size = 8", "extent_size = 0");
    for text in broken.into_iter().chain([extents, text.replace("pe_start", "pe_stop")]).filter(|text| !text.is_empty())
    {
        assert_eq!(ids(&layout(disk(&[physical('a', 16, &text, 512)]))), lost, "{text:.40}");
    }
}

#[test]
fn a_member_that_is_here_twice() {
    let text = group(1, &['a'], &[logical("root", &[&linear(0, 1, "pv0", 0)])]);
    let member = physical('a', 16, &text, 512);
    let layout = layout(disk(&[member.clone(), member]));
    assert_eq!((layout.volumes.len(), ids(&layout)), (3, vec!["lvm-duplicate-pv"]));
}

#[test]
fn more_volumes_than_are_read() {
    let volumes: String = (0..4100).map(|n| format!("v{n} {{\nstatus = [\"VISIBLE\"]\n}}\n")).collect();
    let text = group(1, &['a'], &[volumes]);
    let mut member = vec![0; 1 << 20];
    put(&mut member, 0, &physical('a', 16, "", 512));
    // A ring that is large enough.
    put(&mut member, 512 + 112, &(900_u64 << 10).to_le_bytes());
    seal_label(&mut member);
    write_large(&mut member, &text);
    let layout = layout(disk(&[member]));
    assert_eq!((layout.volumes.len(), ids(&layout)), (1 + 4096, vec!["lvm-too-many-volumes"]));
}

fn write_large(member: &mut [u8], text: &str) {
    write_text(member, "x", 512);
    put(member, AREA + 32, &(900_u64 << 10).to_le_bytes());
    put(member, AREA + 48, &(text.len() as u64).to_le_bytes());
    put(member, AREA + 56, &checksum(text.as_bytes()).to_le_bytes());
    put(member, AREA + 512, text.as_bytes());
    seal_area(member);
}
