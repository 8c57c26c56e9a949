//! XFS: against Linux's own mount, and for version 4 against what `mkfs.xfs` was given.

use crate::run;
use crate::support::{
    assert_same, assert_same_metadata, blank, guest_tree, have, host_tree, noise, run_with, sample_tree, skip, source,
};
use filesystem::{Content, identify, open};
use std::ffi::OsStr;
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Less is refused by mkfs.xfs.
const SIZE: u64 = 300 << 20;

fn mkfs(dir: &Path, options: &str) -> PathBuf {
    let image = dir.join("image");
    let _ = fs::remove_file(&image);
    blank(&image, SIZE);
    let mut args: Vec<&OsStr> = vec!["-q".as_ref(), "-f".as_ref()];
    args.extend(options.split_whitespace().map(OsStr::new));
    args.push(image.as_os_str());
    run_with(&[0], "mkfs.xfs", &args);
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

const MADE: &[&str] = &["mkfs.xfs", "xfs_io", "mount", "umount", "mknod"];

#[test]
fn version_5_is_read_as_linux_reads_it() {
    if !have(MADE) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for options in [
        "",
        "-n size=8192",
        "-i nrext64=1",
        "-b size=1024 -i sparse=0",
        "-m bigtime=0,finobt=0,reflink=0",
        "-m rmapbt=1 -i size=2048 -d agcount=8",
        "-s size=4096 -l version=2,su=32768",
    ] {
        let image = mkfs(dir.path(), options);
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
