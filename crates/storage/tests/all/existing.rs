//! Targets that are there already.

use crate::machine::{Loop, Mounted, run, skip};
use std::fs;
use std::os::unix::fs::MetadataExt;
use storage::{Cache, ErrorKind, ExistingFile, Extents, File, ReadAt, WriteAt, is_zero, read_vec};

#[test]
fn a_file_is_written_where_it_is() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("disk");
    fs::write(&path, vec![0xee; 300_000]).unwrap();
    let before = fs::metadata(&path).unwrap();
    let target = ExistingFile::open(&path).unwrap();
    assert_eq!(target.size(), 300_000);
    assert_eq!(target.identity(), File::open(&path).unwrap().identity());
    target.write_at(&[1; 70_000], 10_000).unwrap();
    target.zero_at(50_000..200_000).unwrap();
    target.zero_at(200_000..200_000).unwrap();
    for (offset, len) in [(299_999, 2), (300_000, 1), (u64::MAX, 1)] {
        assert!(target.write_at(&vec![1; len], offset).is_err());
    }
    assert!(target.zero_at(299_999..300_001).is_err());
    let mut expected = vec![0xee; 300_000];
    expected[10_000..50_000].fill(1);
    expected[50_000..200_000].fill(0);
    assert!(read_vec(&target, 0, 300_000).unwrap() == expected);
    assert!(Extents::new(&target).map(|run| run.unwrap()).any(|run| !run.is_data()), "no hole was made");
    target.commit().unwrap();
    assert!(fs::read(&path).unwrap() == expected);
    let after = fs::metadata(&path).unwrap();
    assert_eq!((after.ino(), after.len()), (before.ino(), 300_000));
}

#[test]
fn what_is_no_disk_is_refused() {
    let place = tempfile::tempdir().unwrap();
    assert_eq!(ExistingFile::open(place.path().join("none")).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(ExistingFile::open(place.path()).unwrap_err().kind(), ErrorKind::Refused);
    for path in ["/dev/null", "/proc/self/fd"] {
        assert_eq!(ExistingFile::open(path).unwrap_err().kind(), ErrorKind::Refused, "{path}");
    }
    let fifo = place.path().join("fifo");
    run("mkfifo", &[fifo.to_str().unwrap()]).unwrap();
    assert_eq!(ExistingFile::open(&fifo).unwrap_err().kind(), ErrorKind::Refused);
}

#[test]
fn a_block_device_is_written_and_wiped() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("disk");
    fs::write(&path, vec![0xee; 4 << 20]).unwrap();
    let Some(device) = Loop::new(&path) else { return };
    for cache in [Cache::Behind, Cache::Direct, Cache::Writethrough, Cache::DirectSync] {
        let target = ExistingFile::open_with(&device.device, cache).unwrap();
        assert_eq!((target.size(), target.note()), (4 << 20, None));
        target.write_at(&[7; 1 << 20], 1 << 20).unwrap();
        // Not whole sectors: no hole can be made of it.
        target.write_at(&[8; 1000], 3_000_001).unwrap();
        target.zero_at((1 << 20) + 1..(1 << 20) + 9_000).unwrap();
        target.zero_at(3 << 20..4 << 20).unwrap();
        assert!(target.write_at(&[1], 4 << 20).is_err());
        let mut bytes = read_vec(&target, 0, 4 << 20).unwrap();
        target.commit().unwrap();
        assert!(bytes == read_vec(&File::open(&device.device).unwrap(), 0, 4 << 20).unwrap());
        assert!(is_zero(&bytes[3 << 20..]) && is_zero(&bytes[(1 << 20) + 1..(1 << 20) + 9_000]));
        bytes.truncate(3 << 20);
        let count = |byte| bytes.iter().filter(|&&b| b == byte).count();
        assert_eq!((count(7), count(8)), ((1 << 20) - 8_999, 1000));
    }
}

#[test]
fn a_mounted_device_is_refused() {
    let Some(mounted) = Mounted::new("ext4", 8 << 20) else { return };
    let Some(found) = run("findmnt", &["-n", "-o", "SOURCE", mounted.path().to_str().unwrap()]) else {
        return skip("findmnt does not know the device");
    };
    let device = String::from_utf8(found.stdout).unwrap();
    let error = ExistingFile::open(device.trim()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(error.what().contains("mounted"), "{error}");
}
