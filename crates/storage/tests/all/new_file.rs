//! Files that appear under their names only when they are complete.

use std::fs;
use std::path::Path;
use storage::{ErrorKind, NewFile, ReadAt, WriteAt, is_zero};

fn names(directory: &Path) -> Vec<String> {
    fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn appears_only_when_committed() {
    let directory = tempfile::tempdir().unwrap();
    let target = directory.path().join("out");
    let file = NewFile::create(&target, false).unwrap();
    file.write_at(b"abc", 2).unwrap();
    drop(file);
    assert!(names(directory.path()).is_empty());
    let file = NewFile::create(&target, false).unwrap();
    file.write_at(b"abc", 2).unwrap();
    file.commit().unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"\0\0abc");
    assert_eq!(names(directory.path()), ["out"]);
}

#[test]
fn what_exists_is_kept_unless_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let target = directory.path().join("out");
    fs::write(&target, "old").unwrap();
    assert_eq!(NewFile::create(&target, false).unwrap_err().kind(), ErrorKind::Refused);
    let file = NewFile::create(&target, true).unwrap();
    file.write_at(b"new!", 0).unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"old");
    file.commit().unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"new!");
    assert_eq!(names(directory.path()), ["out"]);
}

#[test]
fn a_target_that_appears_meanwhile_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let target = directory.path().join("out");
    let file = NewFile::create(&target, false).unwrap();
    fs::write(&target, "theirs").unwrap();
    assert_eq!(file.commit().unwrap_err().kind(), ErrorKind::Refused);
    assert_eq!(fs::read(&target).unwrap(), b"theirs");
    assert_eq!(names(directory.path()), ["out"]);
}

#[test]
fn zeroing_reads_back_as_zeros() {
    let directory = tempfile::tempdir().unwrap();
    let file = NewFile::create(directory.path().join("out"), false).unwrap();
    file.write_at(&[9; 20_000], 0).unwrap();
    file.zero_at(1_000..15_000).unwrap();
    let mut buf = vec![1; 20_000];
    file.read_at(&mut buf, 0).unwrap();
    assert!(buf[..1_000].iter().all(|&b| b == 9) && is_zero(&buf[1_000..15_000]) && buf[19_999] == 9);
}

#[test]
fn directories_and_devices_are_no_targets() {
    let directory = tempfile::tempdir().unwrap();
    assert!(NewFile::create(directory.path(), true).is_err());
    assert!(NewFile::create("/dev/null", true).is_err());
    assert!(NewFile::create(directory.path().join("none/out"), true).is_err());
}
