//! `map`, `check` and `measure` say what qemu-img says.

use crate::program::{finish, has, must, run, s, sample_disk, supports};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Images of one disk in many shapes, by qemu-img.
fn images(directory: &Path) -> Vec<(PathBuf, &'static str)> {
    let raw = directory.join("disk.raw");
    sample_disk(&raw);
    let mut images = vec![(raw.clone(), "raw")];
    let shapes: &[(&str, &[&str])] = &[
        ("qcow2", &[]),
        ("qcow2", &["-c"]),
        ("qcow2", &["-S", "0"]),
        ("qcow2", &["-o", "compat=0.10,cluster_size=4k"]),
        ("qcow2", &["-o", "extended_l2=on,cluster_size=128k"]),
        ("qcow2", &["-o", "preallocation=metadata"]),
        ("qcow2", &["-c", "-o", "compression_type=zstd,cluster_size=1M"]),
        ("vdi", &[]),
        ("vmdk", &[]),
        ("vmdk", &["-o", "subformat=streamOptimized"]),
        ("vhdx", &[]),
    ];
    for (number, (format, flags)) in shapes.iter().enumerate() {
        let path = directory.join(format!("{number}.{format}"));
        let to = [&["convert", "-f", "raw", "-O", format], *flags, &[s(&raw), s(&path)]].concat();
        must("qemu-img", &to);
        images.push((path, *format));
    }
    let (base, top) = (directory.join("0.qcow2"), directory.join("top.qcow2"));
    must("qemu-img", &["create", "-q", "-f", "qcow2", "-b", s(&base), "-F", "qcow2", s(&top)]);
    must("qemu-io", &["-c", "write -P 9 2M 100k", "-c", "write -z 17M 128k", s(&top)]);
    images.push((top, "qcow2"));
    images
}

/// Runs of a map as (start, length, data, zero), neighbours of one kind joined: where runs are cut is each one's own.
fn runs(map: &Value) -> Vec<(u64, u64, bool, bool)> {
    let mut all: Vec<(u64, u64, bool, bool)> = Vec::new();
    for run in map.as_array().unwrap() {
        let number = |key: &str| run[key].as_u64().unwrap();
        let is = |key: &str| run[key].as_bool().unwrap();
        let next = (number("start"), number("length"), is("data"), is("zero"));
        match all.last_mut() {
            Some(last) if last.0 + last.1 == next.0 && (last.2, last.3) == (next.2, next.3) => last.1 += next.1,
            _ => all.push(next),
        }
    }
    all
}

#[test]
fn map_tells_the_same_runs() {
    if !has("qemu-img") || !supports("compressed") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    for (image, format) in images(directory.path()) {
        let allow = ["--allow-backing", s(directory.path())];
        let common = ["map", "--output=json", "-f", format];
        let ours = run([common.as_slice(), &allow, &[s(&image)]].concat());
        assert_eq!(ours.code, 0, "{}: {}", image.display(), ours.stderr);
        let theirs = must("qemu-img", &[common.as_slice(), &[s(&image)]].concat());
        let (ours, theirs) = (parse(&ours.stdout), parse(&theirs.stdout));
        if format == "vhdx" {
            // qemu-img does not look into its table: all is data.
            assert_eq!(runs(&theirs).len(), 1);
            assert!(runs(&ours).len() > 1);
            continue;
        }
        assert_eq!(runs(&ours), runs(&theirs), "{}", image.display());
        if format == "raw" || format == "qcow2" {
            assert_eq!(ours, theirs, "{}", image.display());
        }
        // The table, where it can be made.
        let theirs = finish(Command::new("qemu-img").args(["map", "-f", format, s(&image)]));
        let ours = run([&["map", "-f", format], allow.as_slice(), &[s(&image)]].concat());
        if theirs.code == 0 && ["raw", "qcow2"].contains(&format) {
            assert_eq!((ours.code, ours.stdout), (0, theirs.stdout), "{}", image.display());
        } else if theirs.code == 1 {
            assert_eq!(ours.code, 1, "{}", image.display());
        }
    }
}

#[test]
fn a_part_of_a_map() {
    let directory = tempfile::tempdir().unwrap();
    let raw = directory.path().join("disk.raw");
    sample_disk(&raw);
    let ran = run(["map", "--output=json", "-s", "2M", "-l", "4M", s(&raw)]);
    let map = parse(&ran.stdout);
    let runs = runs(&map);
    assert_eq!((runs[0].0, runs.iter().map(|run| run.1).sum::<u64>()), (2 << 20, 4 << 20));
    assert_eq!(map[0]["offset"], 2 << 20);
    assert_eq!(run(["map", "-s", "1G", s(&raw)]).code, 2);
}

#[test]
fn check_has_qemu_imgs_answers() {
    if !has("qemu-img") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    for (image, format) in images(directory.path()) {
        let args = ["check", "--output=json", "-f", format, s(&image)];
        let (ours, theirs) = (run(args), finish(Command::new("qemu-img").args(args)));
        assert_eq!(ours.code, theirs.code, "{}: {} {}", image.display(), ours.stdout, ours.stderr);
        if format == "qcow2" {
            assert_eq!(parse(&ours.stdout), parse(&theirs.stdout), "{}", image.display());
            let text = ["check", "-f", format, s(&image)];
            assert_eq!(run(text).stdout, must("qemu-img", &text).stdout, "{}", image.display());
        }
    }
    let image = directory.path().join("0.qcow2");
    let mut bytes = std::fs::read(&image).unwrap();
    let word =
        |bytes: &[u8], at: usize| usize::try_from(u64::from_be_bytes(bytes[at..at + 8].try_into().unwrap())).unwrap();
    let block = word(&bytes, word(&bytes, 48));
    let leaked = directory.path().join("leaked.qcow2");
    bytes.extend([0; 65536]);
    let last = bytes.len() / 65536 - 1;
    bytes[block + 2 * last + 1] = 1;
    std::fs::write(&leaked, &bytes).unwrap();
    assert_eq!(run(["check", s(&leaked)]).code, 3);
    bytes[block + 2 * 5 + 1] = 0;
    std::fs::write(&leaked, &bytes).unwrap();
    let ran = run(["check", s(&leaked)]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert!(ran.stdout.contains("refcount"), "{}", ran.stdout);
    for (args, code) in [
        (vec!["check", "/nonexistent"], 1),
        (vec!["check", "-r", "all", s(&leaked)], 1),
        (vec!["check", "-q", s(&leaked)], 2),
    ] {
        let ran = run(&args);
        assert_eq!(ran.code, code, "{args:?}: {}", ran.stderr);
        assert!(code != 2 || ran.stdout.is_empty(), "{}", ran.stdout);
    }
    assert_eq!(std::fs::read(&leaked).unwrap(), bytes, "nothing is repaired");
}

/// What it says is the length of what convert writes.
#[test]
fn exact_measures_are_exact() {
    let directory = tempfile::tempdir().unwrap();
    let (raw, out) = (directory.path().join("disk.raw"), directory.path().join("out"));
    sample_disk(&raw);
    for flags in [
        &["-O", "raw"][..],
        &["-O", "qcow2"],
        &["-O", "qcow2", "-c"],
        &["-O", "qcow2", "-c", "-o", "compression_type=zstd,cluster_size=1M"],
        &["-O", "qcow2", "-o", "cluster_size=4k"],
        &["-O", "qcow2", "-o", "extended_l2=on"],
        &["-O", "vhd"],
        &["-O", "vmdk"],
    ] {
        let ran = run([&["convert", "--force"], flags, &[s(&raw), s(&out)]].concat());
        assert_eq!(ran.code, 0, "{flags:?}: {}", ran.stderr);
        let ran = run([&["measure", "--exact", "--output=json"], flags, &[s(&raw)]].concat());
        assert_eq!(ran.code, 0, "{flags:?}: {}", ran.stderr);
        assert_eq!(parse(&ran.stdout)["required"], std::fs::metadata(&out).unwrap().len(), "{flags:?}");
    }
}

#[test]
fn measures_are_no_larger_than_qemu_imgs_and_hold_what_they_promise() {
    if !has("qemu-img") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let (raw, out) = (directory.path().join("disk.raw"), directory.path().join("out"));
    sample_disk(&raw);
    for options in ["cluster_size=64k", "cluster_size=512", "cluster_size=2M", "compat=0.10", "refcount_bits=1"] {
        let args = ["measure", "--output=json", "-O", "qcow2", "-o", options, "-f", "raw", s(&raw)];
        let (ours, theirs) = (parse(&run(args).stdout), parse(&must("qemu-img", &args).stdout));
        let bytes = |map: &Value, key: &str| map[key].as_u64().unwrap();
        for key in ["required", "fully-allocated"] {
            assert!(bytes(&ours, key) <= bytes(&theirs, key), "{options} {key}: {ours} {theirs}");
            assert!(bytes(&ours, key) * 10 >= bytes(&theirs, key) * 9, "{options} {key}: {ours} {theirs}");
        }
        let ran = run(["convert", "--force", "-O", "qcow2", "-o", options, "-S", "0", s(&raw), s(&out)]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_eq!(std::fs::metadata(&out).unwrap().len(), bytes(&ours, "fully-allocated"), "{options}");
    }
    for size in ["0", "512", "1G", "20T"] {
        for format in ["raw", "qcow2"] {
            let args = ["measure", "--output=json", "-O", format, "--size", size];
            let (ours, theirs) = (parse(&run(args).stdout), parse(&must("qemu-img", &args).stdout));
            if format == "raw" {
                assert_eq!(ours, theirs, "{size}");
            } else if size != "0" {
                // qemu-img forgets the L1 table of an empty disk.
                assert!(ours["required"].as_u64() <= theirs["required"].as_u64(), "{size}: {ours} {theirs}");
                assert!(
                    ours["fully-allocated"].as_u64() <= theirs["fully-allocated"].as_u64(),
                    "{size}: {ours} {theirs}"
                );
            }
        }
    }
}
