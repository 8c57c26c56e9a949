//! Against qemu-img: what it writes is read here, and what is written here it reads, checks and finds sound; `imago`
//! is a third opinion.

use crate::conformance::extents_are_true;
use crate::support;
use crate::support::{Beside, Numbers, content, has_program, qemu_img_ok, qemu_io, written};
use disk::Disk;
use imago::{FormatAccess, FormatDriverBuilder, PermissiveImplicitOpenGate};
use std::path::Path;
use std::sync::Arc;
use storage::File;

fn open(dir: &Path, name: &str, format: Option<&str>) -> Arc<dyn Disk> {
    disk::open(Arc::new(File::open(dir.join(name)).unwrap()), format, &Beside(dir)).unwrap()
}

fn findings(dir: &Path, name: &str) -> Vec<String> {
    support::findings(Arc::new(File::open(dir.join(name)).unwrap()), None)
}

/// Noise, text and zeros, in pieces of many lengths.
fn sample(len: usize) -> Vec<u8> {
    let mut numbers = Numbers(77);
    let mut bytes = Vec::new();
    while bytes.len() < len {
        let n = numbers.below(150_000) as usize;
        match numbers.below(3) {
            0 => bytes.extend(numbers.bytes(n)),
            1 => bytes.extend((0..n).map(|i| b"compressible text "[i % 18])),
            _ => bytes.resize(bytes.len() + n, 0),
        }
    }
    bytes.truncate(len);
    bytes
}

/// The disk `image` in `dir`, whose chain qemu-img reads too, has no finding and the content that qemu-img sees.
#[track_caller]
fn agrees(dir: &Path, image: &str, what: &str) -> Arc<dyn Disk> {
    let disk = open(dir, image, Some("qcow2"));
    qemu_img_ok(dir, &format!("convert -f qcow2 -O raw {image} theirs"));
    assert!(content(&disk).unwrap() == std::fs::read(dir.join("theirs")).unwrap(), "{what}");
    assert_eq!(findings(dir, image), [""; 0], "{what}");
    extents_are_true(&disk);
    disk
}

#[test]
fn every_kind_of_qcow2_is_read() {
    if !has_program("qemu-img") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let bytes = sample((3 << 20) + 512);
    std::fs::write(dir.join("raw"), &bytes).unwrap();
    let mut kinds: Vec<String> = (9..=21).map(|bits| format!("-o cluster_size={}", 1 << bits)).collect();
    kinds.extend(["512", "4k", "64k", "2M"].map(|size| format!("-o compat=0.10,cluster_size={size}")));
    kinds.extend(["512", "4k", "64k", "2M"].map(|size| format!("-c -o cluster_size={size}")));
    kinds.extend(["512", "4k", "64k", "2M"].map(|size| format!("-c -o compression_type=zstd,cluster_size={size}")));
    kinds.extend(["16k", "64k", "2M"].map(|size| format!("-o extended_l2=on,cluster_size={size}")));
    kinds.extend(["metadata", "falloc", "full"].map(|mode| format!("-o preallocation={mode}")));
    kinds.extend([1, 2, 4, 8, 32, 64].map(|bits| format!("-o refcount_bits={bits}")));
    let others = [
        "-c -o compat=0.10",
        "-c -o extended_l2=on",
        "-c -o extended_l2=on,compression_type=zstd",
        "-o extended_l2=on,preallocation=metadata",
        "-o lazy_refcounts=on",
        "-o cluster_size=512,preallocation=metadata",
        "-W -m 4",
    ];
    kinds.extend(others.map(str::to_owned));
    for kind in kinds {
        qemu_img_ok(dir, &format!("convert -f raw -O qcow2 {kind} raw image"));
        let disk = open(dir, "image", None);
        assert!(content(&disk).unwrap() == bytes, "{kind}");
        assert_eq!(findings(dir, "image"), [""; 0], "{kind}");
        extents_are_true(&disk);
    }
}

#[test]
fn snapshots_zeros_and_bitmaps() {
    if !has_program("qemu-img") || !has_program("qemu-io") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    for kind in ["cluster_size=64k", "cluster_size=4k,refcount_bits=8", "compat=0.10", "extended_l2=on"] {
        qemu_img_ok(dir, &format!("create -f qcow2 -o {kind} image 20M"));
        qemu_io(dir, "image", &["write -P 1 0 3M", "write -P 2 7M 100k", "write -P 9 19M 1M"]);
        qemu_img_ok(dir, "snapshot -c first image");
        qemu_io(dir, "image", &["write -P 3 1M 300k", "write -P 4 7100k 5k", "discard 2M 64k"]);
        qemu_img_ok(dir, "snapshot -c second image");
        qemu_io(dir, "image", &["write -P 5 64k 1k", "write -P 6 12M 1M"]);
        if !kind.contains("0.10") {
            qemu_io(dir, "image", &["write -z 2560k 128k", "write -z -u 12M 512k", "write -z 7M 3k"]);
            qemu_img_ok(dir, "bitmap --add image marks");
            qemu_io(dir, "image", &["write -P 7 3M 4k"]);
        }
        let disk = agrees(dir, "image", kind);
        let disk::Details::Qcow2(details) = &disk.info().details else { panic!() };
        assert_eq!(details.snapshots, 2);
        assert_eq!(details.bitmaps, u32::from(!kind.contains("0.10")));
    }
}

#[test]
fn chains_of_backing_files() {
    if !has_program("qemu-img") || !has_program("qemu-io") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    std::fs::write(dir.join("base.raw"), sample((2 << 20) + 512)).unwrap();
    for kind in
        ["cluster_size=64k", "extended_l2=on", "cluster_size=512", "compat=0.10", "extended_l2=on,cluster_size=2M"]
    {
        qemu_img_ok(dir, &format!("create -f qcow2 -o {kind} -b base.raw -F raw middle 5M"));
        qemu_io(dir, "middle", &["write -P 1 100k 5k", "write -P 2 2M 3k", "write -P 3 4M 70k"]);
        qemu_img_ok(dir, &format!("create -f qcow2 -o {kind} -b middle -F qcow2 top 7M"));
        qemu_io(dir, "top", &["write -P 4 101k 1k", "write -P 5 6M 1k"]);
        if !kind.contains("0.10") {
            qemu_io(dir, "top", &["write -z 4M 3k", "write -z 0 2k"]);
        }
        let disk = agrees(dir, "top", kind);
        assert_eq!(disk.info().backing_file.as_deref(), Some("middle"));
        assert_eq!(disk.info().backing_format.as_deref(), Some("qcow2"));
    }
}

#[test]
fn external_data_files() {
    if !has_program("qemu-img") || !has_program("qemu-io") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    for kind in ["data_file_raw=off", "data_file_raw=on", "extended_l2=on", "data_file_raw=on,preallocation=metadata"] {
        let _ = std::fs::remove_file(dir.join("data"));
        qemu_img_ok(dir, &format!("create -f qcow2 -o data_file=data,{kind} image 5M"));
        qemu_io(dir, "image", &["write -P 4 101k 1k", "write -P 5 4M 1M", "write -P 6 0 64k"]);
        let disk = agrees(dir, "image", kind);
        assert_eq!(disk.info().data_file.as_deref(), Some("data"));
    }
}

#[test]
fn leaks_and_wrong_counts_are_found_where_qemu_finds_them() {
    if !has_program("qemu-img") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    for (refcount, word) in [(0u8, "too low"), (2, "leaked")] {
        let mut image = crate::qcow2::Image::sound();
        let block = image.get64(image.get64(48) as usize) as usize;
        image.0[block + 5] = refcount;
        std::fs::write(dir.join("image"), &image.0).unwrap();
        let theirs = support::qemu_img(dir, "check -f qcow2 image");
        assert!(!theirs.status.success());
        let ours = findings(dir, "image");
        assert!(ours.iter().any(|what| what.contains(word)), "{ours:?}");
    }
}

#[test]
fn every_kind_of_vhd_is_read() {
    if !has_program("qemu-img") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let bytes = sample((5 << 20) + 512);
    std::fs::write(dir.join("raw"), &bytes).unwrap();
    for kind in ["dynamic", "fixed"] {
        for force_size in ["on", "off"] {
            let flags = format!("-o subformat={kind},force_size={force_size}");
            qemu_img_ok(dir, &format!("convert -f raw -O vpc {flags} raw image"));
            let disk = open(dir, "image", None);
            qemu_img_ok(dir, "convert -f vpc -O raw image theirs");
            assert_eq!(disk.info().format, "vhd");
            assert!(content(&disk).unwrap() == std::fs::read(dir.join("theirs")).unwrap(), "{flags}");
            assert!(content(&disk).unwrap()[..bytes.len()] == bytes, "{flags}");
            extents_are_true(&disk);
        }
    }
}

#[test]
fn what_is_written_is_sound_for_qemu_and_imago() {
    if !has_program("qemu-img") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let bytes = sample((9 << 20) + 512);
    std::fs::write(dir.join("raw"), &bytes).unwrap();
    let mut kinds: Vec<Vec<(&str, &str)>> = vec![vec![], vec![("compat", "0.10")], vec![("lazy_refcounts", "on")]];
    let sizes = ["512", "1k", "2k", "4k", "8k", "16k", "32k", "64k", "128k", "256k", "512k", "1M", "2M"];
    kinds.extend(sizes.map(|size| vec![("cluster_size", size)]));
    kinds.extend(["512", "2M"].map(|size| vec![("cluster_size", size), ("compat", "0.10")]));
    kinds.extend(["1", "2", "4", "8", "16", "32", "64"].map(|bits| vec![("refcount_bits", bits)]));
    kinds.push(vec![("refcount_bits", "64"), ("cluster_size", "512")]);
    kinds.extend(["16k", "64k", "2M"].map(|size| vec![("extended_l2", "on"), ("cluster_size", size)]));
    kinds.extend(["metadata", "falloc", "full"].map(|mode| vec![("preallocation", mode)]));
    kinds.push(vec![("preallocation", "metadata"), ("extended_l2", "on")]);
    kinds.push(vec![("compression_type", "zstd")]);
    for method in ["zlib", "zstd"] {
        let sizes = ["512", "4k", "64k", "2M"];
        kinds.extend(sizes.map(|size| vec![("-c", ""), ("compression_type", method), ("cluster_size", size)]));
        kinds.extend(
            ["1", "2", "8", "32"].map(|bits| vec![("-c", ""), ("compression_type", method), ("refcount_bits", bits)]),
        );
        kinds.push(vec![("-c", ""), ("compression_type", method), ("extended_l2", "on")]);
    }
    kinds.push(vec![("-c", ""), ("zlib_window", "32k")]);
    kinds.push(vec![("-c", ""), ("compat", "0.10")]);
    for given in kinds {
        written(dir, "qcow2", &given, &bytes);
        let report = qemu_img_ok(dir, "check -f qcow2 ours");
        assert!(report.contains("No errors were found"), "{given:?} {report}");
        qemu_img_ok(dir, "compare -f qcow2 -F raw ours raw");
        if given.contains(&("extended_l2", "on")) || given.contains(&("compression_type", "zstd")) {
            continue; // Imago does not read these.
        }
        let ours = imago::qcow2::Qcow2::<imago::file::File>::builder_path(dir.join("ours"));
        let ours = FormatAccess::new(ours.open(PermissiveImplicitOpenGate::default()).unwrap());
        let mut seen = vec![0; bytes.len()];
        ours.read(&mut seen, 0).unwrap();
        assert!(ours.size() == bytes.len() as u64 && seen == bytes, "{given:?}");
    }
}

#[test]
fn written_vhds_have_the_same_disk_for_qemu() {
    if !has_program("qemu-img") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let bytes = sample((9 << 20) + 512);
    std::fs::write(dir.join("raw"), &bytes).unwrap();
    for kind in ["dynamic", "fixed"] {
        written(dir, "vhd", &[("subformat", kind)], &bytes);
        qemu_img_ok(dir, "convert -f vpc -O raw ours theirs");
        assert!(std::fs::read(dir.join("theirs")).unwrap() == bytes, "{kind}");
        written(dir, "vhd", &[("subformat", kind), ("force_size", "off")], &bytes);
        qemu_img_ok(dir, "convert -f vpc -O raw ours theirs");
        qemu_img_ok(dir, &format!("convert -f raw -O vpc -o subformat={kind} raw image"));
        qemu_img_ok(dir, "compare -f vpc -F vpc ours image");
        assert!(content(&open(dir, "ours", None)).unwrap() == std::fs::read(dir.join("theirs")).unwrap(), "{kind}");
    }
}
