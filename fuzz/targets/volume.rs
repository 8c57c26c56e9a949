//! Any bytes as a disk: partition tables, BSD labels, and what lies over them: LVM, md, bcache.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::Arc;
use storage::{ReadAt, Source};

fuzz_target!(|bytes: &[u8]| {
    let disk: Source = Arc::new(bytes.to_vec());
    if let Ok(layout) = volume::scan(&disk, None) {
        for volume in layout.volumes {
            let mut buf = vec![0; usize::try_from(volume.source.size().min(512)).expect("small")];
            let _ = volume.source.read_at(&mut buf, 0);
        }
    }
});
