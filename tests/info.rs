//! `info` says what qemu-img says.

use crate::program::{has, must, run, s};
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn json_is_qemu_imgs_key_for_key() {
    if !has("qemu-img") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let create = |name: &str, format: &str, more: &[&str]| {
        let path = directory.path().join(name);
        must("qemu-img", &[&["create", "-q", "-f", format], more, &[s(&path), "65M"]].concat());
        path
    };
    let base = create("base.qcow2", "qcow2", &[]);
    let images = [
        (base.clone(), None),
        (create("v2.qcow2", "qcow2", &["-o", "compat=0.10"]), None),
        (create("zstd.qcow2", "qcow2", &["-o", "compression_type=zstd,cluster_size=2M"]), None),
        (create("sub.qcow2", "qcow2", &["-o", "extended_l2=on,lazy_refcounts=on"]), None),
        (create("bits.qcow2", "qcow2", &["-o", "refcount_bits=1"]), None),
        (create("top.qcow2", "qcow2", &["-b", s(&base), "-F", "qcow2"]), None),
        (create("disk.raw", "raw", &[]), None),
        (create("dynamic.vhd", "vpc", &["-o", "force_size=on"]), Some("vpc")),
        (create("rounded.vhd", "vpc", &[]), Some("vpc")),
        (create("fixed.vhd", "vpc", &["-o", "subformat=fixed,force_size=on"]), Some("vpc")),
    ];
    for (path, format) in images {
        let format: Vec<&str> = format.into_iter().flat_map(|format| ["-f", format]).collect();
        let args = [["info", "--output=json"].as_slice(), &format, &[s(&path)]].concat();
        let ours = run(&args);
        assert_eq!(ours.code, 0, "{}", ours.stderr);
        let theirs = must("qemu-img", &args);
        assert_eq!(json(&ours.stdout), json(&theirs.stdout), "{}", path.display());
        let args = [["info"].as_slice(), &format, &[s(&path)]].concat();
        assert_eq!(run(&args).stdout, must("qemu-img", &args).stdout, "{}", path.display());
    }
}

#[test]
fn a_chain_is_followed_only_where_that_is_allowed() {
    if !has("qemu-img") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let (base, top) = (directory.path().join("base.qcow2"), directory.path().join("top.qcow2"));
    must("qemu-img", &["create", "-q", "-f", "qcow2", s(&base), "1M"]);
    must("qemu-img", &["create", "-q", "-f", "qcow2", "-b", "base.qcow2", "-F", "qcow2", s(&top)]);
    let refused = run(["info", "--backing-chain", s(&top)]);
    assert_eq!(refused.code, 20);
    assert!(refused.stderr.contains("--allow-backing"), "{}", refused.stderr);
    let allowed = ["info", "--backing-chain", "--output=json", "--allow-backing", s(directory.path()), s(&top)];
    let theirs = must("qemu-img", &["info", "--backing-chain", "--output=json", s(&top)]);
    assert_eq!(json(&run(allowed).stdout), json(&theirs.stdout));
}

#[test]
fn what_is_no_image_is_a_usage_error_in_one_line() {
    let directory = tempfile::tempdir().unwrap();
    for path in [s(directory.path()), "/dev/null", "/nonexistent/disk.qcow2"] {
        for verb in ["info", "inspect", "preflight"] {
            let ran = run([verb, path]);
            assert_eq!(ran.code, 2, "{verb} {path}: {}", ran.stderr);
            assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
            assert!(ran.stderr.starts_with("bootworthy: ") && ran.stderr.contains(path), "{}", ran.stderr);
            assert!(ran.stdout.is_empty());
        }
    }
}
