//! Journals that were not replayed: `debugfs` writes them, `e2fsck` replays them in a copy, and both must read the same.

use crate::run;
use crate::support::{assert_same, blank, debugfs, guest_tree, have, noise, run_with, sample_tree, source};
use filesystem::{FileSystem, GuestPath, open};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const TOOLS: &[&str] = &["mke2fs", "debugfs", "e2fsck"];
const FILE: &str = "/etc/size-65536";

/// A filesystem with a journal to write to.
fn make(dir: &Path, options: &str) -> PathBuf {
    let root = dir.join("tree");
    if !root.exists() {
        sample_tree(&root);
    }
    let image = dir.join("image");
    blank(&image, 48 << 20);
    let mut args: Vec<&OsStr> = ["-q", "-F", "-d"].iter().map(OsStr::new).collect();
    args.push(root.as_os_str());
    args.extend(options.split_whitespace().map(OsStr::new));
    args.push(image.as_os_str());
    run_with(&[0], "mke2fs", &args);
    image
}

/// The blocks of a file on the volume.
fn blocks(image: &Path, path: &str) -> Vec<u64> {
    let listed = run!("debugfs", "-R", &format!("blocks {path}"), image);
    listed.split_whitespace().map(|number| number.parse().unwrap()).collect()
}

/// A copy that e2fsck has replayed.
fn replayed(dir: &Path, image: &Path) -> PathBuf {
    let copy = dir.join("replayed");
    fs::copy(image, &copy).unwrap();
    run_with(&[0, 1], "e2fsck", &["-fy".as_ref(), "-E".as_ref(), "journal_only".as_ref(), copy.as_os_str()]);
    copy
}

fn read(fs: &dyn FileSystem, path: &str) -> Vec<u8> {
    fs.read(&GuestPath::from(path), 1 << 30).unwrap()
}

/// Compares an image with its replayed copy, and says what the file with the changes holds.
fn assert_replayed(dir: &Path, image: &Path, what: &str) -> Vec<u8> {
    let ours = open(source(image)).unwrap();
    assert_eq!(ours.info().clean, Some(false), "{what}");
    assert!(ours.info().notes.iter().any(|note| note.contains("read from the journal")), "{:?}", ours.info().notes);
    let theirs = open(source(&replayed(dir, image))).unwrap();
    assert_eq!(theirs.info().clean, Some(true), "{what}");
    assert_same(&guest_tree(&*ours), &guest_tree(&*theirs), what);
    read(&*ours, FILE)
}

#[test]
fn committed_blocks_are_read_from_journals_of_every_kind() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for (options, open_journal) in [
        ("-t ext3 -b 1024", "jo"),
        ("-t ext3 -b 4096", "jo"),
        ("-t ext4 -b 1024 -O ^metadata_csum", "jo"),
        ("-t ext4 -b 4096 -O ^metadata_csum,^64bit", "jo"),
        ("-t ext4 -b 1024", "jo"),
        ("-t ext4 -b 4096", "jo"),
        ("-t ext4 -b 4096", "jo -c -v 2"),
        ("-t ext4 -b 1024 -O ^64bit", "jo -c -v 3"),
    ] {
        let what = format!("{options} {open_journal}");
        let image = make(dir.path(), options);
        let block = if options.contains("1024") { 1024 } else { 4096 };
        let all = blocks(&image, FILE);
        let before = read(&*open(source(&image)).unwrap(), FILE);
        // Two transactions change blocks 2 and 3, then 3 again; the first block of the second begins like the journal's.
        let (first, mut second) = (noise(1, 2 * block), noise(2, block));
        second[..4].copy_from_slice(&[0xC0, 0x3B, 0x39, 0x98]);
        fs::write(dir.path().join("first"), &first).unwrap();
        fs::write(dir.path().join("second"), &second).unwrap();
        let (one, two) = (dir.path().join("first"), dir.path().join("second"));
        debugfs(
            dir.path(),
            &image,
            &format!(
                "{open_journal}\njw -b {},{} {}\njw -b {} {}\njc\n",
                all[2],
                all[3],
                one.display(),
                all[3],
                two.display()
            ),
        );
        let mut expected = before;
        expected[2 * block..3 * block].copy_from_slice(&first[..block]);
        expected[3 * block..4 * block].copy_from_slice(&second);
        assert!(assert_replayed(dir.path(), &image, &what) == expected, "{what}");
    }
}

#[test]
fn revoked_blocks_are_not_replayed() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for options in ["-t ext3 -b 1024", "-t ext4 -b 4096"] {
        let image = make(dir.path(), options);
        let block = if options.contains("1024") { 1024 } else { 4096 };
        let all = blocks(&image, FILE);
        let before = read(&*open(source(&image)).unwrap(), FILE);
        let new = noise(3, 2 * block);
        let file = dir.path().join("new");
        fs::write(&file, &new).unwrap();
        debugfs(
            dir.path(),
            &image,
            &format!("jo\njw -b {},{} {}\njw -r {}\njc\n", all[1], all[4], file.display(), all[1]),
        );
        let mut expected = before;
        expected[4 * block..5 * block].copy_from_slice(&new[block..]);
        assert!(assert_replayed(dir.path(), &image, options) == expected, "{options}");
    }
}

#[test]
fn a_log_that_wraps_around_its_end_is_followed() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let image = make(dir.path(), "-t ext4 -b 1024 -O ^metadata_csum");
    let all = blocks(&image, FILE);
    let file = dir.path().join("new");
    fs::write(&file, noise(4, 5 * 1024)).unwrap();
    let list = all[..5].iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    debugfs(dir.path(), &image, &format!("jo\njw -b {list} {}\njc\n", file.display()));
    let straight = assert_replayed(dir.path(), &image, "straight");

    // Move the log so that it begins three blocks before the end: descriptor, two copies; three copies, commit.
    let journal = blocks(&image, "<8>");
    let disk = fs::File::options().read(true).write(true).open(&image).unwrap();
    let at = |position: usize| journal[position] * 1024;
    let word = |offset: u64| {
        let mut word = [0; 4];
        disk.read_exact_at(&mut word, at(0) + offset).unwrap();
        u32::from_be_bytes(word) as usize
    };
    let (len, first, start) = (word(0x10), word(0x14), word(0x1C));
    let mut log = vec![[0u8; 1024]; 7];
    for (i, block) in log.iter_mut().enumerate() {
        disk.read_exact_at(block, at(start + i)).unwrap();
        disk.write_all_at(&[0; 1024], at(start + i)).unwrap();
    }
    for (i, block) in log.iter().enumerate() {
        let position = len - 3 + i;
        disk.write_all_at(block, at(if position < len { position } else { position - len + first })).unwrap();
    }
    disk.write_all_at(&u32::try_from(len - 3).unwrap().to_be_bytes(), at(0) + 0x1C).unwrap();
    drop(disk);
    assert!(assert_replayed(dir.path(), &image, "wrapped") == straight);
}

#[test]
fn a_torn_journal_keeps_what_was_committed_and_says_so() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let image = make(dir.path(), "-t ext4 -b 4096");
    let all = blocks(&image, FILE);
    let before = read(&*open(source(&image)).unwrap(), FILE);
    let file = dir.path().join("new");
    let new = noise(5, 4096);
    fs::write(&file, &new).unwrap();
    let write = |block: u64| format!("jw -b {block} {}\n", file.display());
    debugfs(dir.path(), &image, &format!("jo -c -v 3\n{}{}jc\n", write(all[0]), write(all[1])));
    // The copy in the second transaction: descriptor, copy, commit, descriptor, copy.
    let journal = blocks(&image, "<8>");
    let disk = fs::File::options().read(true).write(true).open(&image).unwrap();
    let mut start = [0; 4];
    disk.read_exact_at(&mut start, journal[0] * 4096 + 0x1C).unwrap();
    disk.write_all_at(b"torn", journal[u32::from_be_bytes(start) as usize + 4] * 4096 + 100).unwrap();
    let fs = open(source(&image)).unwrap();
    assert!(fs.info().notes.iter().any(|note| note.contains("checksum")), "{:?}", fs.info().notes);
    let found = read(&*fs, FILE);
    assert!(found[..4096] == new && found[4096..] == before[4096..]);
}

#[test]
fn an_unreadable_journal_leaves_a_note_and_the_old_tree() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let image = make(dir.path(), "-t ext3 -b 1024");
    let before = read(&*open(source(&image)).unwrap(), FILE);
    debugfs(dir.path(), &image, "feature needs_recovery\n");
    let journal = blocks(&image, "<8>");
    let disk = fs::File::options().write(true).open(&image).unwrap();
    // A log that begins before its first block, ends before it begins, has other blocks, or is none.
    for (at, word) in [(0x14, 5u32), (0x10, 2), (0x0C, 4096), (0x00, 0)] {
        disk.write_all_at(&3u32.to_be_bytes(), journal[0] * 1024 + 0x1C).unwrap();
        disk.write_all_at(&word.to_be_bytes(), journal[0] * 1024 + at).unwrap();
        let fs = open(source(&image)).unwrap();
        assert!(fs.info().notes.iter().any(|note| note.contains("not replayed")), "{at}: {:?}", fs.info().notes);
        assert!(read(&*fs, FILE) == before);
    }
}
