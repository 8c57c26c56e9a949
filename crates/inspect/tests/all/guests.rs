//! Guests whose facts are known: `guests/NAME.json` beside `guests/NAME.raw.zst` of the corpus, and `NAME.raw` in the
//! directory that `BOOTWORTHY_GUESTS` names.
//!
//! Every fact that a description holds is compared, for every guest whose filesystems there is a driver for; where the
//! root cannot be read, the guest must be unknown, never absent.

use facts::{Architecture, Facts, Known, Presence, StepKind, VolumeKind};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use storage::Source;

/// Whether there is a driver for a filesystem by its name in fstab.
fn reads(fs_type: &str) -> bool {
    let family = match fs_type {
        "ext2" | "ext3" | "ext4" => "ext",
        "vfat" => "fat",
        other => other,
    };
    filesystem::DRIVERS.iter().any(|driver| driver.name() == family)
}

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
    check_formats(name, image, &facts);
    check_volumes(name, &expected, &facts);
    check_boot(name, &expected, &facts);
    if expected["os_type"] == "windows" {
        return super::windows::check(name, &expected, &facts);
    }
    if expected["os_type"] != "linux" {
        return;
    }
    // A boot filesystem that cannot be read hides the kernels as much as the root hides the rest.
    let closed =
        facts.volumes.iter().any(|volume| volume.filesystem().is_some_and(|found| found.readable != Known::Is(true)));
    if !reads(expected["root"]["fs"].as_str().unwrap()) {
        assert!(facts.guest.reason().is_some(), "{name}: {:?}", facts.guest);
    } else if !closed {
        check_guest(name, &expected, &facts);
        check_kernels(name, &expected, &facts);
    }
}

/// What holds the disk makes no difference to what is on it.
fn check_formats(name: &str, image: &Path, facts: &Facts) {
    let scratch = tempfile::tempdir().unwrap();
    let of_disk = |facts: &Facts| Facts { image: facts::Image::default(), ..facts.clone() };
    for (format, options) in [("qcow2", ""), ("vpc", "force_size=on"), ("vhdx", "")] {
        let converted = scratch.path().join(format!("disk.{format}"));
        let mut qemu_img = Command::new("qemu-img");
        qemu_img.args(["convert", "-f", "raw", "-O", format]);
        if !options.is_empty() {
            qemu_img.args(["-o", options]);
        }
        match qemu_img.arg(image).arg(&converted).output() {
            Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
            Err(_) => return skip("the program qemu-img"),
        }
        let found = inspect(&converted);
        assert_eq!(found.image.virtual_size, facts.image.virtual_size, "{name} as {format}");
        assert_eq!(of_disk(&found), of_disk(facts), "{name} as {format}");
    }
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
            if reads(fs) {
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
    // The builder of the guests calls Stream by the name of what it stands in for; ECS has a name of its own for it.
    let platform = if text("product").contains("Stream") { "CentOS Stream" } else { text("ecs_platform") };
    assert_eq!(guest.platform.value().unwrap().value, platform, "{name}");
    assert_eq!(distribution.variant.as_deref(), expected["variant"].as_str(), "{name}");
    assert_eq!(guest.hostname.value().unwrap().value, text("hostname"), "{name}");
    let architecture = match text("arch") {
        "x86_64" => Architecture::X86_64,
        "i386" => Architecture::I386,
        "aarch64" => Architecture::Arm64,
        other => panic!("{name}: {other}"),
    };
    assert_eq!(guest.architecture.value().unwrap().value, architecture, "{name}");
    assert_eq!(guest.root.0, root(&expected["root"]), "{name}");
    assert!(guest.other_roots.is_empty(), "{name}: {:?}", guest.other_roots);
    if expected["usr"].is_object() {
        let usr = guest.mounts.iter().find(|mount| mount.path == "/usr").and_then(|mount| mount.volume.value());
        assert_eq!(usr.unwrap().0, root(&expected["usr"]), "{name}");
    }
    let logical = facts.volumes.iter().any(|volume| volume.kind == VolumeKind::Logical);
    assert!(expected["lvm"].as_bool().is_none_or(|wanted| wanted == logical), "{name}");
    if let Some(freebsd) = &guest.freebsd {
        return check_freebsd(name, freebsd);
    }
    let linux = guest.linux.as_ref().unwrap();
    assert_eq!(linux.cloud_init.value().is_some(), expected["cloud_init"] == true, "{name}");
    assert_eq!(linux.sshd.value().is_some(), expected["sshd"] == true, "{name}");
    let deployment = linux.ostree.value().and_then(|place| place.path.as_deref());
    assert_eq!(deployment, expected["deployment"].as_str(), "{name}");
    if let Some(init) = expected["init"].as_str() {
        assert_eq!(linux.init.value().map(String::as_str), Some(init), "{name}");
    }
}

/// What `make-guests.sh` puts into every guest of FreeBSD.
fn check_freebsd(name: &str, freebsd: &facts::FreeBsd) {
    let interfaces = freebsd.interfaces.value().unwrap();
    assert_eq!(interfaces[0].interface, facts::InterfaceMatch::Name("vtnet0".into()), "{name}");
    assert_eq!(interfaces[0].addressing, Known::Is(facts::Addressing::Dhcp), "{name}");
    assert_eq!(freebsd.sshd.value().unwrap().enabled, Known::Is(true), "{name}");
    assert!(freebsd.cloud_init.is_absent(), "{name}");
    let modules: Vec<_> = freebsd.loader.modules.value().unwrap().iter().map(|module| module.name.as_str()).collect();
    assert_eq!(modules, ["if_vtnet", "virtio", "virtio_blk", "virtio_pci"], "{name}");
    let root = freebsd.root_device.value().unwrap();
    assert!(root.value.volume.value().is_some() && !root.evidence.is_empty(), "{name}: {root:?}");
    // The kernel is a stand-in that is no kernel: nothing can be said of what is in it.
    assert!(freebsd.kernel.reason().is_some(), "{name}");
    assert!(freebsd.drivers["virtio_blk"].reason().is_some(), "{name}");
}

fn check_kernels(name: &str, expected: &Value, facts: &Facts) {
    let kernels = facts.guest.value().unwrap().kernels.value().unwrap();
    let versions: Vec<_> = kernels.iter().map(|kernel| kernel.version.as_str()).collect();
    let wanted: Vec<_> = expected["kernels"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
    assert_eq!(versions, wanted, "{name}");
    let kernel = &kernels[0];
    assert!(kernel.image.value().is_some(), "{name}");
    // A system with two `/usr` that take turns has its initramfs inside its kernel.
    if expected["usr"].is_object() {
        assert!(kernel.initramfs.reason().is_some(), "{name}");
        return;
    }
    assert!(kernel.default, "{name}");
    // One guest's menu names no initramfs: what its description means lies there unused.
    let initramfs = kernel.initramfs.value().or(kernel.unused_initramfs.value()).unwrap();
    if let Some(compression) = expected["initramfs_compression"].as_str() {
        assert_eq!(initramfs.segments.last().map(String::as_str), Some(compression), "{name}");
    }
    for (key, module) in [("virtio_in_initramfs", "virtio_blk"), ("nvme_in_initramfs", "nvme")] {
        let Some(wanted) = expected[key].as_bool() else { continue };
        assert_eq!(initramfs.drivers.iter().any(|driver| driver == module), wanted, "{name}: {module}");
        if kernel.initramfs.value().is_some() {
            let inside = kernel.drivers[module].value().is_some_and(|driver| driver.presence == Presence::Initramfs);
            assert_eq!(inside, wanted, "{name}: {module}");
        }
    }
    let steps = facts.boot_chain();
    for kind in [StepKind::Bios, StepKind::Uefi, StepKind::Configuration, StepKind::Entry, StepKind::Kernel] {
        assert!(steps.iter().any(|step| step.kind == kind), "{name}: {kind:?}");
    }
}

fn root(root: &Value) -> String {
    match root["kind"].as_str().unwrap() {
        "lvm" => format!("lvm/{}/{}", root["vg"].as_str().unwrap(), root["lv"].as_str().unwrap()),
        "bsdlabel" => format!("bsd/{}/{}", root["partition"], root["letter"].as_str().unwrap()),
        _ => format!("partition/{}", root["partition"]),
    }
}
