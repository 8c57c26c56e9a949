//! Any bytes as a filesystem: a bounded walk that reads every file.

#![no_main]

use filesystem::{FileKind, GuestPath};
use libfuzzer_sys::fuzz_target;
use std::sync::Arc;
use storage::Source;

fuzz_target!(|bytes: &[u8]| {
    let volume: Source = Arc::new(bytes.to_vec());
    let Ok(tree) = filesystem::open(volume) else { return };
    let (mut todo, mut budget) = (vec![GuestPath::root()], 500);
    while let Some(directory) = todo.pop() {
        for entry in tree.read_dir(&directory).unwrap_or_default() {
            budget -= 1;
            if budget == 0 {
                return;
            }
            let path = directory.join(&entry.name);
            let _ = tree.metadata(&path);
            match entry.kind {
                FileKind::Directory => todo.push(path),
                FileKind::File => drop(tree.read(&path, 1 << 20)),
                FileKind::Link => drop(tree.read_link(&path)),
                FileKind::Special => {}
            }
        }
    }
});
