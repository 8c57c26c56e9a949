//! Facts in the shape of virt-inspector's XML (libguestfs, virt-inspector(1), `virt-inspector.rng`).
//!
//! Written for programs that read that already. Devices are named as libguestfs would see them: the disk is `/dev/sda`.
//! What is unknown has no element. Not written: applications, icons, drive mappings of other disks.

use facts::{Architecture, Content, Facts, Guest, Known, Os, Volume, VolumeId, VolumeKind};
use std::fmt::Write as _;

/// All systems as XML: none or one.
pub fn inspect_xml(facts: &Facts) -> String {
    let mut xml = Xml { text: "<?xml version=\"1.0\"?>\n".into(), depth: 0 };
    xml.element("operatingsystems", &[], |xml| {
        if let Known::Is(guest) = &facts.guest {
            xml.element("operatingsystem", &[], |xml| system(xml, facts, guest));
        }
    });
    xml.text
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
        let (major, minor) = version(&distribution.version);
        xml.text("major_version", major);
        xml.text("minor_version", minor);
        if let Some((format, management)) = packages(&distribution.id) {
            xml.text("package_format", format);
            xml.text("package_management", management);
        }
    }
    if let Known::Is(claim) = &guest.hostname {
        xml.text("hostname", &claim.value);
    }
    xml.element("mountpoints", &[], |xml| mountpoints(xml, facts, guest));
    xml.element("filesystems", &[], |xml| facts.volumes.iter().for_each(|volume| filesystem(xml, facts, volume)));
}

fn mountpoints(xml: &mut Xml, facts: &Facts, guest: &Guest) {
    for mount in &guest.mounts {
        if let Known::Is(volume) = &mount.volume {
            xml.line("mountpoint", &[("dev", &device(facts, volume))], &mount.path);
        }
    }
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
        _ => id.to_string(),
    }
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

/// A document under construction, indented by two spaces a level.
struct Xml {
    text: String,
    depth: usize,
}

impl Xml {
    fn element(&mut self, name: &str, attributes: &[(&str, &str)], inside: impl FnOnce(&mut Self)) {
        self.start(name, attributes);
        self.text.push('\n');
        self.depth += 1;
        inside(self);
        self.depth -= 1;
        let _ = writeln!(self.text, "{:1$}</{name}>", "", self.depth * 2);
    }

    fn text(&mut self, name: &str, text: &str) {
        self.line(name, &[], text);
    }

    fn line(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.start(name, attributes);
        let _ = writeln!(self.text, "{}</{name}>", escaped(text));
    }

    fn start(&mut self, name: &str, attributes: &[(&str, &str)]) {
        let _ = write!(self.text, "{:1$}<{name}", "", self.depth * 2);
        for (key, value) in attributes {
            let _ = write!(self.text, " {key}=\"{}\"", escaped(value));
        }
        self.text.push('>');
    }
}

/// Characters that XML 1.0 cannot hold become the replacement character.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => drop(write!(out, "&#{};", u32::from(character))),
            control if control < ' ' || matches!(control, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}
