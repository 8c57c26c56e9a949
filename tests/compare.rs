//! `compare` answers as qemu-img does.

use crate::program::{finish, has, must, run, s, sample_disk};
use std::os::unix::fs::FileExt;
use std::process::Command;

#[test]
fn words_and_exit_codes_are_qemu_imgs() {
    if !has("qemu-img") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    sample_disk(&path("a.raw"));
    must("qemu-img", &["convert", "-O", "qcow2", s(&path("a.raw")), s(&path("a.qcow2"))]);
    std::fs::copy(path("a.raw"), path("b.raw")).unwrap();
    let file = std::fs::File::options().write(true).open(path("b.raw")).unwrap();
    file.write_all_at(b"x", 5 << 20).unwrap();
    std::fs::copy(path("a.raw"), path("longer.raw")).unwrap();
    std::fs::File::options().write(true).open(path("longer.raw")).unwrap().set_len(30 << 20).unwrap();

    for (args, code) in [
        (vec!["a.raw", "a.qcow2"], 0),
        (vec!["a.raw", "b.raw"], 1),
        (vec!["a.raw", "longer.raw"], 0),
        (vec!["-s", "a.raw", "longer.raw"], 1),
        (vec!["-s", "a.raw", "a.raw"], 0),
        (vec!["-s", "a.raw", "a.qcow2"], 1),
        (vec!["-q", "a.raw", "b.raw"], 1),
        (vec!["-f", "raw", "-F", "qcow2", "a.raw", "a.qcow2"], 0),
    ] {
        let ours = finish(crate::program::bootworthy().arg("compare").args(&args).current_dir(directory.path()));
        let theirs = finish(Command::new("qemu-img").arg("compare").args(&args).current_dir(directory.path()));
        assert_eq!((ours.code, theirs.code), (code, code), "{args:?}: {}", ours.stderr);
        let words = |text: &str| text.split(" at offset").next().unwrap_or_default().to_owned();
        assert_eq!(words(&ours.stdout), words(&theirs.stdout), "{args:?}");
    }
}

#[test]
fn the_first_difference_is_named_exactly() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    for name in ["a", "b"] {
        sample_disk(&path(name));
    }
    let file = std::fs::File::options().write(true).open(path("b")).unwrap();
    file.write_all_at(b"x", 12_345_678).unwrap();
    file.write_all_at(b"x", 20_000_000).unwrap();
    let ran = run(["compare", s(&path("a")), s(&path("b"))]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, "Content mismatch at offset 12345678!\n"));
}

#[test]
fn errors_are_never_taken_for_a_difference() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a");
    sample_disk(&path);
    for other in ["/nonexistent", "/dev/null", s(directory.path())] {
        assert!(run(["compare", s(&path), other]).code >= 2);
    }
}
