//! No file of this machine that an image names is ever opened: an open for reading would show in its access time,
//! and a pipe would hang.

use crate::qcow2::overlay;
use crate::support::{build, refused};
use disk::Closed;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use storage::{ErrorKind, File};

/// Names under which an image could mean a file.
fn names(path: &Path) -> Vec<String> {
    let plain = path.display().to_string();
    let relative = format!("../../../../../../../../..{plain}");
    let json = format!("json:{{\"driver\":\"file\",\"filename\":\"{plain}\"}}");
    vec![format!("file:{plain}"), format!("file://{plain}"), format!("/proc/self/root{plain}"), relative, json, plain]
}

#[test]
fn files_that_images_name_are_not_opened() {
    let dir = tempfile::tempdir().unwrap();
    // Whoever opens a pipe that nobody writes to waits for ever; whoever reads a file changes nothing that can be
    // relied on. So the canary is a pipe.
    let canary = dir.path().join("canary");
    assert!(Command::new("mkfifo").arg(&canary).status().unwrap().success());
    for name in names(&canary) {
        for format in ["raw", "qcow2"] {
            let image = dir.path().join("image.qcow2");
            std::fs::write(&image, overlay(&name, Some(format))).unwrap();
            let file = || Arc::new(File::open(&image).unwrap());
            refused(disk::open(file(), None, &Closed), ErrorKind::Refused, "none may be opened");
            assert!(disk::probe(&*file()).is_ok());
            assert_eq!(disk::format("qcow2").unwrap().info(&*file()).unwrap().backing_file, Some(name.clone()));
        }
    }
}

/// The parent of a differencing VHD, and whatever a raw disk says about itself.
#[test]
fn a_parent_is_not_looked_for() {
    let dir = tempfile::tempdir().unwrap();
    let image = dir.path().join("child.vhd");
    std::fs::write(&image, crate::vhd::differencing("..\\canary")).unwrap();
    let file = Arc::new(File::open(&image).unwrap());
    refused(disk::open(file, None, &Closed), ErrorKind::Unsupported, "differencing");
    let raw = build("raw", 1 << 16, &[], &[(0, b"# Disk DescriptorFile\nRW 1 FLAT \"/etc/passwd\" 0\n")]);
    std::fs::write(&image, raw).unwrap();
    let file = Arc::new(File::open(&image).unwrap());
    assert!(disk::open(file, None, &Closed).is_err());
}
