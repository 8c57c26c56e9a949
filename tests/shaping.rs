//! `convert`: what may be made of a disk on the way, and into what it may be written.

use crate::program::{finish, has, must, names, noise, run, s, sample_disk};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::process::Command;

fn size_of(path: &Path) -> u64 {
    let ran = run(["info", "--output=json", s(path)]);
    let info: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    info["virtual-size"].as_u64().unwrap()
}

#[test]
fn a_disk_is_made_larger_and_never_smaller() {
    let directory = tempfile::tempdir().unwrap();
    let (raw, out) = (directory.path().join("disk.raw"), directory.path().join("out"));
    sample_disk(&raw);
    let len = std::fs::metadata(&raw).unwrap().len();
    for (args, size) in [
        (["--align", "1M"], 25 << 20),
        (["--align", "1G"], 1 << 30),
        (["--size", "40M"], 40 << 20),
        (["--size", "25165825"], 25_165_825 - 1 + 512 * 3),
    ] {
        for format in ["raw", "qcow2", "vhd", "vmdk"] {
            let ran =
                run([&["convert", "--force", "--verify", "-O", format], args.as_slice(), &[s(&raw), s(&out)]].concat());
            if args[1] == "25165825" {
                assert_eq!(ran.code, 2, "{}", ran.stderr);
                assert!(ran.stderr.contains(&len.to_string()), "{}", ran.stderr);
                continue;
            }
            assert_eq!(ran.code, 0, "{args:?} {format}: {}", ran.stderr);
            assert_eq!(size_of(&out), size, "{args:?} {format}");
            let ran = run(["compare", s(&raw), s(&out)]);
            assert_eq!(ran.code, 0, "the rest is zeros: {}", ran.stdout);
        }
    }
}

#[test]
fn what_is_no_whole_sector_is_padded_with_a_word() {
    let directory = tempfile::tempdir().unwrap();
    let (raw, out) = (directory.path().join("disk.raw"), directory.path().join("out"));
    std::fs::write(&raw, noise(5, 100_001)).unwrap();
    for (format, size) in [("raw", 100_001), ("qcow2", 100_352), ("vhd", 100_352)] {
        let ran = run(["convert", "--force", "--verify", "-f", "raw", "-O", format, s(&raw), s(&out)]);
        assert_eq!(ran.code, 0, "{format}: {}", ran.stderr);
        assert_eq!(size_of(&out), size, "{format}");
        assert_eq!(ran.stderr.contains("whole sectors"), size != 100_001, "{}", ran.stderr);
        assert_eq!(run(["compare", "-f", "raw", s(&raw), s(&out)]).code, 0);
    }
}

#[test]
fn an_output_that_exists_is_written_into() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    sample_disk(&path("disk.raw"));
    let wanted = std::fs::read(path("disk.raw")).unwrap();
    let (len, longer) = (wanted.len() as u64, wanted.len() + 4096);
    // Raw: in place, over what was there, and no more than the disk.
    std::fs::write(path("out"), noise(9, longer)).unwrap();
    let inode = std::fs::metadata(path("out")).unwrap().ino();
    let ran = run(["convert", "-n", "--verify", "-f", "raw", "-O", "raw", s(&path("disk.raw")), s(&path("out"))]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let got = std::fs::read(path("out")).unwrap();
    assert!(got[..wanted.len()] == wanted);
    assert!(got[wanted.len()..] == noise(9, longer)[wanted.len()..], "what is behind the disk stays");
    assert_eq!(std::fs::metadata(path("out")).unwrap().ino(), inode);
    // A target that is said to be zeros already is spared them.
    let zeroed = std::fs::File::create(path("zeroed")).unwrap();
    zeroed.set_len(len).unwrap();
    let ran = run(["convert", "-n", "--target-is-zero", "-O", "raw", s(&path("disk.raw")), s(&path("zeroed"))]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(std::fs::read(path("zeroed")).unwrap() == wanted);
    // Other formats: anew, with the options of what is there.
    if has("qemu-img") {
        must(
            "qemu-img",
            &["create", "-q", "-f", "qcow2", "-o", "cluster_size=4k,refcount_bits=8", s(&path("q")), "1G"],
        );
        let ran = run(["convert", "-n", "-O", "qcow2", s(&path("disk.raw")), s(&path("q"))]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let info = must("qemu-img", &["info", s(&path("q"))]).stdout;
        assert!(info.contains("cluster_size: 4096") && info.contains("refcount bits: 8"), "{info}");
        assert!(info.contains("1 GiB"), "{info}");
        must("qemu-img", &["check", s(&path("q"))]);
        must("qemu-img", &["compare", s(&path("disk.raw")), s(&path("q"))]);
    }
    // Not there, too short, or the source itself.
    std::fs::write(path("short"), [0; 512]).unwrap();
    for (output, word) in [("none", "no such file"), ("short", "512 bytes long"), ("disk.raw", "source")] {
        let ran = run(["convert", "-n", "-O", "raw", s(&path("disk.raw")), s(&path(output))]);
        assert!(ran.code == 2 && ran.stderr.to_lowercase().contains(word), "{output}: {} {}", ran.code, ran.stderr);
    }
    assert!(std::fs::read(path("disk.raw")).unwrap() == wanted);
}

#[test]
fn the_disk_as_of_a_snapshot() {
    if !has("qemu-img") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    must("qemu-img", &["create", "-q", "-f", "qcow2", s(&path("disk")), "8M"]);
    must("qemu-io", &["-c", "write -P 1 0 1M", s(&path("disk"))]);
    must("qemu-img", &["snapshot", "-c", "before", s(&path("disk"))]);
    must("qemu-io", &["-c", "write -P 2 512k 3M", s(&path("disk"))]);
    for name in ["before", "1", "snapshot.name=before", "snapshot.id=1"] {
        let ran = run(["convert", "--force", "-l", name, "-O", "raw", s(&path("disk")), s(&path("ours"))]);
        assert_eq!(ran.code, 0, "{name}: {}", ran.stderr);
        must("qemu-img", &["convert", "-l", name, "-O", "raw", s(&path("disk")), s(&path("theirs"))]);
        assert!(std::fs::read(path("ours")).unwrap() == std::fs::read(path("theirs")).unwrap(), "{name}");
    }
    let ran = run(["convert", "-l", "never", "-O", "raw", s(&path("disk")), s(&path("out"))]);
    assert!(ran.code != 0 && ran.stderr.contains("never"), "{}", ran.stderr);
    let info = run(["info", s(&path("disk"))]).stdout;
    assert!(info.contains("Snapshot list:") && info.contains("before"), "{info}");
}

#[test]
fn free_space_is_left_out_and_every_file_stays() {
    if !["mke2fs", "debugfs", "e2fsck", "qemu-img"].into_iter().all(has) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    std::fs::create_dir(path("tree")).unwrap();
    for i in 0..20 {
        std::fs::write(path("tree").join(format!("file{i}")), noise(i, 1 << 20)).unwrap();
    }
    must("mke2fs", &["-q", "-F", "-t", "ext4", "-d", s(&path("tree")), s(&path("disk.raw")), "64M"]);
    for i in 0..15 {
        must("debugfs", &["-w", "-R", &format!("rm file{i}"), s(&path("disk.raw"))]);
    }
    let plain = run(["convert", "-O", "qcow2", s(&path("disk.raw")), s(&path("plain"))]);
    let thin = run(["convert", "--drop-free", "--verify", "-O", "qcow2", s(&path("disk.raw")), s(&path("thin"))]);
    assert_eq!((plain.code, thin.code), (0, 0), "{}", thin.stderr);
    assert!(thin.stderr.contains("free space left out"), "{}", thin.stderr);
    let len = |name: &str| std::fs::metadata(path(name)).unwrap().len();
    assert!(len("thin") + (14 << 20) < len("plain"), "{} {}", len("thin"), len("plain"));
    must("qemu-img", &["convert", "-O", "raw", s(&path("thin")), s(&path("thin.raw"))]);
    must("e2fsck", &["-fn", s(&path("thin.raw"))]);
    for i in 15..20 {
        let out = path("file");
        must("debugfs", &["-R", &format!("dump file{i} {}", s(&out)), s(&path("thin.raw"))]);
        assert!(std::fs::read(&out).unwrap() == noise(i, 1 << 20), "file{i}");
    }
    // One that was not unmounted is kept whole.
    must("debugfs", &["-w", "-R", "ssv state 0", s(&path("disk.raw"))]);
    let kept = run(["convert", "--force", "--drop-free", "-O", "qcow2", s(&path("disk.raw")), s(&path("thin"))]);
    assert!(kept.code == 0 && kept.stderr.contains("kept whole"), "{}", kept.stderr);
    assert_eq!(len("thin"), len("plain"));
}

#[test]
fn what_is_asked_of_a_format_is_said_or_done() {
    let directory = tempfile::tempdir().unwrap();
    let (raw, out) = (directory.path().join("disk.raw"), directory.path().join("out"));
    sample_disk(&raw);
    for (format, word) in [("qcow2", "compression_type"), ("vhd", "subformat"), ("vmdk", "subformat")] {
        let ran = run(["convert", "-O", format, "-o", "help"]);
        assert!(ran.code == 0 && ran.stdout.contains(word), "{format}: {} {}", ran.stdout, ran.stderr);
    }
    for args in [["-c", "-Oraw"], ["-c", "-Ovhd"], ["-Ovdi", "-q"], ["-Oiso", "-q"], ["-Oova", "-q"]] {
        let ran = run([&["convert"], args.as_slice(), &[s(&raw), s(&out)]].concat());
        assert_eq!(ran.code, 2, "{args:?}: {}", ran.stderr);
        assert_eq!(names(directory.path()), ["disk.raw"]);
    }
}

/// The same disk is the same file (but for a VHD, each of which has an identity of its own), whatever the threads do, and through any cache.
#[test]
fn outputs_are_the_same_every_time() {
    let directory = tempfile::tempdir().unwrap();
    let (raw, out) = (directory.path().join("disk.raw"), directory.path().join("out"));
    sample_disk(&raw);
    for flags in [
        &["-O", "qcow2"][..],
        &["-O", "qcow2", "-c"],
        &["-O", "qcow2", "-c", "-o", "compression_type=zstd"],
        &["-O", "qcow2", "-o", "extended_l2=on"],
        &["-O", "vmdk"],
    ] {
        let mut first: Option<Vec<u8>> = None;
        for more in [
            &["-m", "1"][..],
            &["-m", "8"],
            &["-m", "3", "-W"],
            &["-T", "none", "-t", "none"],
            &["-T", "directsync", "-t", "writethrough", "-r", "1G"],
            &["-t", "unsafe", "--memory", "16M"],
        ] {
            let ran = run([&["convert", "--force"], flags, more, &[s(&raw), s(&out)]].concat());
            assert_eq!(ran.code, 0, "{flags:?} {more:?}: {}", ran.stderr);
            let bytes = std::fs::read(&out).unwrap();
            assert!(*first.get_or_insert_with(|| bytes.clone()) == bytes, "{flags:?} {more:?}");
        }
    }
}

/// 128 MiB of address space are enough for any verb, compression too.
#[test]
fn little_memory_is_enough() {
    if !has("prlimit") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let (raw, out) = (directory.path().join("disk.raw"), directory.path().join("out"));
    sample_disk(&raw);
    let file = std::fs::File::options().write(true).open(&raw).unwrap();
    file.set_len(1 << 40).unwrap();
    file.write_all_at(&noise(3, 1 << 20), (1 << 40) - (1 << 20)).unwrap();
    for flags in [&["-O", "raw"][..], &["-O", "qcow2"], &["-O", "qcow2", "-c"], &["-O", "vhd"], &["-O", "vmdk"]] {
        let mut command = Command::new("prlimit");
        command.args(["--as=134217728", env!("CARGO_BIN_EXE_bootworthy"), "convert", "--force", "-q"]);
        let ran = finish(command.args(flags).args([&raw, &out]));
        assert_eq!(ran.code, 0, "{flags:?}: {}", ran.stderr);
    }
}

/// Nor do tables take more than that, which here are 128 MiB: one for each piece of data.
#[test]
fn tables_do_not_stay_in_memory() {
    if !has("prlimit") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let (raw, out) = (directory.path().join("disk.raw"), directory.path().join("out"));
    let file = std::fs::File::create(&raw).unwrap();
    file.set_len(1 << 40).unwrap();
    let bytes = noise(3, 4096);
    (0..2048u64).for_each(|i| file.write_all_at(&bytes, i << 29).unwrap());
    for flags in [&[][..], &["-c"]] {
        let mut command = Command::new("prlimit");
        command.args(["--as=134217728", env!("CARGO_BIN_EXE_bootworthy"), "convert", "--force", "-q", "-O", "qcow2"]);
        let ran = finish(command.args(flags).args([&raw, &out]));
        assert_eq!(ran.code, 0, "{flags:?}: {}", ran.stderr);
        let ran = run(["compare", s(&raw), s(&out)]);
        assert_eq!(ran.code, 0, "{flags:?}: {}", ran.stdout);
        if has("qemu-img") {
            must("qemu-img", &["check", s(&out)]);
        }
    }
}
