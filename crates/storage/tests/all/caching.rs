//! Cache modes: the same bytes in all of them, and the page cache as they say.

use crate::machine::{Mounted, run, skip};
use std::path::Path;
use storage::{Cache, File, NewFile, ReadAt, WriteAt, read_vec};

const MODES: [Cache; 6] =
    [Cache::Behind, Cache::Writeback, Cache::Writethrough, Cache::Direct, Cache::DirectSync, Cache::Unsafe];

const SIZE: u64 = 160 << 20;

/// Bytes of the file in the page cache.
fn cached(path: &Path) -> Option<u64> {
    let output = run("fincore", &["--bytes", "--noheadings", "--output", "RES", path.to_str().unwrap()])?;
    String::from_utf8(output.stdout).unwrap().trim().parse().ok()
}

#[test]
fn every_mode_writes_and_reads_the_same() {
    let Some(mounted) = Mounted::new("xfs", 512 << 20) else { return };
    let bytes: Vec<u8> = (0..3_000_000u32).map(|i| u8::try_from(i % 253).unwrap()).collect();
    // Sequential, unaligned, rewritten, and past the end of all before.
    let writes = [(0, 4096), (4096, 1 << 20), (5_000_001, 70_000), (4_999_999, 3), (100, 3_000), (5_069_999, 1 << 20)];
    let mut model = vec![0; 8 << 20];
    for mode in MODES {
        let path = mounted.path().join(format!("{mode:?}"));
        let target = NewFile::create_with(&path, false, mode).unwrap();
        assert_eq!(target.note(), None);
        target.write_at(&[0], (8 << 20) - 1).unwrap();
        for (i, (offset, len)) in writes.into_iter().enumerate() {
            target.write_at(&bytes[i..i + len], offset).unwrap();
            model[usize::try_from(offset).unwrap()..][..len].copy_from_slice(&bytes[i..i + len]);
        }
        target.zero_at(20_000..30_001).unwrap();
        model[20_000..30_001].fill(0);
        assert!(read_vec(&target, 0, 8 << 20).unwrap() == model, "{mode:?}");
        target.commit().unwrap();
        for mode in MODES {
            let source = File::open_with(&path, mode).unwrap();
            for (offset, len) in [(0, 8 << 20), (1, 8191), (4097, 1 << 20), ((8 << 20) - 5, 5)] {
                let at = usize::try_from(offset).unwrap();
                assert!(read_vec(&source, offset, len).unwrap() == model[at..][..usize::try_from(len).unwrap()]);
            }
            assert!(source.read_at(&mut [0; 2], (8 << 20) - 1).is_err());
            source.check_unchanged().unwrap();
        }
    }
}

#[test]
fn what_went_by_leaves_the_cache_and_what_was_there_stays() {
    let Some(mounted) = Mounted::new("xfs", 512 << 20) else { return };
    let path = mounted.path().join("disk");
    let bytes = vec![1; 1 << 20];
    let target = NewFile::create_with(&path, false, Cache::Behind).unwrap();
    // As raw images begin: the last byte gives the length.
    target.write_at(&[1], SIZE - 1).unwrap();
    (0..SIZE).step_by(1 << 20).for_each(|at| target.write_at(&bytes, at).unwrap());
    target.commit().unwrap();
    let Some(left) = cached(&path) else { return skip("fincore is not here") };
    assert!(left < 1 << 20, "{left} bytes of the target stay");
    let read_all = |cache| {
        let source = File::open_with(&path, cache).unwrap();
        let mut buffer = vec![0; 1 << 20];
        // As probes do: the end first.
        source.read_at(&mut [0; 512], SIZE - 512).unwrap();
        (0..SIZE).step_by(1 << 20).for_each(|at| source.read_at(&mut buffer, at).unwrap());
        cached(&path).unwrap()
    };
    let left = read_all(Cache::Behind);
    assert!(left <= 80 << 20, "{left} bytes of the source stay");
    let left = read_all(Cache::Writeback);
    assert!(left > SIZE - (8 << 20), "only {left} bytes stay");
    let left = read_all(Cache::Behind);
    assert!(left > SIZE - (8 << 20), "{left} bytes stay of what others use");
}

#[test]
fn direct_reads_leave_nothing() {
    let Some(mounted) = Mounted::new("xfs", 512 << 20) else { return };
    let path = mounted.path().join("disk");
    let target = NewFile::create_with(&path, false, Cache::Direct).unwrap();
    target.write_at(&vec![1; 32 << 20], 0).unwrap();
    target.commit().unwrap();
    let source = File::open_with(&path, Cache::Direct).unwrap();
    read_vec(&source, 0, 32 << 20).unwrap();
    match cached(&path) {
        Some(left) => assert!(left <= 16 << 10, "{left}"),
        None => skip("fincore is not here"),
    }
}
