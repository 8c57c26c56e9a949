//! The yardstick: two threads that read and write a file by the megabyte, and do nothing else.
//!
//! `plain_copy SOURCE TARGET` copies all bytes, holes too, and hashes and skips nothing. What it takes is what the
//! kernel's copies take; no converter that moves the bytes through its memory is faster.

use std::error::Error;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes read and written at once.
const STEP: u64 = 1 << 20;

const THREADS: usize = 2;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(source), Some(target)) = (arguments.next(), arguments.next()) else {
        return Err("usage: plain_copy SOURCE TARGET".into());
    };
    let (source, target) = (File::open(source)?, File::create(target)?);
    let size = source.metadata()?.len();
    target.set_len(size)?;
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(|| copy(&source, &target, size, &next))).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("no thread panics"))
    })?;
    Ok(())
}

/// Copies what is next until all is copied.
fn copy(source: &File, target: &File, size: u64, next: &AtomicU64) -> std::io::Result<()> {
    // Aligned to pages, as the engine's are: the kernel copies faster.
    let mut memory = vec![0; usize::try_from(STEP).expect("a megabyte") + 4096];
    let start = memory.as_ptr().align_offset(4096);
    let buffer = &mut memory[start..];
    loop {
        let at = next.fetch_add(STEP, Ordering::Relaxed);
        if at >= size {
            return Ok(());
        }
        let len = usize::try_from(STEP.min(size - at)).expect("a megabyte");
        source.read_exact_at(&mut buffer[..len], at)?;
        target.write_all_at(&buffer[..len], at)?;
    }
}
