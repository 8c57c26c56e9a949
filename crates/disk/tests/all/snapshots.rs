//! Internal snapshots: what is listed, and what they hold.

use crate::support::{Beside, content, has_program, qemu_img_ok, qemu_io, refused};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use storage::{ErrorKind, File};

fn file(dir: &Path) -> Arc<File> {
    Arc::new(File::open(dir.join("image")).unwrap())
}

fn snapshot(dir: &Path, name: &str) -> storage::Result<Vec<u8>> {
    content(&disk::open_snapshot(file(dir), Some("qcow2"), name, &Beside(dir))?)
}

#[test]
fn are_read_as_qemu_reads_them() {
    if !has_program("qemu-img") || !has_program("qemu-io") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    std::fs::write(dir.join("base"), crate::support::texture(10 << 20)).unwrap();
    for kind in ["cluster_size=64k", "compat=0.10", "extended_l2=on", "cluster_size=512", "refcount_bits=64"] {
        qemu_img_ok(dir, &format!("create -f qcow2 -o {kind} -b base -F raw image 12M"));
        qemu_io(dir, "image", &["write -P 1 0 3M", "write -P 2 7M 100k", "write -c -P 9 9M 256k"]);
        qemu_img_ok(dir, "snapshot -c first image");
        qemu_io(dir, "image", &["write -P 3 1M 300k", "write -P 4 7100k 5k", "write -P 4 11M 5k"]);
        qemu_img_ok(dir, "snapshot -c 1st=second image");
        qemu_img_ok(dir, "snapshot -c 1 image");
        qemu_io(dir, "image", &["write -P 5 0 12M"]);
        for name in
            ["first", "1st=second", "2", "3", "snapshot.id=1", "snapshot.name=1", "snapshot.id=1,snapshot.name=first"]
        {
            qemu_img_ok(dir, &format!("convert -f qcow2 -O raw -l {name} image theirs"));
            let theirs = std::fs::read(dir.join("theirs")).unwrap();
            assert!(snapshot(dir, name).unwrap() == theirs, "{kind} {name}");
        }
        refused(snapshot(dir, "third"), ErrorKind::NotFound, "there are 1 \"first\"");
        refused(snapshot(dir, "snapshot.id=2,snapshot.name=first"), ErrorKind::NotFound, "no snapshot");
        listed(dir);
    }
}

fn listed(dir: &Path) {
    let json: Value = serde_json::from_str(&qemu_img_ok(dir, "info -f qcow2 --output=json image")).unwrap();
    let info = disk::info(&*file(dir), None).unwrap();
    let theirs = json["snapshots"].as_array().unwrap();
    assert_eq!(info.snapshots.len(), theirs.len());
    for (ours, theirs) in info.snapshots.iter().zip(theirs) {
        assert_eq!(
            (ours.id.as_str(), ours.name.as_str()),
            (theirs["id"].as_str().unwrap(), theirs["name"].as_str().unwrap())
        );
        let number = |key: &str| theirs[key].as_u64().unwrap();
        assert_eq!(ours.vm_state_size, number("vm-state-size"));
        assert_eq!(ours.date_ns, number("date-sec") * 1_000_000_000 + number("date-nsec"));
        assert_eq!(ours.vm_clock_ns, number("vm-clock-sec") * 1_000_000_000 + number("vm-clock-nsec"));
        assert_eq!(ours.icount, theirs.get("icount").map(|icount| icount.as_u64().unwrap()));
        assert_eq!(ours.disk_size, 12 << 20);
    }
}

/// A disk that has grown since is as long as it was.
#[test]
fn keep_the_length_of_the_disk() {
    if !has_program("qemu-img") || !has_program("qemu-io") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    qemu_img_ok(dir, "create -f qcow2 image 3M");
    qemu_io(dir, "image", &["write -P 1 0 3M"]);
    qemu_img_ok(dir, "snapshot -c small image");
    qemu_img_ok(dir, "resize image 5G");
    qemu_io(dir, "image", &["write -P 2 0 1M", "write -P 2 4G 1M"]);
    assert!(snapshot(dir, "small").unwrap() == vec![1; 3 << 20]);
    assert_eq!(disk::open(file(dir), None, &Beside(dir)).unwrap().info().snapshots[0].disk_size, 3 << 20);
}

#[test]
fn only_qcow2_has_any() {
    let result = disk::open_snapshot(Arc::new(vec![0; 512]), Some("raw"), "x", &disk::Closed);
    refused(result, ErrorKind::Unsupported, "no internal snapshots");
}
