//! Optical media: what is said about them, and what convert makes of them.

use crate::program::{has, must, names, run, s};
use std::path::{Path, PathBuf};

/// Media by xorriso of a tree that looks like an installer's.
fn media(directory: &Path, name: &str, options: &[&str]) -> PathBuf {
    let (tree, iso) = (directory.join("tree"), directory.join(name));
    std::fs::create_dir_all(tree.join(".disk")).unwrap();
    let info = "Debian GNU/Linux 12.15.0 \"Bookworm\" - Official arm64 NETINST with firmware 20260101-00:00\n";
    std::fs::write(tree.join(".disk/info"), info).unwrap();
    std::fs::write(tree.join("loader.bin"), [0xeb; 2048]).unwrap();
    let esp = tree.join("efi.img");
    let _ = std::fs::remove_file(&esp);
    must("mkfs.vfat", &["-C", s(&esp), "1440"]);
    let mut args = vec!["-as", "mkisofs", "-quiet", "-V", "A_LABEL", "-publisher", "SOMEBODY", "-r", "-o", s(&iso)];
    args.extend(options);
    args.push(s(&tree));
    must("xorriso", &args);
    iso
}

const UEFI: &[&str] = &["-e", "efi.img", "-no-emul-boot"];
const BIOS: &[&str] = &["-b", "loader.bin", "-no-emul-boot", "-boot-load-size", "4"];

#[test]
fn media_are_known_under_any_name() {
    if !has("xorriso") || !has("mkfs.vfat") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let iso = media(directory.path(), "cd.raw", UEFI);
    let info = run(["info", s(&iso)]).stdout;
    for words in
        ["file format: iso", "label: A_LABEL", "SOMEBODY", "Debian GNU/Linux 12.15.0 \"Bookworm\"", "arm64", "uefi"]
    {
        assert!(info.contains(words), "{words}: {info}");
    }
    assert!(info.contains("named as if it were raw"), "{info}");
    let json: serde_json::Value = serde_json::from_str(&run(["info", "--output=json", s(&iso)]).stdout).unwrap();
    let data = &json["format-specific"]["data"];
    assert_eq!(
        (data["architecture"].as_str(), data["el-torito"][0]["platform"].as_str()),
        (Some("arm64"), Some("uefi"))
    );
    let inspected = run(["inspect", s(&iso)]).stdout;
    assert!(inspected.contains("\"A_LABEL\": Debian GNU/Linux 12.15.0"), "{inspected}");
    let facts: serde_json::Value = serde_json::from_str(&run(["inspect", "--output=json", s(&iso)]).stdout).unwrap();
    let media = &facts["image"]["media"];
    assert_eq!(media["architecture"]["is"]["value"], "arm64");
    assert_eq!(media["system"]["is"]["evidence"][0]["path"], ".disk/info");
    let judged = run(["preflight", s(&iso)]);
    assert_eq!(judged.code, 10);
    assert!(judged.stdout.contains("IMG-FORMAT") && judged.stdout.contains("IMG-ISO"), "{}", judged.stdout);
}

#[test]
fn media_become_disks_that_start() {
    if !has("xorriso") || !has("mkfs.vfat") || !has("sgdisk") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    let iso = media(directory.path(), "uefi.iso", UEFI);
    let ran = run(["convert", "--verify", "-O", "raw", s(&iso), s(&out)]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("EFI system partition"), "{}", ran.stderr);
    assert!(must("sgdisk", &["-v", s(&out)]).stdout.contains("No problems found"));
    assert!(must("sgdisk", &["-p", s(&out)]).stdout.contains("EF00"));
    // The volume is still there.
    assert!(run(["info", s(&out)]).stdout.contains("label: A_LABEL"));
    let said = run(["inspect", s(&out)]).stdout;
    assert!(said.contains("UEFI yes"), "{said}");
    // As it is, where that was asked for.
    let ran = run(["convert", "--force", "-f", "raw", "-O", "raw", s(&iso), s(&out)]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(std::fs::read(&iso).unwrap() == std::fs::read(&out).unwrap());
    std::fs::remove_file(&out).unwrap();
    // Nothing could be done for these.
    let iso = media(directory.path(), "bios.iso", BIOS);
    let ran = run(["convert", "-O", "qcow2", s(&iso), s(&out)]);
    assert_eq!(ran.code, 20, "{}", ran.stderr);
    assert!(ran.stderr.contains("isohybrid") && ran.stderr.lines().count() == 1, "{}", ran.stderr);
    // Data.
    let iso = media(directory.path(), "data.iso", &[]);
    let ran = run(["convert", "-O", "raw", s(&iso), s(&out)]);
    assert!(ran.code == 0 && ran.stderr.contains("nothing starts"), "{}", ran.stderr);
    assert!(std::fs::read(&iso).unwrap() == std::fs::read(&out).unwrap());
    assert_eq!(names(directory.path()), ["bios.iso", "data.iso", "out", "tree", "uefi.iso"]);
}
