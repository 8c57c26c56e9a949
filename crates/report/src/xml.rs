//! Facts in the shape of virt-inspector's XML (libguestfs, virt-inspector(1), `virt-inspector.rng`).
//!
//! Written for programs that read that already. Devices are named as libguestfs would see them: the disk is `/dev/sda`.
//! What is unknown has no element. Not written: applications, icons, drive mappings of other disks.
//!
//! Names of partitions follow Linux, on which libguestfs runs: those of a BSD label in a slice are counted on from the
//! last partition of the MBR, but from 5 at least.

use crate::markup::Xml;
use facts::{Architecture, Content, Facts, Guest, Known, Os, Volume, VolumeId, VolumeKind, Windows};

/// All systems as XML: none or one.
pub fn inspect_xml(facts: &Facts) -> String {
    let mut xml = Xml::new("<?xml version=\"1.0\"?>");
    xml.element("operatingsystems", &[], |xml| {
        if let Known::Is(guest) = &facts.guest {
            xml.element("operatingsystem", &[], |xml| system(xml, facts, guest));
        }
    });
    xml.finish()
}

fn system(xml: &mut Xml, facts: &Facts, guest: &Guest) {
    xml.text("root", &device(facts, &guest.root));
    xml.text("name", name(guest.os));
    if let Some(claim) = guest.userland.value().or(guest.architecture.value()) {
        xml.text("arch", architecture(claim.value));
    }
    if let Known::Is(distribution) = &guest.distribution {
        xml.text("distro", distro(&distribution.id));
        xml.text("product_name", &distribution.name);
        if let Some(Known::Is(variant)) = guest.windows.as_ref().map(|windows| &windows.version.installation) {
            xml.text("product_variant", &variant.value);
        }
        let (major, minor) = version(&distribution.version);
        xml.text("major_version", major);
        xml.text("minor_version", minor);
        if let Some((format, management)) = packages(&distribution.id) {
            xml.text("package_format", format);
            xml.text("package_management", management);
        }
    }
    if let Some(windows) = &guest.windows {
        xml.text("windows_systemroot", &windows.system_root);
        if let Known::Is(claim) = &windows.control_set {
            xml.text("windows_current_control_set", &claim.value);
        }
    }
    if let Known::Is(claim) = &guest.hostname {
        xml.text("hostname", &claim.value);
    }
    xml.element("mountpoints", &[], |xml| mountpoints(xml, facts, guest));
    xml.element("filesystems", &[], |xml| facts.volumes.iter().for_each(|volume| filesystem(xml, facts, volume)));
    if let Some(windows) = &guest.windows {
        drives(xml, facts, windows);
    }
}

/// Windows has one place for all of its files; other volumes are drives.
fn mountpoints(xml: &mut Xml, facts: &Facts, guest: &Guest) {
    if guest.os == Os::Windows {
        return xml.line("mountpoint", &[("dev", &device(facts, &guest.root))], "/");
    }
    for mount in &guest.mounts {
        if let Known::Is(volume) = &mount.volume {
            xml.line("mountpoint", &[("dev", &device(facts, volume))], &mount.path);
        }
    }
}

/// Letters without their colon.
fn drives(xml: &mut Xml, facts: &Facts, windows: &Windows) {
    let letters = windows.drive_letters.value().into_iter().flatten();
    let known: Vec<_> = letters.filter_map(|letter| Some((&letter.name, letter.volume.value()?))).collect();
    if known.is_empty() {
        return;
    }
    xml.element("drive_mappings", &[], |xml| {
        for (name, volume) in known {
            xml.line("drive_mapping", &[("name", name.trim_end_matches(':'))], &device(facts, volume));
        }
    });
}

fn filesystem(xml: &mut Xml, facts: &Facts, volume: &Volume) {
    let (kind, label, uuid) = match volume.content.value() {
        Some(Content::Filesystem(found)) => (found.fs_type.as_str(), &found.label, &found.uuid),
        Some(Content::Swap { label, uuid, .. }) => ("swap", label, uuid),
        Some(Content::Encrypted { .. }) => ("crypto_LUKS", &None, &None),
        _ => return,
    };
    xml.element("filesystem", &[("dev", &device(facts, &volume.id))], |xml| {
        xml.text("type", kind);
        for (name, value) in [("label", label), ("uuid", uuid)] {
            if let Some(value) = value {
                xml.text(name, value);
            }
        }
    });
}

/// The name by which libguestfs would see a volume.
fn device(facts: &Facts, id: &VolumeId) -> String {
    let Some(volume) = facts.volume(id) else { return id.to_string() };
    match (volume.kind, volume.number, &volume.name) {
        (VolumeKind::Disk, ..) => "/dev/sda".into(),
        (VolumeKind::Logical, _, Some(name)) => format!("/dev/{name}"),
        (_, Some(number), _) => format!("/dev/sda{number}"),
        _ => in_slice(facts, id).map_or_else(|| id.to_string(), |number| format!("/dev/sda{number}")),
    }
}

/// The number that Linux gives a partition of a BSD label in a slice.
fn in_slice(facts: &Facts, id: &VolumeId) -> Option<u32> {
    let is_inner = |volume: &&Volume| volume.number.is_none() && volume.id.0.matches('/').count() == 2;
    let inner = facts.volumes.iter().filter(|volume| volume.id.0.starts_with("bsd/")).filter(is_inner);
    let place = u32::try_from(inner.map(|volume| &volume.id).position(|inner| inner == id)?).ok()?;
    let last = facts.volumes.iter().filter_map(|volume| volume.number).max().unwrap_or(0);
    last.max(4).checked_add(1)?.checked_add(place)
}

fn name(os: Os) -> &'static str {
    match os {
        Os::Linux => "linux",
        Os::FreeBsd => "freebsd",
        Os::Windows => "windows",
    }
}

fn architecture(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::X86_64 => "x86_64",
        Architecture::I386 => "i386",
        Architecture::Arm64 => "aarch64",
        Architecture::Other => "unknown",
    }
}

/// libguestfs's name of a distribution, where it is not that of os-release.
fn distro(id: &str) -> &str {
    match id {
        "ol" => "oraclelinux",
        "opensuse-leap" | "opensuse-tumbleweed" => "opensuse",
        "sled" => "sles",
        "arch" => "archlinux",
        "kali" => "kalilinux",
        other => other,
    }
}

/// Major and minor version: numbers, 0 where there is none.
fn version(version: &str) -> (&str, &str) {
    let mut parts = version.split(['.', '-', ' ']).map(|part| {
        let digits = part.trim_start_matches(|first: char| !first.is_ascii_digit());
        &digits[..digits.find(|next: char| !next.is_ascii_digit()).unwrap_or(digits.len())]
    });
    let mut next = || parts.next().filter(|part| !part.is_empty()).unwrap_or("0");
    (next(), next())
}

/// Package format and management tool.
fn packages(distro: &str) -> Option<(&'static str, &'static str)> {
    Some(match distro {
        "debian" | "ubuntu" | "linuxmint" | "kali" | "uos" | "deepin" => ("deb", "apt"),
        "sles" | "sled" | "opensuse" | "opensuse-leap" | "opensuse-tumbleweed" => ("rpm", "zypper"),
        "fedora" => ("rpm", "dnf"),
        "rhel" | "centos" | "rocky" | "almalinux" | "ol" | "alinux" | "anolis" | "openEuler" | "kylin" => {
            ("rpm", "yum")
        }
        "alpine" => ("apk", "apk"),
        "arch" => ("pacman", "pacman"),
        "gentoo" => ("ebuild", "portage"),
        "freebsd" => ("pkgsrc", "unknown"),
        _ => return None,
    })
}
