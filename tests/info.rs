//! `info` says what qemu-img says.

use crate::program::{has, must, run, s};
use serde_json::{Value, json};
use std::path::Path;

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// qemu-img on the file that an image lies in, as a thing of its own.
fn file_alone(path: &str, output: &str) -> String {
    let options = format!("driver=file,filename={path}");
    must("qemu-img", &["info", output, "--image-opts", &options]).stdout
}

/// qemu-img's JSON of an image. Before 8.0 it has no `children`, but says the same of the file when asked for it alone.
fn with_children(mut image: Value) -> Value {
    if image.get("children").is_none() {
        let mut file = parse(&file_alone(image["filename"].as_str().unwrap(), "--output=json"));
        file["children"] = json!([]);
        file["format-specific"] = json!({"type": "file", "data": {}});
        image["children"] = json!([{"name": "file", "info": file}]);
    }
    image
}

/// qemu-img's text of an image, with the file's part, in the words of 8.0, where it is from before.
fn with_child_node(mut text: String, path: &Path) -> String {
    if !text.contains("Child node") {
        text.push_str("Child node '/file':\n");
        for line in file_alone(s(path), "--output=human").lines() {
            let (name, value) = line.split_once(": ").unwrap();
            let name = match name {
                "image" => "filename",
                "file format" => "protocol type",
                "virtual size" => "file length",
                same => same,
            };
            text.push_str(&format!("    {name}: {value}\n"));
        }
    }
    text
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
        assert_eq!(parse(&ours.stdout), with_children(parse(&theirs.stdout)), "{}", path.display());
        let args = [["info"].as_slice(), &format, &[s(&path)]].concat();
        let theirs = with_child_node(must("qemu-img", &args).stdout, &path);
        assert_eq!(run(&args).stdout, theirs, "{}", path.display());
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
    let Value::Array(theirs) = parse(&theirs.stdout) else { panic!("a chain is a list") };
    assert_eq!(theirs.len(), 2);
    assert_eq!(parse(&run(allowed).stdout), theirs.into_iter().map(with_children).collect::<Value>());
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
