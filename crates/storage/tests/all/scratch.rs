//! Files without names.

use crate::machine::Mounted;
use std::fs;
use storage::{NewFile, ReadAt, WriteAt, spool};

#[test]
fn has_no_name_and_gets_none() {
    let place = tempfile::tempdir().unwrap();
    let names = || fs::read_dir(place.path()).unwrap().count();
    let file = NewFile::scratch(place.path()).unwrap();
    assert_eq!(spool(&mut &b"hello"[..], 5, &file, &|| false).unwrap(), 5);
    let mut bytes = [0; 5];
    file.read_at(&mut bytes, 0).unwrap();
    assert_eq!((&bytes, names()), (b"hello", 0));
    assert!(file.commit().is_err());
    assert_eq!(names(), 0);
    let error = NewFile::scratch(place.path().join("none")).unwrap_err();
    assert!(error.to_string().contains("none"), "{error}");
}

#[test]
fn a_full_filesystem_is_said_to_be_full() {
    let Some(small) = Mounted::tmpfs(1 << 20) else { return };
    let file = NewFile::scratch(small.path()).unwrap();
    let error = spool(&mut std::io::repeat(1), 1 << 30, &file, &|| false).unwrap_err();
    assert!(error.is_exhausted(), "{error}");
    // Zeros need no room.
    let file = NewFile::scratch(small.path()).unwrap();
    let mut zeros = std::io::Read::take(std::io::repeat(0), 64 << 20);
    assert_eq!(spool(&mut zeros, 1 << 30, &file, &|| false).unwrap(), 64 << 20);
    assert!(!file.extent_at(0).unwrap().is_data());
    let named = NewFile::create(small.path().join("out"), false).unwrap();
    assert!(named.write_at(&vec![1; 2 << 20], 0).unwrap_err().is_exhausted());
}
