//! Copies that share their blocks.

use crate::machine::{Mounted, skip};
use std::fs;
use std::path::Path;
use storage::{Cache, File, NewFile, ReadAt, WriteAt};

fn try_to_clone(place: &Path) -> Option<bool> {
    let (from, to) = (place.join("from"), place.join("to"));
    let bytes: Vec<u8> = (0..3_000_001u32).map(|i| u8::try_from(i % 251).unwrap()).collect();
    fs::write(&from, &bytes).ok()?;
    let source = File::open(&from).unwrap();
    let target = NewFile::create_with(&to, false, Cache::Behind).unwrap();
    let cloned = target.clone_from(&source).unwrap();
    if !cloned {
        // Nothing has happened; it is copied otherwise.
        assert_eq!(target.size(), 0);
        target.write_at(&bytes, 0).unwrap();
    }
    assert_eq!(target.size(), 3_000_001);
    source.check_unchanged().unwrap();
    target.commit().unwrap();
    assert!(fs::read(&to).unwrap() == bytes);
    Some(cloned)
}

#[test]
fn xfs_shares_blocks() {
    let Some(mounted) = Mounted::new("xfs", 512 << 20) else { return };
    match try_to_clone(&mounted.path()) {
        Some(true) => {}
        other => skip(&format!("this XFS does not share blocks: {other:?}")),
    }
}

#[test]
fn others_say_no() {
    let Some(ext4) = Mounted::new("ext4", 16 << 20) else { return };
    assert_eq!(try_to_clone(&ext4.path()), Some(false));
    let Some(tmpfs) = Mounted::tmpfs(16 << 20) else { return };
    assert_eq!(try_to_clone(&tmpfs.path()), Some(false));
    // From one filesystem to another.
    let source = File::open(ext4.path().join("from")).unwrap();
    let target = NewFile::create(tmpfs.path().join("other"), false).unwrap();
    assert!(!target.clone_from(&source).unwrap());
}
