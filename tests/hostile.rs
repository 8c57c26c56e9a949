//! Images that mean harm, from outside.

use crate::program::{finish, has, must, run, s, sample_disk};
use std::process::Command;

/// Every system call that names a file, of every verb, on images that name a file they have no business with.
#[test]
fn no_file_that_an_image_names_is_opened() {
    if !has("qemu-img") || !has("strace") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    std::fs::create_dir(path("images")).unwrap();
    sample_disk(&path("canary.raw"));
    let canary = path("canary.raw");
    let backing = |name: &str, base: &str| {
        let image = path("images").join(name);
        must("qemu-img", &["create", "-q", "-u", "-f", "qcow2", "-b", base, "-F", "raw", s(&image), "8M"]);
        image
    };
    let data_file = path("images/data.qcow2");
    must(
        "qemu-img",
        &["create", "-q", "-f", "qcow2", "-o", &format!("data_file={}", s(&path("canary2.raw"))), s(&data_file), "1M"],
    );
    let images = [
        backing("absolute.qcow2", s(&canary)),
        backing("dots.qcow2", "../canary.raw"),
        backing(
            "json.qcow2",
            &format!("json:{{\"driver\":\"raw\",\"file\":{{\"driver\":\"file\",\"filename\":\"{}\"}}}}", s(&canary)),
        ),
        data_file,
    ];
    for image in images {
        for verb in
            [&["info"][..], &["inspect"], &["preflight"], &["convert", "-O", "raw"], &["info", "--backing-chain"]]
        {
            let log = path("log");
            let out = path("out");
            let mut command = Command::new("strace");
            command.args(["-f", "-e", "trace=%file,openat2", "-o", s(&log), env!("CARGO_BIN_EXE_bootworthy")]);
            command.args(verb).arg(&image);
            if verb[0] == "convert" {
                command.arg(&out);
            }
            let ran = finish(&mut command);
            let calls = std::fs::read_to_string(&log).unwrap();
            assert!(calls.contains(s(&image)), "the log is of this run");
            assert!(!calls.contains("canary"), "{verb:?} {}: {calls}", image.display());
            assert!(ran.code != 0 || verb[0] == "info", "{verb:?} {}", image.display());
            assert!(!out.exists());
        }
    }
}

#[test]
fn an_allowed_backing_file_is_read() {
    if !has("qemu-img") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    sample_disk(&path("base.raw"));
    must("qemu-img", &["create", "-q", "-f", "qcow2", "-b", "base.raw", "-F", "raw", s(&path("top.qcow2"))]);
    must("qemu-io", &["-c", "write -P 7 1M 64k", s(&path("top.qcow2"))]);
    let ran = run([
        "convert",
        "--allow-backing",
        s(directory.path()),
        "-O",
        "raw",
        s(&path("top.qcow2")),
        s(&path("flat.raw")),
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    must("qemu-img", &["compare", s(&path("top.qcow2")), s(&path("flat.raw"))]);
    let own = run([
        "convert",
        "--force",
        "--allow-backing",
        s(directory.path()),
        "-O",
        "raw",
        s(&path("top.qcow2")),
        s(&path("base.raw")),
    ]);
    assert_eq!(own.code, 2, "a backing file is a source too: {}", own.stderr);
}

#[test]
fn a_disk_whose_guest_wrote_an_image_header_is_not_followed() {
    if !has("qemu-img") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    // A disk with a partition table at sector 0 that a guest overwrote with a qcow2 header naming a file of the host.
    must(
        "qemu-img",
        &["create", "-q", "-u", "-f", "qcow2", "-b", "/etc/passwd", "-F", "raw", s(&path("evil.qcow2")), "8M"],
    );
    let mut disk = std::fs::read(path("evil.qcow2")).unwrap();
    disk.resize(8 << 20, 0);
    disk[510] = 0x55;
    disk[511] = 0xAA;
    disk[446 + 4] = 0x83;
    disk[446 + 8] = 63;
    disk[446 + 12] = 100;
    std::fs::write(path("disk.raw"), &disk).unwrap();
    let ran = run(["convert", "-O", "raw", s(&path("disk.raw")), s(&path("out"))]);
    assert_eq!(ran.code, 20, "{}", ran.stderr);
    let ran = run(["convert", "-f", "raw", "-O", "raw", s(&path("disk.raw")), s(&path("out"))]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(std::fs::read(path("out")).unwrap() == disk);
}
