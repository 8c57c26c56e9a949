//! qemu-img, 7z, another reader and a real image as second opinions.

use super::{check, details, driver, info, open, written};
use crate::support::{Beside, Numbers, content, has_program, qemu_img, qemu_img_ok, skip};
use disk::{Disk, Mappings};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use storage::{Extents, ReadAt, State};

/// Content of all sorts: random, text, zeros, a part of a grain at the end.
pub(super) fn sample(size: usize) -> Vec<u8> {
    let mut numbers = Numbers(77);
    let mut disk = vec![0; size];
    let random = numbers.bytes(200_000);
    disk[..200_000].copy_from_slice(&random);
    for (i, byte) in disk[1 << 20..(1 << 20) + 700_000].iter_mut().enumerate() {
        *byte = (i / 100 % 251) as u8;
    }
    disk[(2 << 20) + 65536 * 3 + 5] = 1;
    let end = size - 3000;
    disk[end..].fill(0x5a);
    disk
}

const SIZE: usize = (37 << 20) + 512 * 5;

#[test]
fn all_kinds_of_qemu() {
    if !has_program("qemu-img") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let disk = sample(SIZE);
    std::fs::write(dir.path().join("raw"), &disk).unwrap();
    for flags in [
        "subformat=monolithicSparse",
        "subformat=monolithicSparse,compat6=on",
        "subformat=monolithicSparse,zeroed_grain=on",
        "subformat=monolithicSparse,adapter_type=buslogic,hwversion=9",
        "subformat=streamOptimized",
        "subformat=streamOptimized,adapter_type=lsilogic",
        "subformat=monolithicFlat",
        "subformat=twoGbMaxExtentSparse",
        "subformat=twoGbMaxExtentFlat",
    ] {
        qemu_img_ok(dir.path(), &format!("convert -f raw -O vmdk -o {flags} raw image.vmdk"));
        let file = std::fs::read(dir.path().join("image.vmdk")).unwrap();
        assert!(driver().probe(&file).unwrap(), "{flags}");
        let ours = driver().open(super::source(&file), &Beside(dir.path())).unwrap();
        assert!(content(&ours).unwrap() == disk, "{flags}");
        let mut numbers = Numbers(9);
        for _ in 0..100 {
            let start = numbers.below(SIZE as u64) as usize;
            let mut part = vec![1; numbers.below(300_000).min((SIZE - start) as u64) as usize];
            ours.read_at(&mut part, start as u64).unwrap();
            assert!(part == disk[start..start + part.len()], "{flags}");
        }
        maps_are_true(&ours, &disk);
        let word = flags.split([',', '=']).nth(1).unwrap();
        let info = info(&file);
        assert_eq!((details(&info).create_type.as_str(), info.virtual_size), (word, SIZE as u64));
        let json = qemu_img_ok(dir.path(), "info --output=json image.vmdk");
        assert!(json.contains(&format!("\"cid\": {},", details(&info).cid)), "{json}");
        assert_eq!(ours.info().cluster_size.is_some(), json.contains("\"cluster-size\": 65536"), "{flags}");
        if word.starts_with("mono") && word.ends_with("Sparse") || word == "streamOptimized" {
            let checked = check(&file);
            assert!(checked.is_clean(), "{:?}", checked.corruptions);
            assert!(checked.allocated_clusters > 10 && checked.image_end_offset <= file.len() as u64);
            assert_eq!(checked.compressed_clusters > 0, word == "streamOptimized");
        }
    }
}

fn maps_are_true(ours: &Arc<dyn Disk>, disk: &[u8]) {
    let mut end = 0;
    for extent in Extents::new(ours) {
        let extent = extent.unwrap();
        assert!(extent.range.start == end);
        end = extent.range.end;
        if extent.state != State::Data {
            assert!(storage::is_zero(&disk[extent.range.start as usize..end as usize]));
        }
    }
    assert_eq!(end, disk.len() as u64);
    let runs: u64 = Mappings::new(&**ours).map(|run| run.unwrap().extent.size()).sum();
    assert_eq!(runs, end);
}

/// What is said to be in the file byte for byte is there.
#[test]
fn offsets_of_the_map() {
    if !has_program("qemu-img") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let disk = sample(SIZE);
    std::fs::write(dir.path().join("raw"), &disk).unwrap();
    qemu_img_ok(dir.path(), "convert -f raw -O vmdk raw image.vmdk");
    let file = std::fs::read(dir.path().join("image.vmdk")).unwrap();
    let ours = open(&file).unwrap();
    let mut stored = 0;
    for run in Mappings::new(&*ours) {
        let run = run.unwrap();
        let Some(at) = run.offset else { continue };
        let (at, len) = (at as usize, run.extent.size() as usize);
        assert!(file[at..at + len] == disk[run.extent.range.start as usize..][..len]);
        stored += len;
    }
    assert!(stored > 500_000);
}

/// A set of more than one file, cut at 2 GB.
#[test]
fn sets_of_several_files() {
    if !has_program("qemu-img") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let size = 5u64 << 30;
    let raw = std::fs::File::create(dir.path().join("raw")).unwrap();
    raw.set_len(size).unwrap();
    let boundary = 2_147_483_648 - 65_536;
    let data = Numbers(4).bytes(300_000);
    std::os::unix::fs::FileExt::write_all_at(&raw, &data, boundary - 100_000).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&raw, &data, size - 300_000).unwrap();
    for kind in ["Sparse", "Flat"] {
        qemu_img_ok(dir.path(), &format!("convert -f raw -O vmdk -o subformat=twoGbMaxExtent{kind} raw image.vmdk"));
        let file = std::fs::read(dir.path().join("image.vmdk")).unwrap();
        let ours = driver().open(super::source(&file), &Beside(dir.path())).unwrap();
        assert_eq!((ours.size(), details(ours.info()).extents.len()), (size, 3));
        for start in [boundary - 100_000, size - 300_000] {
            let mut read = vec![0; data.len()];
            ours.read_at(&mut read, start).unwrap();
            assert!(read == data, "{kind} {start}");
        }
        let mapped: u64 =
            Extents::new(&ours).map(|run| run.unwrap()).filter(|run| run.is_data()).map(|run| run.size()).sum();
        assert!((600_000..2 << 20).contains(&mapped), "{kind} {mapped}");
    }
}

/// Our files are read by others, and are what went in.
#[test]
fn others_read_what_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let disk = sample(SIZE);
    std::fs::write(dir.path().join("raw"), &disk).unwrap();
    for adapter in ["lsilogic", "ide", "buslogic", "legacyESX"] {
        let file = written(SIZE as u64, &[("adapter_type", adapter)], &[(0, &disk)]);
        std::fs::write(dir.path().join("image.vmdk"), &file).unwrap();
        if has_program("qemu-img") {
            qemu_img_ok(dir.path(), "check -f vmdk image.vmdk");
            qemu_img_ok(dir.path(), "compare -f raw -F vmdk raw image.vmdk");
            let json = qemu_img_ok(dir.path(), "info --output=json image.vmdk");
            assert!(json.contains("\"create-type\": \"streamOptimized\"") && json.contains("\"compressed\": true"));
        }
    }
    other_reader(&dir.path().join("image.vmdk"), &disk);
    seven_zip(dir.path(), &disk);
}

fn other_reader(path: &Path, disk: &[u8]) {
    let mut reader = vmdk::VmdkReader::open(std::fs::File::open(path).unwrap()).unwrap();
    let mut bytes = Vec::new();
    reader.seek(SeekFrom::Start(0)).unwrap();
    reader.read_to_end(&mut bytes).unwrap();
    assert!(bytes == disk);
}

fn seven_zip(dir: &Path, disk: &[u8]) {
    let Ok(output) = Command::new("7z").current_dir(dir).args(["e", "-so", "-tvmdk", "image.vmdk"]).output() else {
        return skip("7z");
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stdout == disk, "{} bytes", output.stdout.len());
}

#[test]
fn qemu_refuses_or_agrees_on_an_empty_disk() {
    if !has_program("qemu-img") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("image.vmdk"), written(1 << 30, &[], &[])).unwrap();
    std::fs::File::create(dir.path().join("raw")).unwrap().set_len(1 << 30).unwrap();
    qemu_img_ok(dir.path(), "compare -f raw -F vmdk raw image.vmdk");
}

/// A stream of VMware's own, with header version 3 and RDONLY extents.
#[test]
fn a_real_stream() {
    let packed = crate::support::corpora().join("qemu/iotest-version3.vmdk.zst");
    let Ok(output) = Command::new("zstd").arg("-dcq").arg(&packed).output() else { return skip("zstd") };
    if !output.status.success() {
        return skip("the corpus");
    }
    let file = output.stdout;
    let disk = open(&file).unwrap();
    assert_eq!((disk.size(), disk.info().notes.len()), (17_179_869_184, 0));
    assert_eq!(details(disk.info()).adapter_type.as_deref(), Some("lsilogic"));
    let data: u64 = Extents::new(&disk).map(|run| run.unwrap()).filter(|run| run.is_data()).map(|run| run.size()).sum();
    assert_eq!(data, 9_895_936);
    assert!(check(&file).is_clean());
    if has_program("qemu-img") {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("image.vmdk"), &file).unwrap();
        let map = qemu_img(dir.path(), "map --output=json image.vmdk");
        let text = String::from_utf8_lossy(&map.stdout).into_owned();
        let theirs = text.matches("\"data\": true").count();
        let ours = Mappings::new(&*disk).filter(|run| run.as_ref().unwrap().compressed).count();
        assert_eq!(ours, theirs);
    }
}
