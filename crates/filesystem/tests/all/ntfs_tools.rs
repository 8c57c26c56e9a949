//! Making and mounting NTFS.

use crate::support::{blank, run_with, skip};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) const TOOLS: &[&str] = &["mkntfs", "ntfs-3g", "umount", "ntfsfix"];

/// How a volume is made.
pub(crate) struct Options<'a> {
    pub(crate) len: u64,
    pub(crate) sector: u32,
    pub(crate) cluster: u32,
    pub(crate) label: &'a str,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options { len: 48 << 20, sector: 512, cluster: 4096, label: "" }
    }
}

pub(crate) fn make(dir: &Path, options: &Options<'_>) -> PathBuf {
    let image = dir.join("ntfs");
    let _ = std::fs::remove_file(&image);
    blank(&image, options.len);
    let (sector, cluster) = (options.sector.to_string(), options.cluster.to_string());
    let args = ["-F", "-Q", "-q", "-s", &sector, "-c", &cluster, "-L", options.label];
    let mut args: Vec<_> = args.iter().map(OsStr::new).collect();
    args.push(image.as_os_str());
    run_with(&[0], "mkntfs", &args);
    image
}

/// A mount, which ends with it.
struct Mount {
    at: tempfile::TempDir,
    server: Child,
}

impl Mount {
    /// None, said aloud, where nothing can be mounted.
    fn new(image: &Path) -> Option<Self> {
        let at = tempfile::tempdir().unwrap();
        let mut command = Command::new("ntfs-3g");
        command
            .args(["-o", "no_detach,compression,noatime,big_writes,streams_interface=windows"])
            .arg(image)
            .arg(at.path());
        command.env("LC_ALL", "C.UTF-8").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut mount = Mount { server: command.spawn().unwrap(), at };
        let begun = Instant::now();
        while !mount.is_there() {
            if mount.server.try_wait().unwrap().is_some() || begun.elapsed() > Duration::from_secs(20) {
                skip("ntfs-3g cannot mount here");
                return None;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Some(mount)
    }

    fn is_there(&self) -> bool {
        use std::os::unix::fs::MetadataExt;
        let device = |path: &Path| path.metadata().unwrap().dev();
        device(self.at.path()) != device(self.at.path().parent().unwrap())
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if self.is_there() {
            let _ = Command::new("umount").arg(self.at.path()).env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").status();
        } else {
            let _ = self.server.kill();
        }
        // Only then is all written.
        let _ = self.server.wait();
    }
}

/// Sets what ntfs-3g shows as an extended attribute of a file: `system.ntfs_…`.
pub(crate) fn set(path: &Path, name: &str, value: &[u8]) {
    rustix::fs::lsetxattr(path, name, value, rustix::fs::XattrFlags::empty()).unwrap();
}

/// Where the bytes of a file record begin, in an image of one piece of `$MFT`.
pub(crate) fn record_at(image: &[u8], number: usize) -> usize {
    let word = |at: usize| usize::try_from(u64::from_le_bytes(image[at..at + 8].try_into().unwrap())).unwrap();
    let cluster = usize::from(image[11]) + 256 * usize::from(image[12]);
    word(48) * cluster * usize::from(image[13]) + number * 1024
}

/// Where the first attribute of a type begins, in the record of a file.
pub(crate) fn attribute_at(image: &[u8], number: usize, kind: u32) -> usize {
    let record = record_at(image, number);
    assert_eq!(&image[record..record + 4], b"FILE");
    let word = |at: usize| u32::from_le_bytes(image[at..at + 4].try_into().unwrap());
    let mut at = record + usize::from(image[record + 20]);
    while word(at) != kind {
        assert!(word(at) != u32::MAX, "record {number} has no attribute {kind:#x}");
        at += word(at + 4) as usize;
    }
    at
}

/// The number of the file at a path of a mounted volume.
pub(crate) fn number_of(path: &Path) -> usize {
    use std::os::unix::fs::MetadataExt;
    usize::try_from(path.symlink_metadata().unwrap().ino()).unwrap()
}

/// Mounts an image while `work` runs. None where nothing can be mounted.
pub(crate) fn mounted<T>(image: &Path, work: impl FnOnce(&Path) -> T) -> Option<T> {
    let mount = Mount::new(image)?;
    let made = work(mount.at.path());
    drop(mount);
    Some(made)
}
