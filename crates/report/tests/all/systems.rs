//! Literal facts of systems other than Linux.

use facts::*;

fn is<T>(value: T) -> Known<T> {
    Known::Is(value)
}

fn system_hive(text: &str) -> Evidence {
    Evidence::file(&VolumeId::partition(2), "/Windows/System32/config/SYSTEM").saying(text)
}

fn claim<T>(value: T) -> Known<Claim<T>> {
    is(Claim::new(value, system_hive("")))
}

fn program(volume: u32, path: &str) -> Known<Program> {
    is(Program {
        evidence: Evidence::file(&VolumeId::partition(volume), path),
        size: 400_000,
        architecture: is(Architecture::X86_64),
        version: is([62, 80, 104, 16300]),
        ..Program::default()
    })
}

fn volume(id: VolumeId, number: Option<u32>, fs_type: &str, clean: bool) -> Volume {
    let filesystem = Filesystem { fs_type: fs_type.into(), clean: is(clean), ..Filesystem::default() };
    Volume {
        id,
        number,
        offset: Some(1 << 20),
        size: 1 << 30,
        bootable: number == Some(1),
        content: is(Content::Filesystem(filesystem)),
        role: is(Role::Data),
        ..Volume::default()
    }
}

fn disk(path: &str, table: TableKind, volumes: Vec<Volume>, guest: Guest) -> Facts {
    Facts {
        schema_version: SCHEMA_VERSION,
        data_disks: Vec::new(),
        image: Image {
            path: path.into(),
            file_size: 600 << 20,
            format: is("raw".into()),
            virtual_size: is(4 << 30),
            damage: is(vec![]),
            ..Image::default()
        },
        disk: is(Disk { size: 4 << 30, sector_size: 512, table: is(table), ..Disk::default() }),
        volumes,
        boot: Boot {
            bios: Bootability { can: is(true), evidence: vec![Evidence::disk(0, "boot code")], missing: vec![] },
            uefi: Bootability {
                can: is(false),
                evidence: vec![],
                missing: vec![Evidence::words("no EFI system partition")],
            },
            ..Boot::default()
        },
        guest: is(guest),
        map: None,
    }
}

/// A server whose store names another disk, whose driver of the disk is held back, and that sleeps.
pub(crate) fn windows() -> Facts {
    let root = VolumeId::partition(2);
    let guest = Guest {
        os: Os::Windows,
        root: root.clone(),
        root_evidence: vec![Evidence::file(&root, "/Windows")],
        distribution: is(Distribution {
            id: "windows".into(),
            version: "6.1.7601".into(),
            name: "Windows Server 2008 R2 Standard".into(),
            variant: Some("ServerStandard".into()),
            ..Distribution::default()
        }),
        platform: claim("Windows Server 2008".into()),
        architecture: claim(Architecture::X86_64),
        userland: claim(Architecture::X86_64),
        hostname: claim("WIN-<1>".into()),
        mounts: vec![
            Mount { path: "C:".into(), volume: is(root.clone()), spec: spec("C:", is(root)) },
            Mount { path: "E:".into(), volume: Known::Absent, spec: spec("E:", Known::Absent) },
        ],
        loader: Known::Absent,
        kernels: Known::Absent,
        windows: Some(Box::new(configuration())),
        ..Guest::default()
    };
    let volumes = vec![
        volume(VolumeId::partition(1), Some(1), "ntfs", true),
        volume(VolumeId::partition(2), Some(2), "ntfs", false),
    ];
    disk("windows.raw", TableKind::Mbr, volumes, guest)
}

fn spec(text: &str, volume: Known<VolumeId>) -> DeviceSpec {
    DeviceSpec { text: text.into(), volume, ..DeviceSpec::default() }
}

fn service(name: &str, start: ServiceStart) -> WindowsService {
    WindowsService {
        name: name.into(),
        start: is(start),
        file: program(2, &format!("/Windows/System32/drivers/{name}.sys")),
        evidence: system_hive(&format!(r"ControlSet001\Services\{name}")),
        ..WindowsService::default()
    }
}

fn driver(name: &str, start: ServiceStart, readiness: Readiness, problem: Option<&str>) -> Known<WindowsDriver> {
    is(WindowsDriver {
        service: service(name, start),
        readiness: is(readiness),
        problems: problem.map(system_hive).into_iter().collect(),
        ..WindowsDriver::default()
    })
}

fn store() -> BootStore {
    let boot = BcdDevice { kind: BcdDeviceKind::Partition, volume: is(VolumeId::partition(2)), ..BcdDevice::default() };
    let elsewhere = BcdDevice {
        volume: Known::Absent,
        evidence: Evidence::words("21000001: it names a disk 0a0b0c0d, and this one is 01020304"),
        ..boot.clone()
    };
    let entry = BcdEntry {
        id: "{6f9d}".into(),
        title: is("Windows Server 2008 R2\u{1b}[2J".into()),
        path: is(r"\Windows\system32\winload.exe".into()),
        system_root: is(r"\Windows".into()),
        device: is(boot),
        os_device: is(elsewhere),
        safe_boot: Known::Absent,
        evidence: Evidence::words(r"Objects\{6f9d}"),
        ..BcdEntry::default()
    };
    BootStore {
        firmware: Firmware::Bios,
        evidence: Evidence::file(&VolumeId::partition(1), "/Boot/BCD"),
        state: HiveState::Dirty,
        timeout: is(30),
        entries: is(vec![entry]),
        default: is(0),
        ..BootStore::default()
    }
}

fn configuration() -> Windows {
    let boot = VolumeId::partition(1);
    let missing = WindowsService { file: Known::Absent, ..service("vendorflt", ServiceStart::Boot) };
    Windows {
        system_root: "/Windows".into(),
        hives: [
            ("SYSTEM".to_owned(), is(Hive { state: HiveState::Recovered, ..Hive::default() })),
            ("SOFTWARE".to_owned(), is(Hive::default())),
        ]
        .into(),
        control_set: claim("ControlSet001".into()),
        version: WindowsVersion {
            product: claim("Windows Server 2008 R2 Standard".into()),
            kernel: claim((6, 1)),
            build: claim(7601),
            revision: Known::Absent,
            service_pack: claim("Service Pack 1".into()),
            edition: claim("ServerStandard".into()),
            installation: claim("Server".into()),
            release: Known::Absent,
            product_type: claim(ProductType::Server),
            evaluation: is(true),
        },
        system_files: [
            ("ntoskrnl.exe".to_owned(), program(2, "/Windows/System32/ntoskrnl.exe")),
            ("hal.dll".to_owned(), Known::unknown("it is compressed")),
        ]
        .into(),
        boot_drivers: is(vec![missing.clone()]),
        class_filters: is(vec![ClassFilter {
            class_name: "disk drives".into(),
            driver: "vendorflt".into(),
            service: Known::Absent,
            ..ClassFilter::default()
        }]),
        drivers: [
            (
                "viostor".to_owned(),
                driver(
                    "viostor",
                    ServiceStart::Demand,
                    Readiness::NotBootStart,
                    Some("viostor: it does not start at boot (Start is not 0)"),
                ),
            ),
            ("vioscsi".to_owned(), Known::Absent),
            ("stornvme".to_owned(), Known::unknown("the hive is damaged")),
            ("netkvm".to_owned(), driver("netkvm", ServiceStart::Demand, Readiness::Ready, None)),
            ("balloon".to_owned(), Known::Absent),
        ]
        .into(),
        foreign_drivers: is(vec![service("vmci", ServiceStart::Boot)]),
        device_installation_disabled: Known::Absent,
        boot_stores: is(vec![store()]),
        boot_ini: Known::Absent,
        bios_manager: program(1, "/bootmgr"),
        uefi_manager: Known::Absent,
        partition_start: is(PartitionStart {
            volume: boot,
            starts: is("BOOTMGR".into()),
            hidden_sectors: 63,
            first_sector: is(2048),
            heads: 255,
        }),
        drive_letters: is(vec![
            DriveLetter { name: "C:".into(), volume: is(VolumeId::partition(2)), ..DriveLetter::default() },
            DriveLetter { name: "E:".into(), volume: Known::Absent, ..DriveLetter::default() },
        ]),
        hibernated: is(Evidence::file(&VolumeId::partition(2), "/hiberfil.sys").saying("HIBR")),
        fast_startup: Known::Absent,
        pending_updates: is(vec![PendingUpdate { name: "RebootPending".into(), ..PendingUpdate::default() }]),
        setup: Setup {
            image_state: claim("IMAGE_STATE_COMPLETE".into()),
            in_progress: claim(false),
            generalized: is(false),
            ..Setup::default()
        },
        remote_desktop: RemoteDesktop {
            allowed: claim(true),
            port: Known::Absent,
            service: claim(true),
            ..RemoteDesktop::default()
        },
        firewall: WindowsFirewall {
            domain: claim(true),
            private: claim(false),
            public: Known::Absent,
            remote_desktop: is(vec![FirewallRule { allows: true, ..FirewallRule::default() }, FirewallRule::default()]),
        },
        adapters: is(vec![
            Adapter { name: is("LAN".into()), dhcp: is(true), name_servers: Known::Absent, ..Adapter::default() },
            Adapter {
                id: "{4d36}".into(),
                name: Known::Absent,
                dhcp: is(false),
                addresses: is(vec!["192.0.2.7".into()]),
                name_servers: is(vec!["192.0.2.1".into()]),
                ..Adapter::default()
            },
        ]),
        rtc_utc: Known::Absent,
        agents: [
            ("vminit".to_owned(), Known::Absent),
            ("aliyunservice".to_owned(), Known::Absent),
            ("qemu-ga".to_owned(), is(service("qemu-ga", ServiceStart::Auto))),
        ]
        .into(),
        foreign_tools: is(vec![Claim::new("VMware Tools".into(), Evidence::default())]),
        security_programs: Known::Absent,
        secrets: Known::Absent,
        administrator: is(Account { name: is("Administrator".into()), disabled: is(false), ..Account::default() }),
        ..Windows::default()
    }
}

/// A slice that a label divides, modules for the disk, one of which has no file.
pub(crate) fn freebsd() -> Facts {
    let root = VolumeId::bsd(Some(1), 'a');
    let file = |path: &str, line, text: &str| Evidence::file(&root, path).at_line(line).saying(text);
    let fstab = file("/etc/fstab", 1, "/dev/ada0s1a / ufs rw 1 1");
    let kernel = FileRef {
        path: "/boot/kernel/kernel".into(),
        volume: Some(root.clone()),
        size: is(11_000_000),
        evidence: Evidence::file(&root, "/boot/kernel/kernel"),
    };
    let mount = |path: &str, text: &str, id: &VolumeId| Mount {
        path: path.into(),
        volume: is(id.clone()),
        spec: spec(text, is(id.clone())),
    };
    let guest = Guest {
        os: Os::FreeBsd,
        root: root.clone(),
        root_evidence: vec![Evidence::file(&root, "/bin/freebsd-version")],
        distribution: is(Distribution {
            id: "freebsd".into(),
            version: "9.3-RELEASE".into(),
            name: "FreeBSD 9.3-RELEASE".into(),
            ..Distribution::default()
        }),
        platform: is(Claim::new("FreeBSD".into(), Evidence::default())),
        architecture: is(Claim::new(Architecture::X86_64, Evidence::default())),
        userland: is(Claim::new(Architecture::X86_64, Evidence::default())),
        hostname: Known::Absent,
        mounts: vec![mount("/", "/dev/ada0s1a", &root), mount("/usr", "/dev/ada0s1d", &VolumeId::bsd(Some(1), 'd'))],
        loader: Known::Absent,
        kernels: is(vec![Kernel {
            version: "9.3-RELEASE".into(),
            default: true,
            image: is(kernel),
            initramfs: Known::Absent,
            ..Kernel::default()
        }]),
        freebsd: Some(Box::new(freebsd_configuration(&root, fstab))),
        ..Guest::default()
    };
    let slice = Volume { kind: VolumeKind::Slice, ..volume(VolumeId::partition(1), Some(1), "ufs", true) };
    let volumes = vec![
        Volume { content: is(Content::Other { name: "BSD label".into() }), role: is(Role::Member), ..slice },
        volume(root, None, "ufs", true),
        volume(VolumeId::bsd(Some(1), 'd'), None, "ufs", true),
    ];
    disk("freebsd.raw", TableKind::Mbr, volumes, guest)
}

fn freebsd_configuration(root: &VolumeId, fstab: Evidence) -> FreeBsd {
    let conf = |line, text: &str| Evidence::file(root, "/boot/loader.conf").at_line(line).saying(text);
    let module = |name: &str, line, file: Known<Evidence>| BsdModule {
        name: name.into(),
        file,
        evidence: conf(line, &format!("{name}_load=\"YES\"")),
    };
    let there = is(Evidence::file(root, "/boot/kernel/virtio_pci.ko"));
    let entry = FstabEntry { evidence: fstab.clone(), mount_point: "/".into(), ..FstabEntry::default() };
    FreeBsd {
        kernel: is(Claim::new("9.3-RELEASE".into(), Evidence::default())),
        kernel_config: is(Claim::new("GENERIC".into(), Evidence::default())),
        drivers: [
            ("virtio_pci".to_owned(), is(BsdDriver { presence: BsdPresence::Loader, evidence: vec![] })),
            ("virtio_blk".to_owned(), Known::Absent),
            ("nvme".to_owned(), is(BsdDriver { presence: BsdPresence::Disk, evidence: vec![] })),
        ]
        .into(),
        loader: BsdLoader {
            files: is(vec![Evidence::file(root, "/boot/loader.conf")]),
            modules: is(vec![module("virtio_pci", 1, there), module("virtio_blk", 2, Known::Absent)]),
            console: is(Claim::new(vec!["comconsole".into(), "vidconsole".into()], Evidence::default())),
            boot_flags: Known::Absent,
            autoboot_delay: is(Claim::new("3".into(), conf(3, "autoboot_delay=\"3\""))),
            mount_from: Known::Absent,
        },
        root_device: is(Claim::new(spec("/dev/ada0s1a", is(root.clone())), fstab.clone())),
        fstab: is(Fstab { evidence: fstab, entries: vec![entry], malformed: vec![] }),
        interfaces: is(vec![NetworkProfile {
            source: NetworkSource::RcConf,
            evidence: Evidence::file(root, "/etc/rc.conf").at_line(2).saying("ifconfig_em0=\"DHCP\""),
            ..NetworkProfile::default()
        }]),
        dhcp_client: is("/sbin/dhclient".into()),
        default_router: Known::Absent,
        sshd: is(Sshd { enabled: is(true), ..Sshd::default() }),
        cloud_init: Known::Absent,
        firewalls: is(vec![Firewall { name: "pf".into(), ..Firewall::default() }]),
        root_login: is(RootLogin { shell: "/bin/csh".into(), locked: is(false), ..RootLogin::default() }),
        terminals: is(vec![BsdTerminal { name: "ttyv0".into(), ..BsdTerminal::default() }]),
        growfs: Known::Absent,
        init: is("rc".into()),
        rc_files: vec![],
    }
}
