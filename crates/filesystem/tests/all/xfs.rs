//! XFS: against Linux's own mount, and for version 4 against what `mkfs.xfs` was given.

use crate::run;
use crate::support::{
    Tree, assert_same, assert_same_metadata, blank, guest_tree, have, host_tree, noise, run_with, sample_tree, skip, source,
};
use filesystem::{Content, identify, open};
use std::ffi::OsStr;
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Less than 300 MiB is made for Linux's own tests only, which these words stand for.
const SMALL: [&str; 3] = ["TEST_DIR", "TEST_DEV", "QA_CHECK_FS"];

/// Makes an empty filesystem of `mebibytes`.
fn mkfs(dir: &Path, mebibytes: u64, options: &str) -> PathBuf {
    let image = dir.join("image");
    let _ = fs::remove_file(&image);
    blank(&image, mebibytes << 20);
    let mut args: Vec<String> = SMALL.iter().map(|name| format!("{name}=1")).collect();
    args.extend(["mkfs.xfs", "-q", "-f"].map(str::to_owned));
    args.extend(options.split_whitespace().map(str::to_owned));
    let mut args: Vec<&OsStr> = args.iter().map(OsStr::new).collect();
    args.push(image.as_os_str());
    run_with(&[0], "env", &args);
    image
}

/// A mount of this machine's kernel, undone at the end.
struct Mount(PathBuf);

impl Mount {
    /// None, said aloud, where nobody may mount.
    fn new(image: &Path, options: &str) -> Option<Self> {
        let point = image.with_extension("mount");
        fs::create_dir_all(&point).unwrap();
        let options = format!("loop,{options}");
        let output = Command::new("mount").args(["-t", "xfs", "-o", &options]).arg(image).arg(&point).output();
        match output {
            Ok(output) if output.status.success() => Some(Mount(point)),
            Ok(output) => {
                skip(&format!("cannot mount XFS here: {}", String::from_utf8_lossy(&output.stderr)));
                None
            }
            Err(error) => {
                skip(&format!("cannot mount XFS here: {error}"));
                None
            }
        }
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let status = Command::new("umount").arg(&self.0).status();
        assert!(std::thread::panicking() || status.is_ok_and(|status| status.success()));
    }
}

/// Directories of all forms, and what only a kernel writes.
fn fill(root: &Path) {
    sample_tree(root);
    for count in [1, 20, 400, 3000] {
        let dir = root.join(format!("names-{count}"));
        fs::create_dir(&dir).unwrap();
        for i in 0..count {
            fs::write(dir.join(format!("a name of its own {i}")), i.to_string()).unwrap();
        }
    }
    // Holes within a directory: what was removed leaves empty blocks.
    for i in 1000..2500 {
        fs::remove_file(root.join(format!("names-3000/a name of its own {i}"))).unwrap();
    }
    symlink("x".repeat(1023), root.join("etc/link-1023")).unwrap();
    run!("fallocate", "-l", "300000", &root.join("etc/never-written"));
    run!("xfs_io", "-f", "-c", "falloc 0 1m", "-c", "pwrite -q 200k 100k", &root.join("etc/partly-written"));
    run!("mkfifo", &root.join("etc/pipe"));
    run!("mknod", &root.join("etc/null"), "c", "1", "3");
    scatter(root);
}

/// A file in hundreds of extents.
fn scatter(root: &Path) {
    let file = fs::File::create(root.join("scattered")).unwrap();
    file.set_len(8 << 20).unwrap();
    for i in (0..600u64).rev() {
        std::os::unix::fs::FileExt::write_all_at(&file, &noise(i, 4096), i * 12288).unwrap();
    }
}

pub(crate) const MADE: &[&str] = &["mkfs.xfs", "xfs_io", "mount", "umount", "mknod", "env"];

/// Memory rather than a disk, which every unmount would wait for.
pub(crate) fn scratch() -> tempfile::TempDir {
    match Path::new("/dev/shm").is_dir() {
        true => tempfile::tempdir_in("/dev/shm").unwrap(),
        false => tempfile::tempdir().unwrap(),
    }
}

#[test]
fn version_5_is_read_as_linux_reads_it() {
    if !have(MADE) {
        return;
    }
    let dir = scratch();
    for options in [
        "",
        "-n size=8192",
        "-i nrext64=1 -L ROOT",
        "-b size=1024 -i sparse=0",
        "-m bigtime=0,finobt=0,reflink=0",
        "-m rmapbt=1 -i size=2048 -d agcount=3",
        "-s size=4096 -l su=32768",
    ] {
        let image = mkfs(dir.path(), 96, options);
        let Some(mount) = Mount::new(&image, "rw") else { return };
        fill(&mount.0);
        drop(mount);
        let fs = open(source(&image)).unwrap_or_else(|error| panic!("{options}: {error}"));
        assert_eq!((fs.info().clean, fs.info().errors), (Some(true), Some(false)), "{options}");
        assert!(fs.info().notes.is_empty(), "{options}: {:?}", fs.info().notes);
        let Some(mount) = Mount::new(&image, "ro,norecovery") else { return };
        let tree = host_tree(&mount.0);
        assert!(tree.len() > 2000);
        assert_same(&guest_tree(&*fs), &tree, options);
        assert_same_metadata(&*fs, &mount.0, &tree, options);
    }
}

/// What Linux makes of a copy of an image, with its log replayed.
fn recovered(image: &Path) -> Option<Tree> {
    let copy = image.with_extension("copy");
    run!("cp", "--sparse=always", image, &copy);
    let mount = Mount::new(&copy, "rw")?;
    Some(host_tree(&mount.0))
}

/// Leaves an image as a crash leaves it: what was logged is on the disk, what was to follow is not.
fn crash(mount: Mount) {
    run!("xfs_io", "-x", "-c", "shutdown -f", &mount.0);
}

/// Work on all kinds of metadata, each step its own transaction on the disk.
fn churn(root: &Path, seed: u64) {
    let work = root.join(format!("work-{seed}"));
    fs::create_dir(&work).unwrap();
    let sync = |path: &Path| fs::File::open(path).unwrap().sync_all().unwrap();
    for i in 0..120u64 {
        let file = work.join(format!("file-{i}"));
        fs::write(&file, noise(seed + i, (i * 97) as usize)).unwrap();
        match i % 6 {
            0 => sync(&file),
            1 => fs::rename(&file, work.join(format!("renamed-{i}"))).unwrap(),
            2 => fs::remove_file(&file).unwrap(),
            3 => symlink("far/".repeat(i as usize), work.join(format!("link-{i}"))).unwrap(),
            4 => fs::create_dir_all(work.join(format!("dir-{i}/below"))).unwrap(),
            _ => fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap(),
        }
    }
    let scattered = fs::File::create(work.join("scattered")).unwrap();
    for i in (0..200u64).rev() {
        std::os::unix::fs::FileExt::write_all_at(&scattered, &noise(i, 4096), i * 8192).unwrap();
    }
    scattered.sync_all().unwrap();
    run!("sync", "-f", root);
}

#[test]
fn a_log_is_replayed_as_linux_replays_it() {
    if !have(MADE) {
        return;
    }
    let dir = scratch();
    for (options, rounds) in [("", 1), ("-i nrext64=1 -m rmapbt=1", 2), ("-b size=1024 -l size=4m", 12)] {
        let image = mkfs(dir.path(), 96, options);
        let Some(mount) = Mount::new(&image, "rw") else { return };
        fill(&mount.0);
        for seed in 0..rounds {
            churn(&mount.0, seed);
            for i in (1..300).step_by(7) {
                fs::remove_file(mount.0.join(format!("names-400/a name of its own {i}"))).unwrap_or_default();
            }
        }
        crash(mount);
        let fs = open(source(&image)).unwrap_or_else(|error| panic!("{options}: {error}"));
        let info = fs.info().clone();
        assert_eq!(info.clean, Some(false), "{options}");
        assert!(info.notes.iter().any(|note| note.contains("sectors are read from the log")), "{options}: {info:?}");
        let Some(expected) = recovered(&image) else { return };
        assert_same(&guest_tree(&*fs), &expected, options);
        // Unmounted, the copy is what the log promised; its counts too.
        let copy = open(source(&image.with_extension("copy"))).unwrap();
        assert_eq!(copy.info().clean, Some(true), "{options}");
        assert_eq!((info.size, info.inodes), (copy.info().size, copy.info().inodes), "{options}");
    }
}
