//! Facts of sound disks, and the three cases that every rule shows with them.

mod freebsd;
mod windows;

pub(crate) use freebsd::{bsd, freebsd_of};
pub(crate) use windows::*;

use crate::outcome::Outcome;
use crate::rule::Rule;
use crate::target::Target;
use facts::*;

/// Changes a sound disk, or the target, so that a rule has something to say.
pub(crate) type Change = fn(&mut Facts, &mut Target);

/// The cases of a rule, each a change of [`bios`], or of [`windows_2019`] for the rules about Windows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cases {
    /// The rule fails, and as badly as it says it can.
    pub(crate) fires: Change,
    /// The rule passes.
    pub(crate) passes: Change,
    /// The rule cannot tell, or is not about this disk.
    pub(crate) undecided: Change,
}

/// Declares the cases of a rule and a test for each.
macro_rules! cases {
    (fires: $fires:expr, passes: $passes:expr, undecided: $undecided:expr $(,)?) => {
        pub(crate) const CASES: crate::testing::Cases =
            crate::testing::Cases { fires: $fires, passes: $passes, undecided: $undecided };

        #[test]
        fn fires() {
            crate::testing::fires(&super::RULE, CASES.fires);
        }

        #[test]
        fn passes() {
            crate::testing::passes(&super::RULE, CASES.passes);
        }

        #[test]
        fn undecided() {
            crate::testing::undecided(&super::RULE, CASES.undecided);
        }
    };
}
pub(crate) use cases;

/// A sound disk of the kind that the rule is about.
pub(crate) fn sound(rule: &Rule) -> Facts {
    if rule.id.starts_with("WIN-") { windows_2019() } else { bios() }
}

/// What the rule says of a changed disk.
pub(crate) fn judge(rule: &Rule, change: Change) -> Outcome {
    let (mut facts, mut target) = (sound(rule), Target::default());
    change(&mut facts, &mut target);
    rule.judge(&facts, &target)
}

/// The findings of the rule on a changed disk.
pub(crate) fn findings(rule: &Rule, change: Change) -> Vec<crate::Finding> {
    judge(rule, change).findings().to_vec()
}

pub(crate) fn fires(rule: &Rule, change: Change) {
    let outcome = judge(rule, change);
    let findings = outcome.findings();
    assert!(!findings.is_empty(), "{outcome:?}");
    assert_eq!(findings[0].severity, rule.severity, "the worst finding is as bad as the rule");
    for finding in findings {
        assert!(!finding.evidence.is_empty(), "no evidence: {finding:?}");
        assert!(finding.remedy.len() > 10 && finding.message.len() > 10, "{finding:?}");
        assert!(!finding.message.ends_with('.') && !finding.remedy.ends_with('.'), "{finding:?}");
    }
}

pub(crate) fn passes(rule: &Rule, change: Change) {
    assert_eq!(judge(rule, change), Outcome::Passed);
}

pub(crate) fn undecided(rule: &Rule, change: Change) {
    let outcome = judge(rule, change);
    match &outcome {
        Outcome::Unknown { why } | Outcome::Skipped { why } => assert!(why.len() > 5, "{outcome:?}"),
        Outcome::Passed | Outcome::Failed { .. } => panic!("decided: {outcome:?}"),
    }
}

/// Known to be there.
pub(crate) fn is<T>(value: T) -> Known<T> {
    Known::Is(value)
}

/// The guest, to be changed.
pub(crate) fn guest_of(facts: &mut Facts) -> &mut Guest {
    match &mut facts.guest {
        Known::Is(guest) => guest,
        _ => panic!("no guest"),
    }
}

/// Says that the image is to be a Customized Linux.
pub(crate) fn customize(target: &mut Target) {
    target.request.platform = Some("Customized Linux".into());
}

/// The Linux configuration, to be changed.
pub(crate) fn linux_of(facts: &mut Facts) -> &mut Linux {
    guest_of(facts).linux.as_deref_mut().expect("a Linux guest")
}

/// The value, to be changed.
pub(crate) fn of<T>(known: &mut Known<T>) -> &mut T {
    match known {
        Known::Is(value) => value,
        _ => panic!("not there"),
    }
}

/// The kernel that boots, to be changed.
pub(crate) fn kernel_of(facts: &mut Facts) -> &mut Kernel {
    &mut of(&mut guest_of(facts).kernels)[0]
}

/// The boot loader's configuration, to be changed.
pub(crate) fn loader_of(facts: &mut Facts) -> &mut Loader {
    of(&mut guest_of(facts).loader)
}

/// The entry that boots, to be changed.
pub(crate) fn entry_of(facts: &mut Facts) -> &mut BootEntry {
    &mut loader_of(facts).entries[0]
}

/// The entries of fstab, to be changed.
pub(crate) fn fstab_of(facts: &mut Facts) -> &mut Vec<FstabEntry> {
    &mut of(&mut linux_of(facts).fstab).entries
}

/// The root filesystem, to be changed.
pub(crate) fn root_fs(facts: &mut Facts) -> &mut Filesystem {
    let root = guest_of(facts).root.clone();
    let volume = facts.volumes.iter_mut().find(|volume| volume.id == root).expect("a root volume");
    match &mut volume.content {
        Known::Is(Content::Filesystem(filesystem)) => filesystem,
        _ => panic!("no filesystem"),
    }
}

/// Evidence in a file of the root filesystem.
pub(crate) fn in_file(path: &str, line: u32, text: &str) -> Evidence {
    Evidence::file(&VolumeId::partition(1), path).at_line(line).saying(text)
}

/// A device named by UUID that is that volume.
pub(crate) fn by_uuid(uuid: &str, volume: &VolumeId) -> DeviceSpec {
    DeviceSpec { text: format!("UUID={uuid}"), kind: SpecKind::Uuid, volume: is(volume.clone()) }
}

/// An entry of fstab.
pub(crate) fn mount(spec: DeviceSpec, at: &str, fs_type: &str, options: &str) -> FstabEntry {
    FstabEntry {
        evidence: in_file("/etc/fstab", 2, &format!("{} {at} {fs_type} {options} 0 2", spec.text)),
        spec,
        mount_point: at.into(),
        fs_type: fs_type.into(),
        options: options.split(',').map(Into::into).collect(),
        pass: Some(2),
        mount_point_exists: is(true),
    }
}

/// A partition with an ext4 filesystem, half full.
pub(crate) fn ext4(number: u32, offset: u64, size: u64, role: Role, uuid: &str) -> Volume {
    Volume {
        id: VolumeId::partition(number),
        number: Some(number),
        offset: Some(offset),
        size,
        partition_type: Some("0x83".into()),
        content: is(Content::Filesystem(Filesystem {
            fs_type: "ext4".into(),
            uuid: Some(uuid.into()),
            size: is(size),
            free: is(size / 2),
            inodes: is(100_000),
            free_inodes: is(60_000),
            clean: is(true),
            errors: is(false),
            features: vec!["extent".into()],
            readable: is(true),
            ..Filesystem::default()
        })),
        role: is(role),
        ..Volume::default()
    }
}

const MIB: u64 = 1 << 20;
const ROOT_UUID: &str = "2a8fb91e-74d7-40af-bbc2-5b507b9f2dc6";
const KERNEL: &str = "6.1.0-50-amd64";

/// A Debian 12 that boots by BIOS from an MBR disk with one ext4 partition. Every rule passes, or is not about it.
pub(crate) fn bios() -> Facts {
    let root = VolumeId::partition(1);
    Facts {
        schema_version: SCHEMA_VERSION,
        data_disks: Vec::new(),
        image: Image {
            path: "disk.qcow2".into(),
            file_size: 600 * MIB,
            format: is("qcow2".into()),
            named_as: Some("qcow2".into()),
            virtual_size: is(4096 * MIB),
            qcow2: Some(Qcow2 { version: 3, cluster_size: 65536, compression: "zlib".into(), ..Qcow2::default() }),
            damage: is(Vec::new()),
            ..Image::default()
        },
        disk: is(Disk {
            size: 4096 * MIB,
            sector_size: 512,
            table: is(TableKind::Mbr),
            id: Some("0d0e0b01".into()),
            empty: is(false),
            ..Disk::default()
        }),
        volumes: vec![ext4(1, MIB, 4095 * MIB, Role::Root, ROOT_UUID)],
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
        guest: is(debian(&root, by_uuid(ROOT_UUID, &root))),
        map: None,
    }
}

/// The same by UEFI from a GPT disk.
pub(crate) fn uefi() -> Facts {
    let mut facts = bios();
    let root = VolumeId::partition(2);
    of(&mut facts.disk).table = is(TableKind::Gpt);
    let mut esp = ext4(1, MIB, 64 * MIB, Role::Esp, "ABCD-1234");
    if let Known::Is(Content::Filesystem(filesystem)) = &mut esp.content {
        filesystem.fs_type = "vfat".into();
        filesystem.inodes = Known::Absent;
        filesystem.free_inodes = Known::Absent;
    }
    facts.volumes = vec![esp, ext4(2, 65 * MIB, 4030 * MIB, Role::Root, ROOT_UUID)];
    facts.guest = is(debian(&root, by_uuid(ROOT_UUID, &root)));
    let loader = Evidence::file(&VolumeId::partition(1), "/EFI/BOOT/BOOTX64.EFI");
    facts.boot = Boot {
        bios: Bootability {
            can: is(false),
            evidence: vec![],
            missing: vec![Evidence::disk(0, "no boot code in the first sector")],
        },
        uefi: Bootability { can: is(true), evidence: vec![loader.clone()], missing: vec![] },
        code: Known::Absent,
        esp_loaders: is(vec![EspLoader {
            evidence: loader,
            architecture: is(Architecture::X86_64),
            fallback: true,
            size: 1 << 20,
        }]),
    };
    let at = by_uuid("ABCD-1234", &VolumeId::partition(1));
    fstab_of(&mut facts).push(mount(at, "/boot/efi", "vfat", "umask=0077"));
    facts
}

/// The same by BIOS with the root filesystem on LVM and `/boot` outside it.
pub(crate) fn lvm() -> Facts {
    let mut facts = bios();
    let root = VolumeId::lvm("debvg", "root");
    let mut member = ext4(2, 201 * MIB, 3895 * MIB, Role::Member, "x");
    member.content = is(Content::Member { of: "lvm2".into(), uuid: None, name: Some("debvg".into()) });
    let mut logical = ext4(0, 0, 3800 * MIB, Role::Root, ROOT_UUID);
    logical.id = root.clone();
    logical.kind = VolumeKind::Logical;
    logical.number = None;
    logical.offset = None;
    facts.volumes = vec![ext4(1, MIB, 200 * MIB, Role::Boot, "b007"), member, logical];
    let spec = DeviceSpec { text: "/dev/mapper/debvg-root".into(), kind: SpecKind::Mapper, volume: is(root.clone()) };
    facts.guest = is(debian(&root, spec));
    let boot = by_uuid("b007", &VolumeId::partition(1));
    fstab_of(&mut facts).push(mount(boot, "/boot", "ext4", "defaults"));
    facts
}

/// A Debian 12 on that root volume, named so in fstab and on the command line.
fn debian(root: &VolumeId, spec: DeviceSpec) -> Guest {
    Guest {
        os: Os::Linux,
        root: root.clone(),
        distribution: is(Distribution {
            id: "debian".into(),
            version: "12.9".into(),
            name: "Debian GNU/Linux 12 (bookworm)".into(),
            ..Distribution::default()
        }),
        platform: is(Claim::new("Debian".into(), in_file("/etc/os-release", 1, "ID=debian"))),
        architecture: is(Claim::new(Architecture::X86_64, in_file("/boot/vmlinuz", 1, "x86_64"))),
        userland: is(Claim::new(Architecture::X86_64, in_file("/usr/bin/bash", 1, "x86_64"))),
        hostname: is(Claim::new("real.example.com".into(), in_file("/etc/hostname", 1, "real.example.com"))),
        mounts: vec![Mount { path: "/".into(), volume: is(root.clone()), spec: spec.clone() }],
        loader: is(grub(&spec)),
        kernels: is(vec![debian_kernel()]),
        linux: Some(Box::new(debian_linux(spec))),
        ..Guest::default()
    }
}

fn grub(spec: &DeviceSpec) -> Loader {
    let file = |path: &str, line| FileRef {
        path: path.into(),
        volume: Some(VolumeId::partition(1)),
        size: is(8_000_000),
        evidence: in_file("/boot/grub/grub.cfg", line, path),
    };
    Loader {
        kind: LoaderKind::Grub2,
        version: is(Claim::new("2.06-13+deb12u1".into(), in_file("/boot/grub/i386-pc/normal.mod", 1, "2.06"))),
        config: vec![in_file("/boot/grub/grub.cfg", 1, "set timeout=1")],
        entries: vec![BootEntry {
            title: "Debian GNU/Linux".into(),
            evidence: in_file("/boot/grub/grub.cfg", 6, "menuentry 'Debian GNU/Linux' {"),
            kernel: is(file(&format!("/boot/vmlinuz-{KERNEL}"), 7)),
            initrds: vec![file(&format!("/boot/initrd.img-{KERNEL}"), 8)],
            cmdline: format!("root={} ro net.ifnames=0 console=tty0 console=ttyS0,115200n8", spec.text),
            root: is(spec.clone()),
            ..BootEntry::default()
        }],
        default: is(0),
        timeout: is(1),
        module_dirs: is(vec!["/boot/grub/i386-pc".into()]),
        locked: is(false),
        ..Loader::default()
    }
}

/// A driver in the initramfs.
pub(crate) fn driver(presence: Presence, name: &str) -> Known<Driver> {
    let evidence = Evidence::file(&VolumeId::partition(1), format!("/lib/modules/{KERNEL}/{name}.ko"));
    is(Driver { presence, evidence, missing_dependencies: vec![] })
}

fn debian_kernel() -> Kernel {
    let here = ["virtio", "virtio_ring", "virtio_pci", "virtio_blk", "virtio_net", "nvme", "nvme_core", "dm_mod"];
    Kernel {
        version: KERNEL.into(),
        default: true,
        image: is(FileRef {
            path: format!("/boot/vmlinuz-{KERNEL}"),
            volume: Some(VolumeId::partition(1)),
            size: is(8_000_000),
            evidence: in_file("/boot/grub/grub.cfg", 7, "linux"),
        }),
        architecture: is(Architecture::X86_64),
        modules: is(Evidence::file(&VolumeId::partition(1), format!("/lib/modules/{KERNEL}"))),
        initramfs: is(Initramfs {
            file: FileRef {
                path: format!("/boot/initrd.img-{KERNEL}"),
                volume: Some(VolumeId::partition(1)),
                size: is(32_000_000),
                evidence: in_file("/boot/grub/grub.cfg", 8, "initrd"),
            },
            segments: vec!["cpio".into(), "zstd".into()],
            generator: is("initramfs-tools".into()),
            modules: 400,
            drivers: here.iter().map(|name| (*name).into()).collect(),
            host_only: is(false),
            complete: is(true),
        }),
        unused_initramfs: Known::Absent,
        drivers: here.iter().map(|name| ((*name).into(), driver(Presence::Initramfs, name))).collect(),
        config: [("CONFIG_FW_CFG_SYSFS".to_string(), "y".to_string())].into(),
        xen_only: false,
    }
}

/// A service that starts at boot.
pub(crate) fn service(name: &str) -> Service {
    Service { name: name.into(), enabled: is(true), evidence: vec![in_file("/etc/systemd/system", 1, name)] }
}

fn debian_linux(root: DeviceSpec) -> Linux {
    let mut entry = mount(root, "/", "ext4", "errors=remount-ro");
    entry.pass = Some(1);
    Linux {
        fstab: is(Fstab { evidence: in_file("/etc/fstab", 1, ""), entries: vec![entry], malformed: vec![] }),
        network: Network {
            profiles: is(vec![NetworkProfile {
                source: NetworkSource::Interfaces,
                interface: InterfaceMatch::Name("eth0".into()),
                addressing: is(Addressing::Dhcp),
                on_boot: is(true),
                used: is(true),
                evidence: in_file("/etc/network/interfaces", 4, "iface eth0 inet dhcp"),
                ..NetworkProfile::default()
            }]),
            dhcp_clients: is(vec!["/usr/sbin/dhclient".into()]),
            persistent_names: Known::Absent,
            old_names: is(true),
            network_manager: is(false),
            static_dns: Known::Absent,
            reads_drop_ins: is(true),
        },
        cloud_init: is(CloudInit {
            version: is(Claim::new("22.4.2".into(), in_file("/var/lib/dpkg/status", 9, "Version: 22.4.2-1"))),
            enabled: is(true),
            datasources: is(Claim::new(
                vec!["AliYun".into(), "None".into()],
                in_file("/etc/cloud/cloud.cfg.d/90.cfg", 1, "datasource_list: [ AliYun, None ]"),
            )),
            disable_root: is(Claim::new(false, in_file("/etc/cloud/cloud.cfg", 3, "disable_root: false"))),
            ssh_pwauth: Known::Absent,
            network_disabled: Known::Absent,
            modules: is(vec!["growpart".into(), "resizefs".into()]),
            stale: Known::Absent,
            vendor_file: Known::Absent,
            evidence: vec![in_file("/usr/bin/cloud-init", 1, "")],
            ..CloudInit::default()
        }),
        sshd: is(Sshd {
            enabled: is(true),
            ports: is(vec![22]),
            permit_root_login: Known::Absent,
            password_authentication: Known::Absent,
            pubkey_authentication: Known::Absent,
            root_by_password: Known::Absent,
            listen_addresses: Known::Absent,
            access_lists: Known::Absent,
            wrong_modes: Known::Absent,
            refused: Known::Absent,
            evidence: vec![in_file("/usr/sbin/sshd", 1, "")],
        }),
        root_login: is(RootLogin {
            shell: "/bin/bash".into(),
            locked: is(false),
            empty_password: is(false),
            hashed_by: is("yescrypt".into()),
            must_change: is(false),
            expires: Known::Absent,
            evidence: vec![in_file("/etc/passwd", 1, "root:x:0:0:root:/root:/bin/bash")],
        }),
        selinux: Known::Absent,
        firewalls: Known::Absent,
        qemu_guest_agent: Known::Absent,
        foreign_agents: Known::Absent,
        cloud_assistant: is(service("aliyun.service")),
        security_agent: is(service("aegis.service")),
        time_sync: is(service("systemd-timesyncd.service")),
        growth_tools: is(vec!["/usr/bin/growpart".into(), "/sbin/resize2fs".into()]),
        init: is("systemd".into()),
        default_target: is(DefaultTarget {
            name: "multi-user.target".into(),
            evidence: in_file("/etc/systemd/system/default.target", 1, "multi-user.target"),
        }),
        rtc_utc: is(true),
        machine_id: is(false),
        ssh_host_keys: Known::Absent,
        absolute_links: Known::Absent,
        missing_programs: Known::Absent,
        immutable_files: Known::Absent,
        password_tools: is(vec!["/usr/bin/passwd".into(), "/usr/sbin/chpasswd".into()]),
        release_files: is(vec!["/etc/os-release".into(), "/etc/issue".into()]),
        login_terminals: is(vec![Claim::new(
            "tty1".into(),
            in_file("/etc/systemd/system/getty.target.wants", 1, "tty1"),
        )]),
        sha512_passwords: is(Claim::new(true, in_file("/lib/x86_64-linux-gnu/libcrypt.so.1", 1, "knows $6$"))),
        password_method: is(Claim::new("YESCRYPT".into(), in_file("/etc/login.defs", 269, "ENCRYPT_METHOD YESCRYPT"))),
        authorized_keys: Known::Absent,
        custom_directory: Known::Absent,
        autorelabel: is(false),
        aliyun_custom_image: Known::Absent,
        module_options: [("nvme_core.io_timeout".to_string(), "4294967295".to_string())].into(),
        ..Linux::default()
    }
}
