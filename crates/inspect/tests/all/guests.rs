//! Guests whose facts are known: `guests/NAME.json` beside `guests/NAME.raw.zst` of the corpus, and `NAME.raw` in the
//! directory that `BOOTWORTHY_GUESTS` names.
//!
//! Only what the filesystems that are read today can tell is compared; where the root cannot be read, the guest must be
//! unknown, never absent.

use facts::{Architecture, Facts, Known, Presence};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use storage::Source;

/// Filesystems that can be read.
const READ: &[&str] = &["ext2", "ext3", "ext4", "vfat"];

/// Guests whose boot menu does not lead to the initramfs that their description means: one names no initramfs at all,
/// the other has neither a menu entry nor an initramfs.
const NO_INITRAMFS: &[&str] = &["sles11-ext3", "coreos-container-linux"];

fn corpus() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::env::var_os("BOOTWORTHY_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from).join("corpora/guests")
}

pub(crate) fn skip(what: &str) {
    assert!(std::env::var_os("BOOTWORTHY_REQUIRE_ORACLES").is_none_or(|value| value != "1"), "missing: {what}");
    eprintln!("SKIPPED: {what}");
}

pub(crate) fn inspect(path: &Path) -> Facts {
    let file: Source = Arc::new(storage::File::open(path).unwrap());
    let name = path.to_string_lossy();
    match disk::open(file.clone(), None, &disk::Closed) {
        Ok(disk) => inspect::inspect(&name, &file, &disk).unwrap(),
        Err(error) => inspect::unreadable(&name, &file, &error),
    }
}

fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".json")?.to_owned())).collect();
    names.sort();
    names
}

#[test]
fn guests_of_the_corpus() {
    let directory = corpus();
    let names = names(&directory);
    if names.is_empty() {
        return skip("the corpus's guests");
    }
    let scratch = tempfile::tempdir().unwrap();
    for name in names {
        let packed = directory.join(format!("{name}.raw.zst"));
        let image = scratch.path().join("guest.raw");
        let done = Command::new("zstd").args(["-dqf", "--sparse"]).arg(&packed).arg("-o").arg(&image).status();
        match done {
            Ok(status) => assert!(status.success(), "{name}"),
            Err(_) => return skip("the program zstd"),
        }
        check(&name, &directory, &image);
    }
}

#[test]
fn guests_built_here() {
    let Some(directory) = std::env::var_os("BOOTWORTHY_GUESTS").map(PathBuf::from) else {
        eprintln!("SKIPPED: BOOTWORTHY_GUESTS names no directory of guests");
        return;
    };
    for name in names(&directory) {
        check(&name, &directory, &directory.join(format!("{name}.raw")));
    }
}

fn check(name: &str, directory: &Path, image: &Path) {
    let text = std::fs::read_to_string(directory.join(format!("{name}.json"))).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let facts = inspect(image);
    check_volumes(name, &expected, &facts);
    check_boot(name, &expected, &facts);
    let cut = facts.disk.value().unwrap().problems.iter().any(|problem| problem.id == "gpt-partition-beyond-end");
    let readable = READ.contains(&expected["root"]["fs"].as_str().unwrap());
    if cut || !readable {
        assert!(facts.guest.reason().is_some(), "{name}: {:?}", facts.guest);
        return;
    }
    check_guest(name, &expected, &facts);
}

fn check_volumes(name: &str, expected: &Value, facts: &Facts) {
    for partition in expected["partitions"].as_array().unwrap() {
        // What the describing tool saw of a GPT without its backup: the protective MBR.
        if partition["type"] == "ee" {
            continue;
        }
        let number = u32::try_from(partition["number"].as_u64().unwrap()).unwrap();
        let volume = facts.volumes.iter().find(|volume| volume.number == Some(number));
        let volume = volume.unwrap_or_else(|| panic!("{name}: partition {number}"));
        assert_eq!(volume.offset, Some(partition["start_lba"].as_u64().unwrap() * 512), "{name}: partition {number}");
        assert_eq!(volume.size, partition["sectors"].as_u64().unwrap() * 512, "{name}: partition {number}");
        if let (Some(fs), Some(found)) = (partition["fs"].as_str(), volume.filesystem()) {
            assert_eq!(found.fs_type, fs, "{name}: partition {number}");
            if READ.contains(&fs) {
                assert_eq!(found.uuid.as_deref(), partition["uuid"].as_str(), "{name}: partition {number}");
            }
        }
    }
}

/// Of guests that boot, both answers are exact; of the others, the layout is no promise, but what is there is.
fn check_boot(name: &str, expected: &Value, facts: &Facts) {
    let mode = expected["boot_mode"].as_str().unwrap();
    let (bios, uefi) = (facts.boot.bios.can.value(), facts.boot.uefi.can.value());
    if expected["real"].as_bool() == Some(true) {
        assert_eq!((bios, uefi), (Some(&(mode == "bios")), Some(&(mode == "uefi"))), "{name}");
        assert!(!facts.boot.bios.evidence.is_empty() || !facts.boot.uefi.evidence.is_empty(), "{name}");
    } else {
        assert_eq!(uefi, Some(&(mode != "bios")), "{name}: {:?}", facts.boot.uefi);
        assert!(bios != Some(&false) || !facts.boot.bios.missing.is_empty(), "{name}");
    }
}

fn check_guest(name: &str, expected: &Value, facts: &Facts) {
    let text = |key: &str| expected[key].as_str().unwrap();
    let Known::Is(guest) = &facts.guest else { panic!("{name}: {:?}", facts.guest) };
    let distribution = guest.distribution.value().unwrap();
    assert_eq!(distribution.id, text("distro"), "{name}");
    assert_eq!(distribution.version, text("version"), "{name}");
    assert_eq!(distribution.name, text("product"), "{name}");
    assert!(!distribution.evidence.is_empty(), "{name}");
    assert_eq!(guest.platform.value().unwrap().value, text("ecs_platform"), "{name}");
    assert_eq!(guest.hostname.value().unwrap().value, text("hostname"), "{name}");
    let architecture = match text("arch") {
        "x86_64" => Architecture::X86_64,
        "i386" => Architecture::I386,
        "aarch64" => Architecture::Arm64,
        other => panic!("{name}: {other}"),
    };
    assert_eq!(guest.architecture.value().unwrap().value, architecture, "{name}");
    assert_eq!(guest.root.0, root(expected), "{name}");
    let linux = guest.linux.as_ref().unwrap();
    assert_eq!(linux.cloud_init.value().is_some(), expected["cloud_init"] == true, "{name}");
    assert_eq!(linux.sshd.value().is_some(), expected["sshd"] == true, "{name}");
    let kernels = guest.kernels.value().unwrap();
    let versions: Vec<_> = kernels.iter().map(|kernel| kernel.version.as_str()).collect();
    let wanted: Vec<_> = expected["kernels"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
    assert_eq!(versions, wanted, "{name}");
    if !NO_INITRAMFS.contains(&name) {
        assert!(kernels[0].default, "{name}");
        for (key, module) in [("virtio_in_initramfs", "virtio_blk"), ("nvme_in_initramfs", "nvme")] {
            let inside =
                kernels[0].drivers[module].value().is_some_and(|driver| driver.presence == Presence::Initramfs);
            assert!(expected[key].as_bool().is_none_or(|wanted| wanted == inside), "{name}: {module}");
        }
    }
}

fn root(expected: &Value) -> String {
    let root = &expected["root"];
    match root["kind"].as_str().unwrap() {
        "lvm" => format!("lvm/{}/{}", root["vg"].as_str().unwrap(), root["lv"].as_str().unwrap()),
        _ => format!("partition/{}", root["partition"]),
    }
}
