//! Second opinions: qemu-img, and the crate vhdx-core.

use super::build::{BLOCKS, MIB, SIZE, model, sound};
use super::{details, format, log, open};
use crate::conformance::extents_are_true;
use crate::support::{Numbers, content, has_program, qemu_img, qemu_img_ok};
use disk::Disk;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use storage::{File, ReadAt};

/// A disk with data, zeros and an odd end.
fn raw() -> Vec<u8> {
    let mut raw = vec![0; 37 * MIB + 1536];
    let data = Numbers(3).bytes(3 * MIB);
    for (at, len) in [(0, 70_000), (5 * MIB + 512, 2 * MIB), (20 * MIB, 1), (36 * MIB + 77, MIB + 1459)] {
        raw[at..at + len].copy_from_slice(&data[..len]);
    }
    raw
}

fn open_file(path: &Path) -> Arc<dyn Disk> {
    open(Arc::new(File::open(path).unwrap())).unwrap()
}

/// What vhdx-core reads. It is asked about closed images only: it does not undo what the log does to a sector's first
/// and last bytes, and takes a descriptor's sequence number for a place.
fn vhdx_core(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    ::vhdx::VhdxReader::open(path).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn images_of_qemu_are_read() {
    if !has_program("qemu-img") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let raw = raw();
    std::fs::write(dir.path().join("raw"), &raw).unwrap();
    for flags in [
        "",
        "-o block_size=1M",
        "-o block_size=2M,log_size=3M",
        "-o block_size=32M,block_state_zero=off",
        "-o block_size=256M",
        "-o subformat=fixed",
        "-o subformat=fixed,block_size=1M",
    ] {
        qemu_img_ok(dir.path(), &format!("convert -f raw -O vhdx {flags} raw image"));
        let path = dir.path().join("image");
        let disk = open_file(&path);
        assert!(content(&*disk).unwrap() == raw, "{flags}");
        assert!(vhdx_core(&path) == raw, "{flags}");
        extents_are_true(&*disk);
        let info = disk.info();
        let told: String = qemu_img_ok(dir.path(), "info --output=json image").split_whitespace().collect();
        for key in [
            format!("\"virtual-size\":{}", info.virtual_size),
            format!("\"cluster-size\":{}", info.cluster_size.unwrap()),
        ] {
            assert!(told.contains(&key), "{key} {told}");
        }
        assert_eq!(details(info).fixed, flags.contains("fixed"));
        assert!(details(info).creator.starts_with("QEMU") && !info.dirty, "{info:?}");
        let checked = format().check(Arc::new(File::open(&path).unwrap())).unwrap().unwrap();
        assert!(checked.is_clean() && checked.allocated_clusters > 0, "{flags}");
    }
}

#[test]
fn images_of_qemu_are_refused_when_cut() {
    if !has_program("qemu-img") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let raw = &raw()[..3 * MIB + 1536];
    std::fs::write(dir.path().join("raw"), raw).unwrap();
    for flags in ["block_size=1M", "subformat=fixed,block_size=1M", "block_size=2M"] {
        qemu_img_ok(dir.path(), &format!("convert -f raw -O vhdx -o {flags} raw image"));
        super::truncation::cut_at(&std::fs::read(dir.path().join("image")).unwrap(), raw, 16 << 10);
    }
}

#[test]
fn empty_images_of_qemu() {
    if !has_program("qemu-img") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for size in ["0", "512", "1M", "100G", "64T"] {
        qemu_img_ok(dir.path(), &format!("create -f vhdx image {size}"));
        let disk = open_file(&dir.path().join("image"));
        let told: String = qemu_img_ok(dir.path(), "info --output=json image").split_whitespace().collect();
        assert!(told.contains(&format!("\"virtual-size\":{}", disk.size())), "{size}");
        assert!(storage::Extents::new(&disk).all(|run| !run.unwrap().is_data()), "{size}");
    }
}

/// Both programs read what is made by hand here, and what is made here is what both read.
#[test]
fn images_made_by_hand() {
    if !has_program("qemu-img") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("image");
    std::fs::write(&path, &sound().0).unwrap();
    qemu_img_ok(dir.path(), "convert -f vhdx -O raw image raw");
    assert!(std::fs::read(dir.path().join("raw")).unwrap() == model());
    assert!(vhdx_core(&path) == model());
    // What qemu reads without a word, though two blocks are one: refused here.
    let twice = sound().entry(1, BLOCKS[0] as u64 | 6);
    std::fs::write(&path, &twice.0).unwrap();
    let output = qemu_img(dir.path(), "convert -f vhdx -O raw image raw");
    eprintln!("qemu-img on overlapping blocks: {}", output.status);
    twice.corrupt("overlaps");
}

/// What qemu-img reads from a copy of `path` after it replayed the log into it.
fn replayed_by_qemu(dir: &Path, path: &Path) -> Vec<u8> {
    std::fs::copy(path, dir.join("copy")).unwrap();
    qemu_img_ok(dir, "check -r all -f vhdx copy");
    qemu_img_ok(dir, "convert -f vhdx -O raw copy raw");
    std::fs::read(dir.join("raw")).unwrap()
}

#[test]
fn x1_logs_made_by_hand() {
    if !has_program("qemu-img") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("image");
    for (name, image) in log::samples() {
        std::fs::write(&path, &image.0).unwrap();
        let ours = content(&*open_file(&path)).unwrap();
        eprintln!("{name}");
        assert!(ours == replayed_by_qemu(dir.path(), &path), "{name}");
        assert_eq!(ours.len(), SIZE, "{name}");
    }
}

/// qemu is stopped by an error when it has written the log and would write the BAT.
#[test]
fn x1_logs_that_qemu_left() {
    if !has_program("qemu-io") || !has_program("qemu-img") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("image");
    // The BAT is behind the log.
    for (flags, sector) in [("block_size=1M", 4096), ("block_size=2M,log_size=2M", 6144), ("block_size=8M", 4096)] {
        let rule =
            format!("[inject-error]\nevent = \"none\"\niotype = \"write\"\nerrno = \"5\"\nsector = \"{sector}\"\n");
        std::fs::write(dir.path().join("rules"), rule).unwrap();
        qemu_img_ok(dir.path(), &format!("create -f vhdx -o {flags} image 40M"));
        qemu_io(&["-f", "vhdx", "-c", "write -P 0x5a 0 1M", "-c", "write -P 0x77 30M 64k", "image"], dir.path());
        let options = "driver=vhdx,file.driver=blkdebug,file.config=rules,file.image.driver=file,\
                       file.image.filename=image";
        qemu_io(&["-c", "write -P 0x11 15M 100k", "-c", "abort", "--image-opts", options], dir.path());
        let disk = open_file(&path);
        assert!(disk.info().dirty && details(disk.info()).log_replayed, "{flags}");
        let ours = content(&*disk).unwrap();
        assert!(ours == replayed_by_qemu(dir.path(), &path), "{flags}");
        assert!(ours[15 * MIB..15 * MIB + 102_400].iter().all(|&byte| byte == 0x11), "{flags}");
    }
}

fn qemu_io(words: &[&str], dir: &Path) {
    Command::new("qemu-io").args(words).current_dir(dir).output().unwrap();
}

/// qemu is killed while it writes, at any moment.
#[test]
fn x1_killed_writers() {
    if !has_program("qemu-io") || !has_program("qemu-img") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("image");
    let mut numbers = Numbers(21);
    let (mut dirty, mut refused) = (0, 0);
    for round in 0..6 {
        qemu_img_ok(dir.path(), "create -f vhdx -o block_size=1M image 64M");
        let mut words = vec!["-t".to_owned(), "unsafe".to_owned(), "-f".to_owned(), "vhdx".to_owned()];
        for _ in 0..200 {
            let write = format!("write -P {} {}k 4k", 1 + numbers.below(255), numbers.below(16 << 10) * 4);
            words.extend(["-c".to_owned(), write]);
        }
        words.push("image".to_owned());
        let mut child = Command::new("qemu-io");
        let mut child = child.args(words).current_dir(dir.path()).stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(20 + 15 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        // qemu names a log in the header before it writes the first entry, and killed in between it leaves a file
        // that the specification calls corrupt.
        let disk = match open(Arc::new(File::open(&path).unwrap())) {
            Err(error) => {
                assert!(error.what().contains("no whole sequence"), "{error}");
                refused += 1;
                continue;
            }
            Ok(disk) => disk,
        };
        dirty += u32::from(disk.info().dirty);
        assert!(content(&*disk).unwrap() == replayed_by_qemu(dir.path(), &path), "{round}");
    }
    eprintln!("of 6, {dirty} were left with a log, {refused} with none where there should be one");
}

/// Which qemu does not read.
#[test]
fn large_sectors() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("image");
    let image = sound().with(super::build::item(super::build::LOGICAL), &4096u32.to_le_bytes());
    std::fs::write(&path, &image.0).unwrap();
    assert!(content(&*open_file(&path)).unwrap() == model());
    assert!(vhdx_core(&path) == model());
}
