//! Literal facts: a disk that is ready, one that is not, one that could not be opened.

use facts::*;

fn is<T>(value: T) -> Known<T> {
    Known::Is(value)
}

fn root() -> VolumeId {
    VolumeId::partition(1)
}

fn line(path: &str, line: u32, text: &str) -> Evidence {
    Evidence::file(&root(), path).at_line(line).saying(text)
}

/// Nothing that blocks, one note.
pub(crate) fn ready() -> Facts {
    let mut facts = broken();
    facts.image.path = "ready.qcow2".into();
    let Known::Is(guest) = &mut facts.guest else { panic!("no guest") };
    let spec = DeviceSpec { text: "UUID=2a8fb91e".into(), kind: SpecKind::Uuid, volume: is(root()) };
    let linux = guest.linux.as_deref_mut().expect("a Linux guest");
    if let Known::Is(fstab) = &mut linux.fstab {
        fstab.entries.truncate(1);
        fstab.entries[0].spec = spec;
    }
    linux.sshd = is(Sshd { enabled: is(true), ports: is(vec![22]), ..absent_sshd() });
    linux.network.dhcp_clients = is(vec!["/usr/sbin/dhclient".into()]);
    linux.firewalls = Known::Absent;
    facts
}

fn absent_sshd() -> Sshd {
    Sshd {
        permit_root_login: Known::Absent,
        password_authentication: Known::Absent,
        listen_addresses: Known::Absent,
        access_lists: Known::Absent,
        evidence: vec![line("/usr/sbin/sshd", 1, "")],
        wrong_modes: Known::Absent,
        refused: Known::Absent,
        pubkey_authentication: Known::Absent,
        root_by_password: Known::Absent,
        ..Sshd::default()
    }
}

/// A disk from a bare-metal machine: names of the kernel in fstab, no SSH server, hostile strings.
pub(crate) fn broken() -> Facts {
    Facts {
        schema_version: SCHEMA_VERSION,
        image: Image {
            path: "broken.qcow2".into(),
            file_size: 600 << 20,
            format: is("qcow2".into()),
            named_as: Some("qcow2".into()),
            virtual_size: is(4 << 30),
            qcow2: Some(Qcow2 {
                version: 3,
                cluster_size: 65536,
                compression: "zlib".into(),
                snapshots: 2,
                ..Qcow2::default()
            }),
            damage: is(vec![]),
            ..Image::default()
        },
        disk: is(Disk {
            size: 4 << 30,
            sector_size: 512,
            table: is(TableKind::Mbr),
            id: Some("0d0e0b01".into()),
            problems: vec![],
            empty: is(false),
        }),
        data_disks: Vec::new(),
        volumes: vec![volume()],
        boot: Boot {
            bios: Bootability { can: is(true), evidence: vec![Evidence::disk(0, "GRUB boot.img")], missing: vec![] },
            uefi: Bootability {
                can: is(false),
                evidence: vec![],
                missing: vec![Evidence::words("no EFI system partition")],
            },
            code: is(Claim::new(BootCode::Grub2, Evidence::disk(0, "GRUB boot.img"))),
            esp_loaders: Known::Absent,
        },
        guest: is(guest()),
        map: None,
    }
}

fn volume() -> Volume {
    Volume {
        id: root(),
        number: Some(1),
        offset: Some(1 << 20),
        size: 4095 << 20,
        partition_type: Some("0x83".into()),
        bootable: true,
        content: is(Content::Filesystem(Filesystem {
            fs_type: "ext4".into(),
            uuid: Some("2a8fb91e".into()),
            label: Some("root\u{1b}[31m".into()),
            size: is(4095 << 20),
            free: is(3 << 30),
            inodes: is(1000),
            free_inodes: is(900),
            clean: is(true),
            errors: is(false),
            features: vec!["64bit".into()],
            readable: is(true),
            evidence: vec![],
        })),
        role: is(Role::Root),
        ..Volume::default()
    }
}

fn guest() -> Guest {
    let config = line("/boot/grub/grub.cfg", 1, "set timeout=1");
    let file =
        |path: &str| FileRef { path: path.into(), volume: Some(root()), size: is(9_000_000), evidence: config.clone() };
    Guest {
        os: Os::Linux,
        root: root(),
        distribution: is(Distribution {
            id: "debian".into(),
            version: "12.9".into(),
            name: "Debian GNU/Linux 12 (bookworm)".into(),
            ..Distribution::default()
        }),
        platform: is(Claim::new("Debian".into(), line("/etc/os-release", 1, "ID=debian"))),
        architecture: is(Claim::new(Architecture::X86_64, line("/boot/vmlinuz", 1, ""))),
        userland: is(Claim::new(Architecture::X86_64, line("/usr/bin/bash", 1, ""))),
        loader: is(Loader {
            config: vec![config.clone()],
            entries: vec![BootEntry {
                title: "Debian GNU/Linux".into(),
                evidence: config.clone(),
                kernel: is(file("/boot/vmlinuz-6.1.0-50-amd64")),
                initrds: vec![file("/boot/initrd.img-6.1.0-50-amd64")],
                cmdline: "root=UUID=2a8fb91e ro net.ifnames=0 console=ttyS0".into(),
                root: is(DeviceSpec { text: "UUID=2a8fb91e".into(), kind: SpecKind::Uuid, volume: is(root()) }),
                ..BootEntry::default()
            }],
            default: is(0),
            timeout: is(1),
            module_dirs: is(vec!["/boot/grub/i386-pc".into()]),
            locked: is(false),
            ..Loader::default()
        }),
        kernels: is(vec![kernel(file)]),
        linux: Some(Box::new(linux())),
        ..Guest::default()
    }
}

fn kernel(file: impl Fn(&str) -> FileRef) -> Kernel {
    let there = |presence| is(Driver { presence, evidence: line("/lib/modules", 1, ""), missing_dependencies: vec![] });
    Kernel {
        version: "6.1.0-50-amd64".into(),
        default: true,
        image: is(file("/boot/vmlinuz-6.1.0-50-amd64")),
        architecture: is(Architecture::X86_64),
        modules: is(line("/lib/modules/6.1.0-50-amd64", 1, "")),
        initramfs: is(Initramfs {
            file: file("/boot/initrd.img-6.1.0-50-amd64"),
            generator: is("initramfs-tools".into()),
            modules: 400,
            complete: is(true),
            ..Initramfs::default()
        }),
        drivers: [
            ("virtio_blk".to_string(), there(Presence::Initramfs)),
            ("virtio_pci".to_string(), there(Presence::BuiltIn)),
            ("virtio_net".to_string(), there(Presence::Disk)),
            ("nvme".to_string(), Known::Absent),
        ]
        .into(),
        ..Kernel::default()
    }
}

fn linux() -> Linux {
    let entry = |name: &str, at: &str, options: &str, number| FstabEntry {
        spec: DeviceSpec { text: name.into(), kind: SpecKind::KernelName, volume: is(root()) },
        mount_point: at.into(),
        fs_type: "ext4".into(),
        options: vec![options.into()],
        pass: Some(1),
        mount_point_exists: is(true),
        evidence: line("/etc/fstab", number, &format!("{name} {at} ext4 {options} 0 1 # \u{202e}{}", "x".repeat(200))),
    };
    Linux {
        fstab: is(Fstab {
            evidence: line("/etc/fstab", 1, ""),
            entries: vec![
                entry("/dev/sda1", "/", "defaults", 1),
                entry("/dev/sdb1", "/data\u{1b}]0;x\u{7}", "nofail", 2),
            ],
            malformed: vec![],
        }),
        network: Network {
            profiles: is(vec![NetworkProfile {
                source: NetworkSource::Interfaces,
                interface: InterfaceMatch::Name("eth0".into()),
                addressing: is(Addressing::Dhcp),
                on_boot: is(true),
                used: is(true),
                evidence: line("/etc/network/interfaces", 4, "iface eth0 inet dhcp"),
                ..NetworkProfile::default()
            }]),
            persistent_names: Known::Absent,
            old_names: is(true),
            network_manager: is(false),
            static_dns: Known::Absent,
            reads_drop_ins: is(true),
            ..Network::default()
        },
        cloud_init: Known::Absent,
        sshd: Known::Absent,
        root_login: is(RootLogin { shell: "/bin/bash".into(), expires: Known::Absent, ..RootLogin::default() }),
        selinux: Known::Absent,
        init: is("sysv".into()),
        default_target: is(DefaultTarget { name: "graphical.target".into(), evidence: Evidence::default() }),
        missing_programs: Known::Absent,
        ..Linux::default()
    }
}

/// An image whose header alone could be read.
pub(crate) fn unopened() -> Facts {
    Facts {
        schema_version: SCHEMA_VERSION,
        image: Image {
            path: "overlay.qcow2".into(),
            file_size: 196_608,
            format: is("qcow2".into()),
            virtual_size: is(20 << 30),
            qcow2: Some(Qcow2 {
                version: 3,
                cluster_size: 65536,
                backing_file: Some("/etc/passwd".into()),
                compression: "zlib".into(),
                ..Qcow2::default()
            }),
            ..Image::default()
        },
        disk: Known::unknown("the image refers to another file, and none may be opened"),
        guest: Known::unknown("the disk could not be read"),
        ..Facts::default()
    }
}

/// Optical media, read over the network.
pub(crate) fn media() -> Facts {
    let mut facts = unopened();
    facts.image.path = "https://host.example/install.iso".into();
    facts.image.format = is("iso9660".into());
    facts.image.remote = Some(Transfer { bytes: 1 << 20, requests: 3 });
    facts.image.media = Some(Media {
        label: "INSTALL".into(),
        starts_by: vec!["bios".into(), "uefi".into()],
        hybrid: true,
        architecture: Known::Absent,
        ..Media::default()
    });
    facts
}
