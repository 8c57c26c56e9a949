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
        command.args(["-o", "no_detach,compression,noatime,big_writes"]).arg(image).arg(at.path());
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

/// Mounts an image while `work` runs. None where nothing can be mounted.
pub(crate) fn mounted<T>(image: &Path, work: impl FnOnce(&Path) -> T) -> Option<T> {
    let mount = Mount::new(image)?;
    let made = work(mount.at.path());
    drop(mount);
    Some(made)
}
