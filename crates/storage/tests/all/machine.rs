//! What these tests need from the machine, and skip loudly where they cannot have it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// Says what is not tested here, or fails where everything must be.
#[expect(clippy::print_stderr, reason = "a test that does not run says so")]
pub(crate) fn skip(why: &str) {
    assert!(std::env::var("BOOTWORTHY_REQUIRE_ORACLES").is_err(), "cannot be tested: {why}");
    eprintln!("SKIPPED: {why}");
}

/// Runs a program; its output where it went well.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Option<Output> {
    Command::new(program).args(arguments).output().ok().filter(|output| output.status.success())
}

/// A filesystem of its own, until it is dropped.
#[derive(Debug)]
pub(crate) struct Mounted {
    place: TempDir,
}

impl Mounted {
    /// In a sparse file of `size` bytes on a loop device; `None`, with a word, where that is not possible.
    pub(crate) fn new(kind: &str, size: u64) -> Option<Self> {
        let place = tempfile::tempdir().unwrap();
        let image = place.path().join("image");
        std::fs::File::create(&image).unwrap().set_len(size).unwrap();
        let made = run(&format!("mkfs.{kind}"), &["-q", image.to_str().unwrap()]);
        Self::mount(place, made.is_some(), &["-o", "loop", image.to_str().unwrap()], kind)
    }

    /// In memory, with room for `size` bytes.
    pub(crate) fn tmpfs(size: u64) -> Option<Self> {
        let place = tempfile::tempdir().unwrap();
        Self::mount(place, true, &["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"], "tmpfs")
    }

    fn mount(place: TempDir, made: bool, arguments: &[&str], kind: &str) -> Option<Self> {
        let point = place.path().join("mounted");
        std::fs::create_dir(&point).unwrap();
        let arguments: Vec<&str> = arguments.iter().copied().chain(point.to_str()).collect();
        if made && run("mount", &arguments).is_some() {
            return Some(Mounted { place });
        }
        skip(&format!("no {kind} can be made and mounted here"));
        None
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.place.path().join("mounted")
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        run("umount", &[self.path().to_str().unwrap()]);
    }
}

/// A block device over a file, until it is dropped.
#[derive(Debug)]
pub(crate) struct Loop {
    pub(crate) device: PathBuf,
}

impl Loop {
    pub(crate) fn new(file: &Path) -> Option<Self> {
        let Some(output) = run("losetup", &["--find", "--show", file.to_str().unwrap()]) else {
            skip("no loop device can be had");
            return None;
        };
        Some(Loop { device: String::from_utf8(output.stdout).unwrap().trim().into() })
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        run("losetup", &["--detach", self.device.to_str().unwrap()]);
    }
}
