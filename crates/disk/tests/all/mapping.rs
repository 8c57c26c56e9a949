//! Where things are stored, key for key as `qemu-img map --output=json` says.

use crate::support::{Beside, has_program, qemu_img_ok, qemu_io, texture, written};
use disk::{Mapping, Mappings};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use storage::File;

/// Start, length, depth, present, zero, data, compressed, offset.
type Row = (u64, u64, u32, bool, bool, bool, bool, Option<u64>);

fn theirs(dir: &Path, format: &str, image: &str) -> Vec<Row> {
    let json = qemu_img_ok(dir, &format!("map -f {format} --output=json {image}"));
    let rows: Vec<Value> = serde_json::from_str(&json).unwrap();
    let row = |row: &Value| {
        let number = |key: &str| row[key].as_u64().unwrap();
        let flag = |key: &str| row[key].as_bool().unwrap();
        (
            number("start"),
            number("length"),
            number("depth") as u32,
            flag("present"),
            flag("zero"),
            flag("data"),
            flag("compressed"),
            row.get("offset").map(|offset| offset.as_u64().unwrap()),
        )
    };
    rows.iter().map(row).collect()
}

fn ours(dir: &Path, format: &str, image: &str) -> Vec<Row> {
    let disk = disk::open(Arc::new(File::open(dir.join(image)).unwrap()), Some(format), &Beside(dir)).unwrap();
    let row = |run: Mapping| {
        let (zero, data) = (run.is_zero(), run.is_data());
        let Mapping { extent, depth, present, compressed, offset } = run;
        (extent.range.start, extent.size(), depth, present, zero, data, compressed, offset)
    };
    Mappings::new(&*disk).map(|run| row(run.unwrap())).collect()
}

#[track_caller]
fn same(dir: &Path, format: &str, image: &str, what: &str) {
    assert_eq!(ours(dir, format, image), theirs(dir, format, image), "{what}");
}

#[test]
fn of_raw_disks_and_vhds() {
    if !has_program("qemu-img") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let raw = std::fs::File::create(dir.join("raw")).unwrap();
    raw.set_len(10 << 20).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&raw, &texture(300_000), 1 << 20).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&raw, &[1], (10 << 20) - 1).unwrap();
    same(dir, "raw", "raw", "raw");
    for kind in ["dynamic", "fixed"] {
        qemu_img_ok(dir, &format!("convert -f raw -O vpc -o subformat={kind},force_size=on raw image"));
        same(dir, "vpc", "image", kind);
    }
}

#[test]
fn of_every_kind_of_cluster() {
    if !has_program("qemu-img") || !has_program("qemu-io") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    for kind in [
        "cluster_size=64k",
        "cluster_size=4k",
        "extended_l2=on",
        "extended_l2=on,cluster_size=16k",
        "preallocation=metadata",
        "preallocation=full",
        "preallocation=metadata,extended_l2=on",
        "compat=0.10",
        "data_file=data",
        "data_file=data,data_file_raw=on",
    ] {
        let _ = std::fs::remove_file(dir.join("data"));
        qemu_img_ok(dir, &format!("create -f qcow2 -o {kind} image 20M"));
        same(dir, "qcow2", "image", kind);
        qemu_io(dir, "image", &["write -P 1 0 3M", "write -P 2 7M 100k", "write -P 9 19M 1M"]);
        same(dir, "qcow2", "image", kind);
        if !kind.contains("0.10") {
            qemu_io(dir, "image", &["write -z 1M 1M", "write -z -u 7M 128k", "write -z 12M 3k", "discard 19M 512k"]);
            same(dir, "qcow2", "image", kind);
        }
        if !kind.contains("data_file") && !kind.contains("preallocation") {
            qemu_io(dir, "image", &["write -c -P 5 10M 128k", "write -c -P 6 16M 2M"]);
            same(dir, "qcow2", "image", kind);
        }
    }
}

#[test]
fn of_chains() {
    if !has_program("qemu-img") || !has_program("qemu-io") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    std::fs::write(dir.join("base"), texture(10 << 20)).unwrap();
    for kind in ["cluster_size=64k", "extended_l2=on"] {
        qemu_img_ok(dir, &format!("create -f qcow2 -o {kind} -b base -F raw middle 12M"));
        qemu_io(dir, "middle", &["write -P 1 1M 200k", "write -z 2M 64k", "write -c -P 3 5M 64k", "write -P 4 11M 5k"]);
        qemu_img_ok(dir, &format!("create -f qcow2 -o {kind} -b middle -F qcow2 top 14M"));
        qemu_io(dir, "top", &["write -P 1 1M 64k", "write -z 3M 70k", "write -z 10M 64k"]);
        same(dir, "qcow2", "top", kind);
    }
    qemu_img_ok(dir, "convert -f raw -O vpc -o force_size=on base vpc");
    qemu_img_ok(dir, "create -f qcow2 -b vpc -F vpc top 14M");
    same(dir, "qcow2", "top", "over a VHD");
}

#[test]
fn of_what_is_written_here() {
    if !has_program("qemu-img") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let bytes = texture((9 << 20) + 512);
    let kinds: &[&[(&str, &str)]] = &[
        &[],
        &[("-c", "")],
        &[("-c", ""), ("cluster_size", "4k"), ("compression_type", "zstd")],
        &[("extended_l2", "on")],
        &[("preallocation", "metadata")],
    ];
    for given in kinds {
        written(dir, "qcow2", given, &bytes);
        same(dir, "qcow2", "ours", &format!("{given:?}"));
    }
}
