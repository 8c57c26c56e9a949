//! VMDK from outside.

mod build;
mod descriptor;
mod oracle;
mod sparse;
mod stream;
mod writer;

use crate::support::{Growing, content, options};
use disk::{Checked, Closed, Details, Disk, Format, Info, VmdkDetails};
use std::sync::Arc;
use storage::{ErrorKind, Result, Source};

fn driver() -> &'static dyn Format {
    disk::format("vmdk").unwrap()
}

fn open(file: &[u8]) -> Result<Arc<dyn Disk>> {
    driver().open(Arc::new(file.to_vec()), &Closed)
}

fn info(file: &[u8]) -> Info {
    driver().info(&file.to_vec()).unwrap()
}

fn details(info: &Info) -> &VmdkDetails {
    match &info.details {
        Details::Vmdk(details) => details,
        _ => panic!("no details"),
    }
}

fn check(file: &[u8]) -> Checked {
    driver().check(Arc::new(file.to_vec())).unwrap().unwrap()
}

/// Opening or reading fails as damage, in these words; `check` finds it too.
#[track_caller]
fn corrupt(file: &[u8], word: &str) {
    crate::support::refused(open(file).and_then(|disk| content(&disk)), ErrorKind::Corrupt, word);
    let checked = check(file);
    assert!(checked.corruption_count > 0, "check finds nothing");
}

/// A disk with these writes, as the driver writes it.
fn written(size: u64, given: &[(&str, &str)], writes: &[(u64, &[u8])]) -> Vec<u8> {
    let file = Growing::default();
    let disk = driver().create(Arc::new(file.clone()), &options(size, given)).unwrap();
    for (offset, bytes) in writes {
        disk.write_at(bytes, *offset).unwrap();
    }
    disk.finish().unwrap();
    std::mem::take(&mut *file.0.lock().unwrap())
}

fn source(bytes: &[u8]) -> Source {
    Arc::new(bytes.to_vec())
}
