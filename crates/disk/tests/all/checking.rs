//! Checks, with the counts that `qemu-img check --output=json` has, on sound images and on damaged ones.

use crate::support::{Numbers, build, has_program, qemu_img, qemu_img_ok, qemu_io, texture, written};
use disk::Checked;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use storage::File;

#[derive(Debug, PartialEq)]
struct Counts {
    corruptions: u64,
    leaks: u64,
    total: u64,
    allocated: u64,
    fragmented: u64,
    compressed: u64,
    end: u64,
}

/// And their exit code: 2 where there is damage, 3 where there are leaks only.
fn theirs(dir: &Path, image: &str) -> (Counts, i32) {
    let output = qemu_img(dir, &format!("check -f qcow2 --output=json {image}"));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let count = |key: &str| json.get(key).map_or(0, |count| count.as_u64().unwrap());
    let counts = Counts {
        corruptions: count("corruptions"),
        leaks: count("leaks"),
        total: count("total-clusters"),
        allocated: count("allocated-clusters"),
        fragmented: count("fragmented-clusters"),
        compressed: count("compressed-clusters"),
        end: count("image-end-offset"),
    };
    (counts, output.status.code().unwrap())
}

fn ours(dir: &Path, image: &str) -> (Counts, i32) {
    let file = Arc::new(File::open(dir.join(image)).unwrap());
    let checked = disk::check(file, Some("qcow2")).unwrap().unwrap();
    assert_eq!(checked.corruptions.is_empty(), checked.corruption_count == 0);
    assert_eq!(checked.leaks.is_empty(), checked.leak_count == 0);
    let code = match checked {
        Checked { corruption_count: 1.., .. } => 2,
        Checked { leak_count: 1.., .. } => 3,
        _ => 0,
    };
    let counts = Counts {
        corruptions: checked.corruption_count,
        leaks: checked.leak_count,
        total: checked.total_clusters,
        allocated: checked.allocated_clusters,
        fragmented: checked.fragmented_clusters,
        compressed: checked.compressed_clusters,
        end: checked.image_end_offset,
    };
    (counts, code)
}

#[track_caller]
fn same(dir: &Path, image: &str, what: &str) -> (Counts, i32) {
    let ours = ours(dir, image);
    assert_eq!(ours, theirs(dir, image), "{what}");
    ours
}

#[test]
fn sound_images_are_counted_as_qemu_counts_them() {
    if !has_program("qemu-img") || !has_program("qemu-io") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    std::fs::write(dir.join("raw"), texture((5 << 20) + 512)).unwrap();
    for flags in [
        "",
        "-c",
        "-c -o compression_type=zstd,cluster_size=4k",
        "-o cluster_size=512",
        "-o cluster_size=2M",
        "-o extended_l2=on",
        "-c -o extended_l2=on",
        "-o preallocation=metadata",
        "-o refcount_bits=1",
        "-o compat=0.10",
    ] {
        qemu_img_ok(dir, &format!("convert -f raw -O qcow2 {flags} raw image"));
        assert_eq!(same(dir, "image", flags).1, 0, "{flags}");
        if flags.contains("refcount_bits") {
            continue;
        }
        qemu_img_ok(dir, "snapshot -c one image");
        qemu_io(dir, "image", &["write -P 3 1M 300k", "write -P 4 100k 5k"]);
        if !flags.contains("0.10") {
            qemu_img_ok(dir, "bitmap --add image marks");
            qemu_io(dir, "image", &["write -z 64k 128k", "write -P 7 3M 4k"]);
        }
        assert_eq!(same(dir, "image", flags).1, 0, "{flags}");
    }
    for given in [&[][..], &[("-c", "")], &[("-c", ""), ("refcount_bits", "2")], &[("extended_l2", "on")]] {
        written(dir, "qcow2", given, &texture((5 << 20) + 512));
        assert_eq!(same(dir, "ours", &format!("{given:?}")).1, 0, "{given:?}");
    }
}

/// Refcounts set to other numbers, entries that point elsewhere, bits that should not be there.
#[test]
fn damage_is_counted_as_qemu_counts_it() {
    if !has_program("qemu-img") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let sound = crate::qcow2::Image::sound();
    let mut codes = Vec::new();
    let mut case = |what: &str, patch: &dyn Fn(&mut crate::qcow2::Image)| {
        let mut image = sound.clone();
        patch(&mut image);
        std::fs::write(dir.join("image"), &image.0).unwrap();
        codes.push(same(dir, "image", what).1);
    };
    let block = sound.get64(sound.get64(48) as usize) as usize;
    let copied = 1 << 63;
    for cluster in 0..8 {
        for count in [0, 2, 200] {
            case(&format!("cluster {cluster} has {count}"), &|image| image.0[block + 2 * cluster + 1] = count);
        }
    }
    case("leaks behind", &|image| {
        image.0.resize(image.0.len() + 5 * 4096, 0);
        (0..4).for_each(|i| image.0[block + 2 * (8 + i) + 1] = 1);
    });
    case("leaks behind the end", &|image| image.0[block + 2 * 20 + 1] = 1);
    case("a copied bit is missing", &|image| image.put64(image.l2(), image.get64(image.l2()) & !copied));
    case("and in L1", &|image| image.put64(image.l1(), image.get64(image.l1()) & !copied));
    case("a cluster is forgotten", &|image| image.put64(image.l2(), 0));
    case("two in one place", &|image| image.put64(image.l2() + 8, image.get64(image.l2())));
    case("a table is forgotten", &|image| image.put64(image.l1(), 0));
    case("marked dirty", &|image| image.put64(72, 1));
    case("marked corrupt", &|image| image.put64(72, 2));
    assert!([0, 2, 3].iter().all(|code| codes.contains(code)), "{codes:?}");
}

fn vhd(file: Vec<u8>) -> Checked {
    disk::check(Arc::new(file), Some("vhd")).unwrap().unwrap()
}

#[test]
fn vhds_are_checked_too() {
    let bytes = Numbers(23).bytes(100_000);
    let sound = build("vhd", 9 << 20, &[], &[(4 << 20, &bytes), (0, &bytes)]);
    let checked = vhd(sound.clone());
    assert!(checked.is_clean());
    assert_eq!((checked.total_clusters, checked.allocated_clusters, checked.fragmented_clusters), (5, 2, 1));
    assert_eq!(checked.image_end_offset, sound.len() as u64);
    assert!(vhd(build("vhd", 9 << 20, &[("subformat", "fixed")], &[(0, &bytes)])).is_clean());
    // A damaged footer, a table entry that points past the end, a block that nobody has.
    let mut footer = sound.clone();
    footer[90] ^= 1;
    assert_eq!(vhd(footer).corruption_count, 1);
    let mut entry = sound.clone();
    entry[1536..1540].copy_from_slice(&[0x7f, 0, 0, 0]);
    assert_eq!(vhd(entry).corruption_count, 1);
    let mut leak = sound;
    leak[1536..1540].fill(0xff);
    let checked = vhd(leak);
    assert_eq!((checked.corruption_count, checked.leak_count, checked.allocated_clusters), (0, 1, 1));
}

#[test]
fn there_is_nothing_to_check_in_raw() {
    assert!(disk::check(Arc::new(vec![0; 512]), Some("raw")).unwrap().is_none());
}
