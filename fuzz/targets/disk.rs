//! Any bytes as an image: probe, header, open, the whole map, and reads at both ends of every run.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::Arc;
use storage::{Extents, ReadAt, Source};

fuzz_target!(|bytes: &[u8]| {
    let file: Source = Arc::new(bytes.to_vec());
    let _ = disk::probe(&file);
    for format in disk::FORMATS {
        let _ = format.info(&file);
        let _ = format.check(file.clone());
        let Ok(disk) = format.open(file.clone(), &disk::Closed) else { continue };
        for extent in Extents::new(&disk).take(1_000) {
            let Ok(extent) = extent else { break };
            let mut buf = vec![0; usize::try_from(extent.size().min(4096)).expect("small")];
            let _ = disk.read_at(&mut buf, extent.range.start);
            let last = extent.range.end - buf.len() as u64;
            let _ = disk.read_at(&mut buf, last);
        }
    }
});
