//! `preflight` on guests that were built for this, against what their makers say of them.
//!
//! The corpus holds half of the phony guests: right layouts and files, nothing that boots. A directory of built ones,
//! the real Debian disks among them, is used where `BOOTWORTHY_GUESTS` names it.

use crate::program::{run, s, shared};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Rules that every phony guest fails truly: it has no boot code, no `mount`, no DHCP client, no default target, and no
/// service starts in it; where root is on LVM, its initramfs has no device mapper.
const PHONY: &[&str] =
    &["LNX-BOOT-BIOS", "LNX-CRITICAL-FILES", "LNX-DHCP", "LNX-DHCP-CLIENT", "LNX-INIT", "LNX-SSHD", "LNX-LVM"];

struct Guest {
    facts: Value,
    document: Value,
    code: i32,
}

fn guests(mut each: impl FnMut(&str, &Guest)) {
    let directory = tempfile::tempdir().unwrap();
    let mut found = Vec::new();
    if let Some(shared) = shared() {
        for packed in list(&shared.join("corpora/guests"), "raw.zst") {
            found.push((packed.with_extension("").with_extension("json"), Some(packed)));
        }
    }
    if let Some(built) = std::env::var_os("BOOTWORTHY_GUESTS") {
        for image in list(Path::new(&built), "raw") {
            found.push((image.with_extension("json"), None));
        }
    }
    for (json, packed) in found {
        let facts: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
        let image = match &packed {
            None => json.with_extension("raw"),
            Some(packed) => unpack(packed, directory.path()),
        };
        let ran = run(["preflight", "--output", "json", "--facts", s(&image)]);
        let document = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stderr));
        let name = json.file_stem().unwrap().to_string_lossy().into_owned();
        each(&name, &Guest { facts, document, code: ran.code });
        if packed.is_some() {
            std::fs::remove_file(image).unwrap();
        }
    }
}

fn list(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let mut paths: Vec<_> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| s(path).ends_with(&format!(".{extension}")));
    paths.sort();
    assert!(!paths.is_empty(), "no guests in {}", directory.display());
    paths
}

fn unpack(packed: &Path, directory: &Path) -> PathBuf {
    let image = directory.join("guest.raw");
    let status = Command::new("zstd").args(["-d", "-q", "-f", "--sparse", s(packed), "-o", s(&image)]).status();
    assert!(status.expect("zstd runs").success());
    image
}

impl Guest {
    /// Whether it is Linux on filesystems that are read.
    fn readable(&self) -> bool {
        let partitions = self.facts["partitions"].as_array().into_iter().flatten();
        let types = partitions.map(|partition| &partition["fs"]).chain([&self.facts["root"]["fs"]]);
        let known = ["btrfs", "ext2", "ext3", "ext4", "vfat", "xfs", "swap", "LVM2_member"];
        types.filter_map(Value::as_str).all(|fs| known.contains(&fs)) && self.facts["os_type"] == "linux"
    }

    fn status(&self, rule: &str) -> &str {
        let results = self.document["results"].as_array().unwrap();
        results.iter().find(|result| result["id"] == rule).map_or("", |result| result["status"].as_str().unwrap())
    }

    fn blocking(&self) -> Vec<&str> {
        let results = self.document["results"].as_array().unwrap().iter();
        let blocks = |result: &&Value| {
            result["status"] == "FAILED"
                && ["reject", "no_boot", "no_login"].iter().any(|word| result["severity"] == *word)
        };
        results.filter(blocks).map(|result| result["id"].as_str().unwrap()).collect()
    }

    fn is(&self, key: &str) -> bool {
        self.facts[key] == true
    }
}

/// Defects that were planted, by what is in the name of the guest, and the rules that must find them.
const PLANTED: &[(&str, &[&str])] =
    &[("bad-novirtio", &["LNX-INITRAMFS-VIRTIO", "LNX-KERNEL-VIRTIO"]), ("fstab-device", &["LNX-FSTAB-DEV"])];

#[test]
fn verdicts_are_true_of_every_guest() {
    let mut seen = 0;
    guests(|name, guest| {
        assert!([0, 10].contains(&guest.code), "{name}: exit {}", guest.code);
        if guest.is("real") {
            assert_eq!(guest.blocking(), Vec::<&str>::new(), "{name} boots");
            assert_eq!(guest.code, 0, "{name}");
            return;
        }
        if !guest.readable() {
            // Rules of Linux are not about other systems, and what is not read is unknown.
            let about_the_guest = ["LNX-INITRAMFS-VIRTIO", "LNX-FSTAB-UUID", "LNX-SSHD"];
            for rule in about_the_guest {
                assert!(!["PASSED", "FAILED"].contains(&guest.status(rule)), "{name}: {rule} {}", guest.status(rule));
            }
            return;
        }
        seen += 1;
        let expected = |rule: &str, good: bool| {
            let status = guest.status(rule);
            assert_eq!(status, if good { "PASSED" } else { "FAILED" }, "{name}: {rule}");
        };
        if guest.facts["kernels"].as_array().is_some_and(|kernels| !kernels.is_empty()) {
            let has_menu = guest.status("LNX-GRUB-CFG") == "PASSED";
            if has_menu {
                expected("LNX-INITRAMFS-VIRTIO", guest.is("virtio_in_initramfs"));
                // Systems that are deployed as a whole have no fstab.
                if guest.status("LNX-FSTAB-UUID") != "SKIPPED" {
                    expected("LNX-FSTAB-UUID", true);
                }
            }
        }
        if name.contains("nossh") {
            expected("LNX-SSHD", false);
            expected("LNX-CLOUDINIT", false);
        }
        let planted = PLANTED.iter().find(|(defect, _)| name.contains(defect)).map_or(&[][..], |(_, rules)| *rules);
        planted.iter().for_each(|rule| expected(rule, false));
        if name.contains("dirty") {
            expected("LNX-FS-CLEAN", false);
        } else if name.contains("truncated") {
            expected("LNX-PTABLE", false);
        } else {
            for rule in guest.blocking() {
                // A menu that is not made by today's tools: SUSE 11's has no initrd line, Container Linux's none at all.
                let odd_menu = guest.status("LNX-GRUB-CFG") == "FAILED" && rule.starts_with("LNX-");
                assert!(
                    PHONY.contains(&rule) || planted.contains(&rule) || odd_menu,
                    "{name}: {rule} is not true of it"
                );
            }
        }
        let uefi = guest.facts["boot_mode"].as_str().is_some_and(|mode| mode != "bios");
        if uefi && !name.contains("truncated") {
            expected("LNX-BOOT-UEFI", true);
        }
    });
    if shared().is_some() {
        assert!(seen >= 6, "only {seen} guests were judged");
    }
}
