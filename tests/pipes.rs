//! Packed images, standard input and standard output.

use crate::program::{bootworthy, finish, has, must, names, run, s, sample_disk, shared};
use std::path::Path;
use std::process::{Command, Stdio};

fn shell(script: &str, directory: &Path) -> crate::program::Ran {
    let program = env!("CARGO_BIN_EXE_bootworthy");
    finish(Command::new("bash").args(["-o", "pipefail", "-c", script, program]).current_dir(directory))
}

#[test]
fn packed_images_are_unpacked_with_a_word_about_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    sample_disk(&path("disk.raw"));
    assert_eq!(run(["convert", "-O", "qcow2", s(&path("disk.raw")), s(&path("disk.qcow2"))]).code, 0);
    for (packer, suffix) in [("gzip -k", "gz"), ("xz -k0", "xz"), ("zstd -q", "zst"), ("bzip2 -k", "bz2")] {
        if !has(packer.split(' ').next().unwrap()) {
            continue;
        }
        for image in ["disk.raw", "disk.qcow2"] {
            let made = shell(&format!("{packer} {image}"), directory.path());
            assert_eq!(made.code, 0, "{}", made.stderr);
            let packed = path(&format!("{image}.{suffix}"));
            let ran = run(["convert", "--force", "-O", "raw", s(&packed), s(&path("out"))]);
            assert_eq!(ran.code, 0, "{}", ran.stderr);
            assert!(ran.stderr.contains("compressed with") && ran.stderr.contains("scratch"), "{}", ran.stderr);
            assert_eq!(run(["compare", s(&path("disk.raw")), s(&path("out"))]).code, 0);
            // Said to be raw, it is what it is.
            let ran = run(["convert", "--force", "-f", "raw", "-O", "raw", s(&packed), s(&path("out"))]);
            assert_eq!(ran.code, 0, "{}", ran.stderr);
            assert!(std::fs::read(path("out")).unwrap() == std::fs::read(&packed).unwrap());
            // What would be uploaded is packed, and ECS does not unpack.
            let ran = run(["preflight", s(&packed)]);
            assert_eq!(ran.code, 10, "{}", ran.stderr);
            assert!(ran.stdout.contains("IMG-FORMAT"), "{}", ran.stdout);
            // Cut off.
            let bytes = std::fs::read(&packed).unwrap();
            std::fs::write(path("cut"), &bytes[..bytes.len() - 100]).unwrap();
            let ran = run(["convert", "-O", "raw", s(&path("cut")), s(&path("never"))]);
            assert!(ran.code != 0 && !path("never").exists(), "{}", ran.stderr);
        }
    }
}

#[test]
fn any_image_comes_from_a_pipe() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    sample_disk(&path("disk.raw"));
    for format in ["raw", "qcow2", "vhd", "vmdk"] {
        let ran = run(["convert", "-O", format, s(&path("disk.raw")), s(&path("in"))]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let ran = shell(&format!("cat in | $0 convert -f {format} -O qcow2 --force - out"), directory.path());
        assert_eq!(ran.code, 0, "{format}: {}", ran.stderr);
        assert_eq!(run(["compare", s(&path("disk.raw")), s(&path("out"))]).code, 0, "{format}");
        std::fs::remove_file(path("in")).unwrap();
    }
    let ran = shell("gzip -c disk.raw | $0 convert -O raw --force - out && cmp disk.raw out", directory.path());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(shell("printf '' | $0 info -", directory.path()).code, 0);
    assert_eq!(names(directory.path()), ["disk.raw", "out"]);
}

#[test]
fn raw_and_stream_optimised_go_into_a_pipe() {
    let directory = tempfile::tempdir().unwrap();
    sample_disk(&directory.path().join("disk.raw"));
    let ran = shell("$0 convert -O raw disk.raw - | cmp - disk.raw", directory.path());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("digest: bw1:"), "{}", ran.stderr);
    let ran = shell(
        "$0 convert -q -O vmdk -m 4 disk.raw - > a && $0 convert -q -O vmdk -m 1 disk.raw b && cmp a b",
        directory.path(),
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(shell("$0 compare disk.raw a", directory.path()).code, 0);
    for args in ["-O qcow2 disk.raw -", "-O vhd disk.raw -", "--verify -O raw disk.raw -"] {
        let ran = shell(&format!("$0 convert {args}"), directory.path());
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{args}: {}", ran.stderr);
    }
    // Who reads no further is no failure of the pipe's other end.
    let ran = shell("$0 convert -O raw disk.raw - | head -c 1000 | wc -c", directory.path());
    assert_eq!(ran.stdout.trim(), "1000", "{}", ran.stderr);
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let raw = directory.path().join("disk.raw");
    let mut command = bootworthy();
    command.args(["convert", "-q", "-O", "raw", s(&raw), "-"]).stdout(full).stderr(Stdio::null());
    assert_eq!(command.status().unwrap().code(), Some(30));
}

/// A bomb of 8 TiB of zeros ends at the limit, and leaves nothing.
#[test]
fn what_unpacks_to_too_much_is_refused() {
    if !has("zstd") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    // A frame that repeats one byte 128 MiB at a time is made once, and written again and again.
    let made = shell(
        "head -c 1G /dev/zero | zstd -q -1 > one.zst && for i in 1 2 3; do cat one.zst one.zst > two && mv two one.zst; done",
        directory.path(),
    );
    assert_eq!(made.code, 0, "{}", made.stderr);
    let bomb = directory.path().join("one.zst");
    let ran = finish(Command::new("prlimit").args([
        "--fsize=2147483648",
        env!("CARGO_BIN_EXE_bootworthy"),
        "info",
        s(&bomb),
    ]));
    assert_ne!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(names(directory.path()), ["one.zst"]);
}

#[test]
fn archives_of_the_corpus_say_what_is_wrong_with_them() {
    let Some(shared) = shared() else { return };
    let directory = tempfile::tempdir().unwrap();
    for name in ["testserver", "testserver-no-ovf"] {
        let packed = shared.join(format!("corpora/ova/{name}.ova.zst"));
        let ova = directory.path().join(format!("{name}.ova"));
        must("zstd", &["-dq", s(&packed), "-o", s(&ova)]);
        let ran = run(["convert", "-O", "qcow2", s(&ova), s(&directory.path().join("out"))]);
        assert_eq!(ran.code, 20, "{name}: {}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
        assert!(!directory.path().join("out").exists());
    }
}
