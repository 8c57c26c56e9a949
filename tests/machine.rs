//! `inspect` of the several images of one machine.

use crate::program::{run, s};
use serde_json::Value;

/// A disk of 1 MiB with one partition, empty.
fn disk() -> Vec<u8> {
    let mut bytes = vec![0; 1 << 20];
    bytes[446 + 4] = 0x83;
    bytes[446 + 8..446 + 16].copy_from_slice(&[8, 0, 0, 0, 0, 4, 0, 0]);
    bytes[510..512].copy_from_slice(&[0x55, 0xAA]);
    bytes
}

#[test]
fn further_disks_are_named_by_number() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("system.raw"), disk()).unwrap();
    std::fs::write(path("broken.qcow2"), b"QFI\xfb and nothing behind it").unwrap();
    assert_eq!(run(["convert", "-O", "qcow2", s(&path("system.raw")), s(&path("data.qcow2"))]).code, 0);
    let images = ["system.raw", "data.qcow2", "broken.qcow2"].map(path);
    let [system, data, broken] = images.each_ref().map(|path| s(path));

    let ran = run(["inspect", "--output", "json", system, data, broken]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let facts: Value = serde_json::from_str(&ran.stdout).unwrap();
    let ids: Vec<_> =
        facts["volumes"].as_array().unwrap().iter().map(|volume| volume["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["partition/1", "disk2/partition/1", "disk3"]);
    let further = facts["data_disks"].as_array().unwrap();
    assert_eq!((further.len(), &further[0]["image"]["format"]["is"]), (2, &Value::from("qcow2")));
    assert!(further[1]["disk"]["unknown"].is_object() && facts["guest"]["unknown"].is_object(), "{facts:#}");

    let ran = run(["inspect", system, data, broken]);
    for words in ["disk 2", "disk 3", "partition 1 of disk 2", "broken.qcow2"] {
        assert!(ran.stdout.contains(words), "{words}: {}", ran.stdout);
    }
    let one = run(["inspect", "--output", "json", system]).stdout;
    assert!(!one.contains("data_disks"), "the report of one disk says nothing of others");
}

#[test]
fn what_is_of_one_image_is_not_asked_of_several() {
    assert_eq!(run(["inspect", "--member", "2", "a", "b"]).code, 2);
    assert_eq!(run(["inspect"]).code, 2);
}
