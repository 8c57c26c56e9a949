//! `preflight`, `inspect` and `explain` on our own fixtures.

use crate::program::{Ran, bootworthy, finish, in_tree, run, s, sample_disk};
use serde_json::Value;
use std::os::unix::fs::FileExt;
use std::process::Command;

fn fixture(name: &str) -> String {
    s(&in_tree("fixtures").join(name)).to_owned()
}

fn judge(args: &[&str]) -> (Ran, Value) {
    let ran = run([&["preflight", "--output", "json"], args].concat());
    let document = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stderr));
    (ran, document)
}

/// What the rule says: its status, and its worst severity.
fn says<'a>(document: &'a Value, rule: &str) -> (&'a str, &'a str) {
    let results = document["results"].as_array().expect("results");
    let result = results.iter().find(|result| result["id"] == rule).unwrap_or_else(|| panic!("no rule {rule}"));
    (result["status"].as_str().expect("a status"), result["severity"].as_str().expect("a severity"))
}

#[test]
fn a_good_guest_is_ready() {
    let (ran, document) = judge(&[&fixture("debian-like.qcow2")]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(document["verdict"], "ready");
    for rule in ["LNX-BOOT-BIOS", "LNX-BOOT-UEFI", "LNX-INITRAMFS-VIRTIO", "LNX-FSTAB-UUID", "LNX-DHCP", "LNX-SSHD"] {
        assert_eq!(says(&document, rule).0, "PASSED", "{rule}");
    }
    // The fixture has no C library, of which alone can be told how passwords are hashed.
    let results = document["results"].as_array().unwrap().iter();
    let unknown: Vec<_> =
        results.filter(|result| result["status"] == "UNKNOWN" && result["id"] != "LNX-SHA512").collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn each_planted_defect_is_named_with_file_and_line() {
    let (ran, document) = judge(&[&fixture("broken.qcow2")]);
    assert_eq!(ran.code, 10);
    assert_eq!(document["verdict"], "not_ready");
    for rule in ["LNX-FSTAB-DEV", "LNX-INITRAMFS-VIRTIO", "LNX-DHCP"] {
        assert_eq!(says(&document, rule).0, "FAILED", "{rule}");
    }
    assert_eq!(says(&document, "LNX-FSTAB-DEV").1, "no_boot");
    let text = run(["preflight", &fixture("broken.qcow2")]);
    assert_eq!(text.code, 10);
    assert!(text.stdout.starts_with("NOT READY"), "{}", text.stdout);
    for words in ["/etc/fstab:3", "update-initramfs", "/etc/network/interfaces:5"] {
        assert!(text.stdout.contains(words), "{words}: {}", text.stdout);
    }
    assert!(!text.stdout.contains('\u{1b}'), "no colour in a pipe");
    assert!(run(["--colour=always", "preflight", &fixture("broken.qcow2")]).stdout.contains('\u{1b}'));
}

#[test]
fn what_the_import_will_say_is_checked_against_the_disk() {
    let good = fixture("debian-like.qcow2");
    for (args, rule) in [
        (["--platform", "CentOS"], "IMG-PLATFORM"),
        (["--architecture", "arm64"], "IMG-ARCH"),
        (["--boot-mode", "Legacy"], "IMG-BOOTMODE"),
        (["--disk-image-size", "5"], "IMG-DISKSIZE-MIN"),
        (["--object-format", "VHD"], "IMG-FORMAT-HINT"),
    ] {
        let (ran, document) = judge(&[args.as_slice(), &[&good]].concat());
        assert_eq!(says(&document, rule).0, "FAILED", "{args:?}");
        assert!(ran.code == 10 || says(&document, rule).1 == "degraded", "{args:?}: {}", ran.code);
    }
    let (ran, document) = judge(&["--platform", "Debian", "--boot-mode", "UEFI", "--disk-image-size", "40", &good]);
    assert_eq!(ran.code, 0);
    assert_eq!(says(&document, "IMG-PLATFORM").0, "PASSED");
}

#[test]
fn profiles_have_their_own_limits() {
    let good = fixture("debian-like.qcow2");
    // 20 GiB: fine today, too small in 2019.
    assert_eq!(says(&judge(&[&good]).1, "IMG-DISKSIZE-RANGE").0, "PASSED");
    let (ran, document) = judge(&["--profile", "2019", &good]);
    assert_eq!((ran.code, says(&document, "IMG-DISKSIZE-RANGE").0), (10, "FAILED"));
    let (_, document) = judge(&["--profile", "2019", "--disk", "data", &good]);
    assert_eq!(says(&document, "IMG-DISKSIZE-RANGE").0, "PASSED");
    let wrong = run(["preflight", "--profile", "1999", &good]);
    assert!(wrong.code == 2 && wrong.stderr.contains("current"), "{}", wrong.stderr);
}

#[test]
fn the_level_that_blocks_can_be_chosen() {
    let good = fixture("debian-like.qcow2");
    assert_eq!(run(["preflight", "--fail-on", "info", &good]).code, 10, "the good guest has notes");
    assert_eq!(run(["preflight", "--fail-on", "reject", &fixture("broken.qcow2")]).code, 0);
}

#[test]
fn an_image_that_cannot_be_opened_still_gets_a_report() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let good = std::fs::read(fixture("debian-like.qcow2")).unwrap();

    std::fs::write(path("cut.qcow2"), &good[..good.len() / 2]).unwrap();
    let (ran, document) = judge(&[s(&path("cut.qcow2"))]);
    assert_eq!((ran.code, &document["verdict"]), (20, &Value::from("not_ready")), "{}", ran.stdout);

    std::fs::write(path("disk.vhdx"), [b"vhdxfile".as_slice(), &[0; 4 << 20]].concat()).unwrap();
    let (ran, document) = judge(&[s(&path("disk.vhdx"))]);
    assert_eq!((ran.code, says(&document, "IMG-FORMAT")), (20, ("FAILED", "reject")));

    let mut backed = good.clone();
    // Bytes 8..20 of a qcow2 header: where the backing file's name is, and how long. Put one behind the header.
    backed[8..16].copy_from_slice(&0x400u64.to_be_bytes());
    backed[16..20].copy_from_slice(&9u32.to_be_bytes());
    backed[0x400..0x409].copy_from_slice(b"base.img\n");
    std::fs::write(path("backed.qcow2"), &backed).unwrap();
    let (ran, document) = judge(&[s(&path("backed.qcow2"))]);
    assert_eq!((ran.code, says(&document, "IMG-QCOW2-BACKING").0), (20, "FAILED"));

    std::fs::write(path("empty.raw"), b"").unwrap();
    let (ran, document) = judge(&[s(&path("empty.raw"))]);
    assert!(ran.code == 10 || ran.code == 20, "{}", ran.code);
    assert_eq!(says(&document, "IMG-ZERO").0, "FAILED");
}

#[test]
fn zeros_and_noise_are_no_system_disk() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    std::fs::File::create(path("zeros.raw")).unwrap().set_len(2 << 30).unwrap();
    sample_disk(&path("noise.raw"));
    for name in ["zeros.raw", "noise.raw"] {
        let (ran, document) = judge(&[s(&path(name))]);
        assert_eq!((ran.code, &document["verdict"]), (10, &Value::from("not_ready")), "{name}");
    }
    assert_eq!(judge(&["--disk", "data", s(&path("zeros.raw"))]).0.code, 0, "an empty data disk is fine");
}

#[test]
fn a_disk_that_was_cut_short_still_says_what_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let cut = directory.path().join("cut.raw");
    let ran = run(["convert", "-O", "raw", &fixture("debian-like.qcow2"), s(&cut)]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    std::fs::File::options().write(true).open(&cut).unwrap().set_len(15 << 30).unwrap();
    let facts: Value = serde_json::from_str(&run(["inspect", "--output", "json", s(&cut)]).stdout).unwrap();
    assert_eq!(facts["guest"]["is"]["distribution"]["is"]["id"], "debian");
    let (ran, document) = judge(&[s(&cut)]);
    assert_eq!((ran.code, says(&document, "LNX-PTABLE")), (10, ("FAILED", "no_boot")));
}

#[test]
fn the_same_disk_in_another_format_has_the_same_facts() {
    let directory = tempfile::tempdir().unwrap();
    let facts = |image: &str| -> Value {
        let ran = run(["inspect", "--output", "json", image]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let mut facts: Value = serde_json::from_str(&ran.stdout).unwrap();
        facts.as_object_mut().unwrap().remove("image");
        facts
    };
    let good = fixture("debian-like.qcow2");
    let expected = facts(&good);
    for format in ["raw", "vhd"] {
        let out = directory.path().join(format);
        assert_eq!(run(["convert", "-O", format, &good, s(&out)]).code, 0);
        assert_eq!(facts(s(&out)), expected, "{format}");
    }
}

#[test]
fn inspect_says_what_it_found_in_words() {
    let ran = run(["inspect", &fixture("debian-like.qcow2")]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for words in ["Debian", "x86_64", "partition 1", "virtio_blk"] {
        assert!(ran.stdout.contains(words), "{words}: {}", ran.stdout);
    }
}

#[test]
fn every_rule_can_be_explained_by_id_and_official_name() {
    let list = run(["explain"]).stdout;
    let ids: Vec<_> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(ids.len() >= 35, "{}", ids.len());
    for id in ids {
        let ran = run(["explain", id]);
        assert_eq!(ran.code, 0, "{id}");
        for heading in ["What it checks", "Why ECS needs it", "How to fix"] {
            assert!(ran.stdout.contains(heading), "{id}: {heading}");
        }
    }
    assert!(run(["explain", "GUESTOS.Fstab"]).stdout.contains("LNX-FSTAB"));
    let wrong = run(["explain", "FSTAB"]);
    assert!(wrong.code == 2 && wrong.stderr.contains("LNX-FSTAB-UUID"), "{}", wrong.stderr);
}

#[test]
fn guest_strings_cannot_drive_the_terminal() {
    let directory = tempfile::tempdir().unwrap();
    let image = directory.path().join("disk.raw");
    assert_eq!(run(["convert", "-O", "raw", &fixture("debian-like.qcow2"), s(&image)]).code, 0);
    // Overwrite the name of the distribution wherever the disk holds it.
    let file = std::fs::File::options().read(true).write(true).open(&image).unwrap();
    let (needle, evil) = (b"PRETTY_NAME=\"Debian", b"PRETTY_NAME=\"\x1b[2J\xe2\x80\xaexy");
    let mut found = 0;
    let mut buf = vec![0; 1 << 20];
    // The root filesystem of the fixture lies in its first GiB.
    for offset in (0..1 << 30).step_by((1 << 20) - 64) {
        file.read_exact_at(&mut buf, offset).unwrap();
        for at in 0..buf.len() - needle.len() {
            if buf[at] == b'P' && buf[at..].starts_with(needle) {
                file.write_all_at(&evil[..needle.len()], offset + at as u64).unwrap();
                found += 1;
            }
        }
    }
    assert!(found > 0, "the fixture says PRETTY_NAME=\"Debian…");
    for verb in [["preflight", "-v"].as_slice(), &["inspect"]] {
        let ran = finish(bootworthy().args(verb).arg(&image));
        assert!(!ran.stdout.contains('\u{1b}') && !ran.stdout.contains('\u{202e}'), "{}", ran.stdout);
        assert!(ran.stdout.contains(r"\u{1b}"), "{}", ran.stdout);
    }
}

#[test]
fn nothing_is_written_and_nothing_but_the_image_is_read() {
    if !crate::program::has("strace") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut command = Command::new("strace");
    command.args(["-f", "-e", "trace=%file,%network", "-o", s(&log), env!("CARGO_BIN_EXE_bootworthy"), "preflight"]);
    finish(command.arg(fixture("debian-like.qcow2")));
    let calls = std::fs::read_to_string(&log).unwrap();
    assert!(!calls.contains("O_WRONLY") && !calls.contains("O_RDWR") && !calls.contains("socket("), "{calls}");
    let opened = calls.lines().filter(|line| line.contains("openat") && !line.contains("ENOENT"));
    for line in opened {
        let known =
            ["debian-like.qcow2", "/lib/", "/etc/ld.so", "/proc/", "/sys/"].iter().any(|part| line.contains(part));
        assert!(known, "{line}");
    }
}
