//! Reading and writing past the page cache (`O_DIRECT`).
//!
//! The kernel wants offsets, lengths and memory aligned. What is not goes round: the ends of a range through the page
//! cache, where it shares no page with what goes past it, and the middle through an aligned buffer.

use rustix::fs::OFlags;
use std::cell::RefCell;
use std::fs;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};

/// The largest block of disks in use, and the page. Every filesystem that knows direct I/O is content with it.
const ALIGNMENT: usize = 4096;

/// Bytes that go through the aligned buffer at once.
const BOUNCE: usize = 256 << 10;

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// A second descriptor of a file, opened with `O_DIRECT`.
#[derive(Debug)]
pub(crate) struct Direct {
    file: fs::File,
}

/// How a range of memory or file is cut: the ends are not aligned, the middle is.
struct Cut {
    head: usize,
    middle: usize,
}

impl Cut {
    fn new(offset: u64, len: usize) -> Self {
        let within = usize::try_from(offset % ALIGNMENT as u64).expect("less than a page");
        let head = if within == 0 { 0 } else { (ALIGNMENT - within).min(len) };
        Cut { head, middle: (len - head) / ALIGNMENT * ALIGNMENT }
    }
}

impl Direct {
    /// Opens `file` once more; `None` where its filesystem refuses direct I/O.
    pub(crate) fn reopen(file: &fs::File, write: bool, flags: OFlags) -> Option<Self> {
        let name = format!("/proc/self/fd/{}", file.as_raw_fd());
        let flags = flags | OFlags::DIRECT | OFlags::CLOEXEC;
        let opened = fs::OpenOptions::new().read(true).write(write).custom_flags(flags.bits().cast_signed()).open(name);
        opened.ok().map(|file| Direct { file })
    }

    /// Fills `buf`; `cached` is the same file through the page cache.
    pub(crate) fn read(&self, cached: &fs::File, buf: &mut [u8], offset: u64) -> io::Result<()> {
        let Cut { head, middle } = Cut::new(offset, buf.len());
        let (first, rest) = buf.split_at_mut(head);
        let (inner, last) = rest.split_at_mut(middle);
        let (start, end) = (offset + head as u64, offset + (head + middle) as u64);
        cached.read_exact_at(first, offset)?;
        if is_aligned(inner) {
            or_cached(self.file.read_exact_at(inner, start), || cached.read_exact_at(inner, start))?;
        } else {
            with_buffer(|buffer| {
                for (part, at) in inner.chunks_mut(BOUNCE).zip((start..).step_by(BOUNCE)) {
                    let bounce = &mut buffer[..part.len()];
                    or_cached(self.file.read_exact_at(bounce, at), || cached.read_exact_at(bounce, at))?;
                    part.copy_from_slice(bounce);
                }
                Ok(())
            })?;
        }
        cached.read_exact_at(last, end)
    }

    /// Writes all of `buf`; `cached` is the same file through the page cache.
    pub(crate) fn write(&self, cached: &fs::File, buf: &[u8], offset: u64) -> io::Result<()> {
        let Cut { head, middle } = Cut::new(offset, buf.len());
        let (first, rest) = buf.split_at(head);
        let (inner, last) = rest.split_at(middle);
        let (start, end) = (offset + head as u64, offset + (head + middle) as u64);
        cached.write_all_at(first, offset)?;
        if is_aligned(inner) {
            or_cached(self.file.write_all_at(inner, start), || cached.write_all_at(inner, start))?;
        } else {
            with_buffer(|buffer| {
                for (part, at) in inner.chunks(BOUNCE).zip((start..).step_by(BOUNCE)) {
                    let bounce = &mut buffer[..part.len()];
                    bounce.copy_from_slice(part);
                    or_cached(self.file.write_all_at(bounce, at), || cached.write_all_at(part, at))?;
                }
                Ok(())
            })?;
        }
        cached.write_all_at(last, end)
    }
}

fn is_aligned(memory: &[u8]) -> bool {
    memory.as_ptr().addr().is_multiple_of(ALIGNMENT)
}

/// Some filesystems accept the flag and refuse the request; those take the other way.
fn or_cached(direct: io::Result<()>, cached: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    match direct {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => cached(),
        other => other,
    }
}

/// Lends this thread's aligned buffer of [`BOUNCE`] bytes.
fn with_buffer(work: impl FnOnce(&mut [u8]) -> io::Result<()>) -> io::Result<()> {
    BUFFER.with_borrow_mut(|buffer| {
        buffer.resize(BOUNCE + ALIGNMENT, 0);
        let start = buffer.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT);
        work(&mut buffer[start..start + BOUNCE])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alignment_reads_and_writes_the_same() {
        // The build directory is on a disk more often than the temporary one.
        let place = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
        let path = place.path().join("file");
        let file = fs::OpenOptions::new().read(true).write(true).create_new(true).open(&path).unwrap();
        let Some(direct) = Direct::reopen(&file, true, OFlags::empty()) else {
            eprintln!("SKIPPED: no direct I/O here");
            return;
        };
        let mut model = vec![0u8; 1 << 20];
        file.set_len(1 << 20).unwrap();
        let memory: Vec<u8> = (0..650_000u32).map(|i| u8::try_from(i % 251).unwrap()).collect();
        let cases =
            [(0, 4096), (0, 600_000), (1, 4095), (1, 5000), (4095, 2), (5000, 100), (8192, 12_288), (100_001, 400_000)];
        for shift in [0, 1, 16] {
            for (offset, len) in cases {
                let (at, len) = (offset, len - shift.min(len));
                let start = memory.as_ptr().align_offset(ALIGNMENT) + shift;
                let part = &memory[start..start + len];
                direct.write(&file, part, at).unwrap();
                model[usize::try_from(at).unwrap()..][..len].copy_from_slice(part);
                let mut back = vec![0; 500_000];
                direct.read(&file, &mut back[shift..], at).unwrap();
                assert!(
                    back[shift..] == model[usize::try_from(at).unwrap()..][..500_000 - shift],
                    "{shift} {at} {len}"
                );
            }
        }
        assert!(fs::read(&path).unwrap() == model);
        assert!(direct.read(&file, &mut [0; 8192], (1 << 20) - 4096).is_err());
    }
}
