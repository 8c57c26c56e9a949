//! XFS: against Linux's own mount, and for version 4, which few kernels still mount, against what `mkfs.xfs` was given.

mod damage;
mod free;
mod log;
mod tree;

use crate::run;
use crate::support::{Tree, blank, host_tree, noise, run_with, sample_tree, skip, unmount};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Less than 300 MiB is made for Linux's own tests only, which these words stand for.
const SMALL: [&str; 3] = ["TEST_DIR", "TEST_DEV", "QA_CHECK_FS"];

const MADE: &[&str] = &["mkfs.xfs", "env"];
const FILLED: &[&str] = &["mkfs.xfs", "env", "xfs_io", "mount", "umount", "mknod", "mkfifo", "fallocate"];

/// Makes a filesystem of `mebibytes`.
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

/// Memory rather than a disk, which every unmount would wait for.
fn scratch() -> tempfile::TempDir {
    match Path::new("/dev/shm").is_dir() {
        true => tempfile::tempdir_in("/dev/shm").unwrap(),
        false => tempfile::tempdir().unwrap(),
    }
}

/// What `mkfs.xfs -p` takes a tree from: names without blanks only.
fn protofile(root: &Path) -> String {
    let mut text = "/none\n0 0\nd--755 0 0\n".to_owned();
    proto_entries(root, &mut text);
    text
}

fn proto_entries(directory: &Path, text: &mut String) {
    let mut entries: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap()).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let metadata = entry.metadata().unwrap();
        let (mode, path) = (metadata.mode(), entry.path());
        let kind = if metadata.is_dir() {
            'd'
        } else if metadata.is_symlink() {
            'l'
        } else {
            '-'
        };
        let bit = |bit, letter| if mode & bit != 0 { letter } else { '-' };
        let name = entry.file_name().into_string().unwrap();
        let owner = format!("{} {}", metadata.uid(), metadata.gid());
        let what = format!("{kind}{}{}{:03o} {owner}", bit(0o4000, 'u'), bit(0o2000, 'g'), mode & 0o777);
        if metadata.is_dir() {
            text.push_str(&format!("{name} {what}\n"));
            proto_entries(&path, text);
        } else if metadata.is_symlink() {
            text.push_str(&format!("{name} {what} {}\n", fs::read_link(&path).unwrap().display()));
        } else {
            text.push_str(&format!("{name} {what} {}\n", path.display()));
        }
    }
    text.push_str("$\n");
}

/// A mount of this machine's kernel, undone at the end.
struct Mount(PathBuf);

impl Mount {
    /// None, said aloud, where nobody may mount.
    fn new(image: &Path, options: &str) -> Option<Self> {
        let point = image.with_extension("mount");
        fs::create_dir_all(&point).unwrap();
        let options = format!("loop,nouuid,{options}");
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
        let done = unmount(&self.0);
        assert!(done || std::thread::panicking(), "{} stays mounted", self.0.display());
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
    // What is removed leaves empty blocks, and holes where they were.
    for i in 1000..2500 {
        fs::remove_file(root.join(format!("names-3000/a name of its own {i}"))).unwrap();
    }
    symlink("x".repeat(1023), root.join("etc/link-1023")).unwrap();
    run!("fallocate", "-l", "300000", &root.join("etc/never-written"));
    run!("xfs_io", "-f", "-c", "falloc 0 1m", "-c", "pwrite -q 200k 100k", &root.join("etc/partly-written"));
    run!("mkfifo", &root.join("etc/pipe"));
    run!("mknod", &root.join("etc/null"), "c", "1", "3");
    scatter(&root.join("scattered"), 600);
}

/// A file in as many extents.
fn scatter(path: &Path, extents: u64) {
    let file = fs::File::create(path).unwrap();
    for i in (0..extents).rev() {
        file.write_all_at(&noise(i, 4096), i * 12288).unwrap();
    }
    file.sync_all().unwrap();
}

/// What Linux makes of a copy of an image, with its log replayed.
fn recovered(image: &Path) -> Option<Tree> {
    let copy = image.with_extension("copy");
    run!("cp", "--sparse=always", image, &copy);
    let mount = Mount::new(&copy, "rw")?;
    Some(host_tree(&mount.0))
}

/// A tree that `mkfs.xfs -p` can copy, with directories of `counts` names.
fn plain_tree(root: &Path, counts: &[usize]) {
    for name in ["etc/deep/er", "boot", "empty"] {
        fs::create_dir_all(root.join(name)).unwrap();
    }
    for len in [0usize, 1, 511, 512, 4095, 4096, 4097, 300_000] {
        fs::write(root.join(format!("boot/size-{len}")), noise(len as u64, len)).unwrap();
    }
    for len in [1, 155, 156, 157, 300] {
        symlink(&"target/".repeat(200)[..len], root.join(format!("etc/link-{len}"))).unwrap();
    }
    for &count in counts {
        let dir = root.join(format!("names-{count}"));
        fs::create_dir(&dir).unwrap();
        for i in 0..count {
            fs::write(dir.join(format!("name-{i:06}")), i.to_string()).unwrap();
        }
    }
    fs::set_permissions(root.join("boot/size-4096"), fs::Permissions::from_mode(0o4711)).unwrap();
}

/// The same tree within a new filesystem.
fn mkfs_with(dir: &Path, root: &Path, mebibytes: u64, options: &str) -> PathBuf {
    let proto = dir.join("proto");
    fs::write(&proto, protofile(root)).unwrap();
    mkfs(dir, mebibytes, &format!("{options} -p {}", proto.display()))
}

/// A copy of a small tree.
pub(crate) fn fixture(dir: &Path, root: &Path) -> PathBuf {
    mkfs_with(dir, root, 16, "-m crc=1")
}
