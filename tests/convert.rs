//! `convert`: what comes out, and what is left behind when it goes wrong.

use crate::program::{bootworthy, finish, has, must, names, noise, run, s, sample_disk};
use std::os::unix::fs::{FileExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const FORMATS: [&str; 3] = ["raw", "qcow2", "vhd"];

fn digest_of(stdout: &str) -> String {
    stdout.lines().find_map(|line| line.strip_prefix("digest: ")).expect("a digest is printed").to_owned()
}

#[test]
fn any_format_into_any_other_keeps_the_disk_and_its_digest() {
    let directory = tempfile::tempdir().unwrap();
    let raw = directory.path().join("disk.raw");
    sample_disk(&raw);
    let mut digests = Vec::new();
    for from in FORMATS {
        let source = directory.path().join(format!("from.{from}"));
        let ran = run(["convert", "-f", "raw", "-O", from, "--verify", s(&raw), s(&source)]);
        assert_eq!(ran.code, 0, "{from}: {}", ran.stderr);
        for to in FORMATS {
            let target = directory.path().join(format!("{from}.{to}"));
            let ran = run(["convert", "-f", from, "-O", to, s(&source), s(&target)]);
            assert_eq!(ran.code, 0, "{from} to {to}: {}", ran.stderr);
            digests.push(digest_of(&ran.stdout));
            let compared = run(["compare", "-f", "raw", "-F", to, s(&raw), s(&target)]);
            assert_eq!(compared.code, 0, "{from} to {to}: {}", compared.stdout);
        }
    }
    digests.dedup();
    assert_eq!(digests.len(), 1, "{digests:?}");
    assert!(digests[0].starts_with("bw1:"));
}

#[test]
fn qemu_img_finds_no_fault_with_the_output() {
    if !has("qemu-img") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let raw = directory.path().join("disk.raw");
    sample_disk(&raw);
    for (format, theirs, options) in [
        ("qcow2", "qcow2", None),
        ("qcow2", "qcow2", Some("compat=0.10")),
        ("qcow2", "qcow2", Some("cluster_size=2M")),
        ("qcow2", "qcow2", Some("cluster_size=512")),
        ("vhd", "vpc", None),
        ("vpc", "vpc", Some("subformat=fixed")),
        ("raw", "raw", None),
    ] {
        let out = directory.path().join("out");
        let options: Vec<&str> = options.into_iter().flat_map(|options| ["-o", options]).collect();
        let args = [["convert", "--force", "-O", format].as_slice(), &options, &[s(&raw), s(&out)]].concat();
        let ran = run(&args);
        assert_eq!(ran.code, 0, "{args:?}: {}", ran.stderr);
        if theirs == "qcow2" {
            must("qemu-img", &["check", "-q", "-f", theirs, s(&out)]);
        }
        // Their strict mode compares allocation too; a size that differs is a warning without it.
        let compared = must("qemu-img", &["compare", "-f", "raw", "-F", theirs, s(&raw), s(&out)]);
        assert_eq!(compared.stdout, "Images are identical.\n");
    }
}

#[test]
fn an_output_that_exists_is_replaced_only_when_asked() {
    let directory = tempfile::tempdir().unwrap();
    let (raw, out) = (directory.path().join("disk.raw"), directory.path().join("out"));
    sample_disk(&raw);
    std::fs::write(&out, "precious").unwrap();
    let ran = run(["convert", "-O", "qcow2", s(&raw), s(&out)]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("--force"), "{}", ran.stderr);
    assert_eq!(std::fs::read(&out).unwrap(), b"precious");
    assert_eq!(run(["convert", "--force", "-O", "qcow2", s(&raw), s(&out)]).code, 0);
    assert_eq!(names(directory.path()), ["disk.raw", "out"]);
}

#[test]
fn the_output_is_never_the_source() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    sample_disk(&path("disk.raw"));
    symlink(path("disk.raw"), path("soft")).unwrap();
    std::fs::hard_link(path("disk.raw"), path("hard")).unwrap();
    let before = std::fs::read(path("disk.raw")).unwrap();
    for name in ["disk.raw", "soft", "hard"] {
        let ran = run(["convert", "--force", "-O", "raw", s(&path("disk.raw")), s(&path(name))]);
        assert_eq!(ran.code, 2, "{name}: {}", ran.stderr);
        assert!(ran.stderr.contains("source"), "{}", ran.stderr);
    }
    assert!(std::fs::read(path("disk.raw")).unwrap() == before);
}

#[test]
fn wrong_usage_says_what_is_right() {
    let directory = tempfile::tempdir().unwrap();
    let (raw, out) = (directory.path().join("disk.raw"), directory.path().join("out"));
    sample_disk(&raw);
    for (args, word) in [
        (["-O", "vhdz"], "qcow2"),
        (["-f", "nonsense"], "qcow2"),
        (["-o", "clustersize=4k"], "cluster_size"),
        (["-o", "cluster_size=3000"], "cluster_size"),
        (["-S", "many"], "64k"),
    ] {
        let ran = finish(bootworthy().args(["convert", "-O", "qcow2"]).args(args).args([&raw, &out]));
        // A second -O is clap's own complaint.
        assert_eq!(ran.code, 2, "{args:?}: {}", ran.stderr);
        assert!(args[0] == "-O" || ran.stderr.contains(word), "{args:?}: {}", ran.stderr);
    }
    let ran = run(["convert", "-O", "vhdz", s(&raw), s(&out)]);
    assert!(ran.code == 2 && ran.stderr.contains("qcow2"), "{}", ran.stderr);
    assert_eq!(names(directory.path()), ["disk.raw"]);
}

#[test]
fn progress_is_qemu_imgs_where_there_is_no_terminal_and_json_on_a_descriptor() {
    let directory = tempfile::tempdir().unwrap();
    let (raw, out) = (directory.path().join("disk.raw"), directory.path().join("out"));
    sample_disk(&raw);
    let ran = run(["convert", "-p", "-O", "qcow2", s(&raw), s(&out)]);
    assert!(ran.stdout.contains("    (100.00/100%)\r"), "{:?}", ran.stdout);
    let ran = run(["convert", "-p", "-q", "--force", "-O", "qcow2", s(&raw), s(&out)]);
    assert!(ran.stdout.is_empty() && ran.stderr.is_empty());
    let ran = run(["convert", "--progress-fd", "2", "--force", "-O", "qcow2", s(&raw), s(&out)]);
    let last: serde_json::Value = serde_json::from_str(ran.stderr.lines().last().unwrap()).unwrap();
    assert_eq!(last["transferred"], last["size"]);
    assert_eq!(last["size"], (24 << 20) + 512 * 3);
}

#[test]
fn a_file_size_limit_ends_it_cleanly() {
    if !has("prlimit") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let (raw, out) = (directory.path().join("disk.raw"), directory.path().join("out"));
    sample_disk(&raw);
    let program = env!("CARGO_BIN_EXE_bootworthy");
    let ran =
        finish(Command::new("prlimit").args(["--fsize=1048576", program, "convert", "-O", "qcow2", s(&raw), s(&out)]));
    assert_eq!(ran.code, 30, "{}", ran.stderr);
    assert_eq!(names(directory.path()), ["disk.raw"]);
}

/// A full disk, by the device that is always full.
#[test]
fn a_full_standard_output_is_an_error_and_a_closed_one_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let raw = directory.path().join("disk.raw");
    sample_disk(&raw);
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let status = bootworthy().args(["info", s(&raw)]).stdout(full).stderr(Stdio::null()).status().unwrap();
    assert_eq!(status.code(), Some(30));
    let piped = format!("'{}' info '{}' | true; echo ${{PIPESTATUS[0]}}", env!("CARGO_BIN_EXE_bootworthy"), s(&raw));
    let ran = finish(Command::new("bash").args(["-c", &piped]));
    assert_eq!(ran.stdout.trim(), "0", "{}", ran.stderr);
    assert!(ran.stderr.is_empty());
}

/// A source so big that a signal finds the copy running.
fn big_disk(path: &Path) {
    let file = std::fs::File::create(path).unwrap();
    let block = noise(3, 8 << 20);
    for index in 0..64 {
        file.write_all_at(&block, index * (8 << 20)).unwrap();
    }
}

#[test]
fn signals_leave_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let (raw, out) = (directory.path().join("disk.raw"), directory.path().join("out"));
    big_disk(&raw);
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129), ("KILL", -9)] {
        let mut interrupted = 0;
        for delay in [5, 20, 60, 100] {
            let mut child = bootworthy()
                .args(["convert", "-O", "qcow2", "-m", "1", s(&raw), s(&out)])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(Duration::from_millis(delay));
            finish(Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]));
            let status = child.wait().unwrap();
            use std::os::unix::process::ExitStatusExt;
            let got = status.code().unwrap_or_else(|| -status.signal().unwrap_or(0));
            // Before the handlers are in place a signal ends the process the plain way; after the last byte, too late.
            let plain = -(code - 128);
            if got == code || got == plain {
                interrupted += 1;
                assert_eq!(names(directory.path()), ["disk.raw"], "{signal} after {delay} ms");
            } else {
                assert_eq!(got, 0, "{signal} after {delay} ms");
                std::fs::remove_file(&out).unwrap();
            }
        }
        assert!(interrupted > 0, "{signal} never came in time");
    }
}

#[test]
fn a_source_that_changes_is_noticed() {
    if !has("strace") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let (raw, out) = (directory.path().join("disk.raw"), directory.path().join("out"));
    sample_disk(&raw);
    // Every read takes a fifth of a second, so that the change always comes in the middle.
    let slow = ["-f", "-qq", "-o", "/dev/null", "-e", "inject=pread64:delay_enter=200000"];
    let mut command = Command::new("strace");
    command
        .args(slow)
        .arg(env!("CARGO_BIN_EXE_bootworthy"))
        .args(["convert", "-O", "raw", "-m", "1"])
        .args([&raw, &out]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(900));
    assert!(child.try_wait().unwrap().is_none(), "still reading");
    std::fs::File::options().write(true).open(&raw).unwrap().write_all_at(b"x", 0).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(20));
    assert_eq!(names(directory.path()), ["disk.raw"]);
}

#[test]
fn a_read_error_is_named_and_leaves_nothing() {
    if !has("strace") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let (raw, out) = (directory.path().join("disk.raw"), directory.path().join("out"));
    sample_disk(&raw);
    for (call, word) in [("pread64:error=EIO:when=6", "Input/output error"), ("pwrite64:error=ENOSPC:when=2", "space")]
    {
        let ran = finish(Command::new("strace").args([
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            &format!("inject={call}"),
            env!("CARGO_BIN_EXE_bootworthy"),
            "convert",
            "-O",
            "qcow2",
            s(&raw),
            s(&out),
        ]));
        assert!(ran.code == 1 || ran.code == 30, "{call}: {} {}", ran.code, ran.stderr);
        assert!(ran.stderr.contains(word), "{call}: {}", ran.stderr);
        assert_eq!(names(directory.path()), ["disk.raw"], "{call}");
    }
}
