//! Facts of a sound Windows disk.

use super::{in_file, is};
use facts::*;

const MIB: u64 = 1 << 20;
/// The volume of Windows, behind the one that BIOS starts.
const ROOT: u32 = 2;

/// The Windows configuration, to be changed.
pub(crate) fn windows_of(facts: &mut Facts) -> &mut Windows {
    super::guest_of(facts).windows.as_deref_mut().expect("a Windows guest")
}

/// A driver for a device of ECS, to be changed.
pub(crate) fn win_driver<'a>(facts: &'a mut Facts, name: &str) -> &'a mut WindowsDriver {
    super::of(windows_of(facts).drivers.get_mut(name).expect("a driver that is looked for"))
}

/// The boot configuration store, to be changed.
pub(crate) fn bcd_of(facts: &mut Facts) -> &mut BootStore {
    &mut super::of(&mut windows_of(facts).boot_stores)[0]
}

/// Sets the build.
pub(crate) fn set_build(facts: &mut Facts, build: u32) {
    windows_of(facts).version.build = claim(build, "CurrentBuildNumber");
}

/// A value of the registry.
pub(crate) fn claim<T>(value: T, name: &str) -> Known<Claim<T>> {
    is(Claim::new(value, registry(name)))
}

/// Evidence in the registry.
pub(crate) fn registry(name: &str) -> Evidence {
    Evidence::file(&VolumeId::partition(ROOT), "/Windows/System32/config/SYSTEM").saying(name)
}

/// A service with its file.
pub(crate) fn win_service(name: &str, start: ServiceStart) -> WindowsService {
    WindowsService {
        name: name.into(),
        start: is(start),
        start_override: Known::Absent,
        kind: is(1),
        error_control: is(1),
        group: is("SCSI miniport".into()),
        image_path: is(format!(r"System32\drivers\{name}.sys")),
        file: is(program(&format!("drivers/{name}.sys"))),
        evidence: registry(&format!(r"ControlSet001\Services\{name}")),
    }
}

fn program(name: &str) -> Program {
    Program {
        evidence: Evidence::file(&VolumeId::partition(ROOT), format!("/Windows/System32/{name}")),
        size: 100_000,
        architecture: is(Architecture::X86_64),
        version: is([100, 85, 104, 58_017]),
        read_only: is(false),
    }
}

fn fit(name: &str, start: ServiceStart) -> Known<WindowsDriver> {
    is(WindowsDriver {
        service: win_service(name, start),
        readiness: is(Readiness::Ready),
        problems: Vec::new(),
        bindings: is(vec![DeviceBinding {
            device: r"PCI\VEN_1AF4&DEV_1001".into(),
            package: Some(format!("{name}.inf_amd64_0")),
            evidence: registry("DriverDatabase"),
        }]),
        packages: is(vec![format!("/Windows/System32/DriverStore/FileRepository/{name}.inf_amd64_0")]),
    })
}

fn ntfs(number: u32, offset: u64, size: u64, role: Role, bootable: bool) -> Volume {
    Volume {
        id: VolumeId::partition(number),
        number: Some(number),
        offset: Some(offset),
        size,
        partition_type: Some("0x07".into()),
        bootable,
        content: is(Content::Filesystem(Filesystem {
            fs_type: "ntfs".into(),
            size: is(size - 512),
            free: is(size / 2),
            inodes: Known::Absent,
            free_inodes: Known::Absent,
            clean: is(true),
            errors: is(false),
            readable: is(true),
            ..Filesystem::default()
        })),
        role: is(role),
        ..Volume::default()
    }
}

/// A Windows Server 2019 that boots by BIOS from an MBR disk. Every rule about Windows passes.
pub(crate) fn windows_2019() -> Facts {
    let mut facts = super::bios();
    facts.volumes =
        vec![ntfs(1, MIB, 500 * MIB, Role::Boot, true), ntfs(ROOT, 501 * MIB, 3500 * MIB, Role::Root, false)];
    let code = Evidence::disk(0, "boot code of Windows");
    facts.boot.bios.evidence = vec![code.clone()];
    facts.boot.code = is(Claim::new(BootCode::Windows, code));
    let root = VolumeId::partition(ROOT);
    facts.guest = is(Guest {
        os: Os::Windows,
        root,
        distribution: is(Distribution {
            id: "windows".into(),
            version: "10.0.17763".into(),
            ..Distribution::default()
        }),
        platform: claim("Windows Server 2019".into(), "ProductName"),
        architecture: claim(Architecture::X86_64, "ntoskrnl.exe"),
        userland: claim(Architecture::X86_64, "kernel32.dll"),
        hostname: claim("WIN-REAL".into(), "Hostname"),
        loader: Known::Absent,
        kernels: Known::Absent,
        windows: Some(Box::new(windows())),
        ..Guest::default()
    });
    facts
}

fn windows() -> Windows {
    let hive = |name: &str| {
        let path = format!("/Windows/System32/config/{name}");
        is(Hive { evidence: Evidence::file(&VolumeId::partition(ROOT), path), ..Hive::default() })
    };
    let named = |name: &&str| (name.to_string(), is(program(name)));
    let system = ["ntoskrnl.exe", "hal.dll", "winload.exe", "winload.efi"];
    let demand = ["netkvm", "balloon", "vioser", "viorng", "pvpanic", "fwcfg"];
    let mut drivers: std::collections::BTreeMap<_, _> =
        demand.iter().map(|name| (name.to_string(), fit(name, ServiceStart::Demand))).collect();
    drivers.extend(["viostor", "vioscsi", "stornvme"].map(|name| (name.into(), fit(name, ServiceStart::Boot))));
    let agent = |name: &str| (name.into(), is(win_service(name, ServiceStart::Auto)));
    Windows {
        system_root: "/Windows".into(),
        hives: ["SYSTEM", "SOFTWARE", "SAM", "SECURITY", "DEFAULT"].map(|name| (name.into(), hive(name))).into(),
        control_set: claim("ControlSet001".into(), r"Select\Current"),
        version: version(),
        system_files: system.iter().map(named).collect(),
        boot_drivers: is(["disk", "partmgr"].map(|name| win_service(name, ServiceStart::Boot)).into()),
        class_filters: is(vec![filter("partmgr")]),
        drivers,
        foreign_drivers: Known::Absent,
        xen_hiding: Known::Absent,
        device_installation_disabled: Known::Absent,
        group_policies: Known::Absent,
        hotfixes: is(vec!["KB4470788".into()]),
        boot_stores: is(vec![store()]),
        boot_ini: Known::Absent,
        bios_manager: is(program("bootmgr")),
        uefi_manager: Known::Absent,
        partition_start: is(PartitionStart {
            volume: VolumeId::partition(1),
            starts: is("BOOTMGR".into()),
            hidden_sectors: 2048,
            first_sector: is(2048),
            heads: 255,
        }),
        drive_letters: is(vec![DriveLetter {
            name: "C:".into(),
            volume: is(VolumeId::partition(ROOT)),
            evidence: registry("MountedDevices"),
        }]),
        hibernated: Known::Absent,
        fast_startup: claim(false, "HiberbootEnabled"),
        pending_updates: Known::Absent,
        setup: setup(),
        remote_desktop: RemoteDesktop {
            allowed: claim(true, "fDenyTSConnections"),
            port: claim(3389, "PortNumber"),
            network_level_authentication: claim(true, "UserAuthentication"),
            service: claim(true, "TermService"),
        },
        firewall: WindowsFirewall {
            domain: claim(true, "EnableFirewall"),
            private: claim(true, "EnableFirewall"),
            public: claim(true, "EnableFirewall"),
            remote_desktop: is(vec![FirewallRule {
                name: "RemoteDesktop-UserMode-In-TCP".into(),
                allows: true,
                profiles: vec![],
                evidence: registry("FirewallRules"),
            }]),
        },
        adapters: is(vec![Adapter {
            id: "{0d0e0b01-0000-0000-0000-000000000000}".into(),
            name: is("Ethernet".into()),
            dhcp: is(true),
            addresses: Known::Absent,
            name_servers: Known::Absent,
            evidence: registry("Interfaces"),
        }]),
        rtc_utc: claim(true, "RealTimeIsUniversal"),
        san_policy: claim(1, "SanPolicy"),
        agents: [
            agent("vminit"),
            agent("aliyunservice"),
            ("cloudbase-init".into(), Known::Absent),
            ("qemu-ga".into(), Known::Absent),
        ]
        .into(),
        foreign_tools: Known::Absent,
        security_programs: Known::Absent,
        secrets: Known::Absent,
        administrator: is(Account {
            name: is("Administrator".into()),
            disabled: is(false),
            evidence: in_file("/Windows/System32/config/SAM", 1, "000001F4"),
        }),
        desktop_ini: is(vec!["/Users/Public/Desktop/desktop.ini".into()]),
        ..Windows::default()
    }
}

/// A filter of disks with its driver.
pub(crate) fn filter(driver: &str) -> ClassFilter {
    ClassFilter {
        class: "{4d36e967-e325-11ce-bfc1-08002be10318}".into(),
        class_name: "disk drives".into(),
        upper: true,
        driver: driver.into(),
        service: is(win_service(driver, ServiceStart::Boot)),
        evidence: registry("UpperFilters"),
    }
}

fn version() -> WindowsVersion {
    WindowsVersion {
        product: claim("Windows Server 2019 Standard".into(), "ProductName"),
        kernel: claim((10, 0), "CurrentMajorVersionNumber"),
        build: claim(17763, "CurrentBuildNumber"),
        revision: claim(1, "UBR"),
        service_pack: Known::Absent,
        edition: claim("ServerStandard".into(), "EditionID"),
        installation: claim("Server".into(), "InstallationType"),
        release: claim("1809".into(), "ReleaseId"),
        product_type: claim(ProductType::Server, "ProductType"),
        evaluation: is(false),
    }
}

fn store() -> BootStore {
    let device = BcdDevice {
        kind: BcdDeviceKind::Partition,
        volume: is(VolumeId::partition(ROOT)),
        evidence: in_file("/Boot/BCD", 1, "11000001"),
        ..BcdDevice::default()
    };
    BootStore {
        firmware: Firmware::Bios,
        evidence: Evidence::file(&VolumeId::partition(1), "/Boot/BCD"),
        timeout: is(30),
        entries: is(vec![BcdEntry {
            id: "{0d0e0b02-0000-0000-0000-000000000000}".into(),
            path: is(r"\Windows\system32\winload.exe".into()),
            system_root: is(r"\Windows".into()),
            device: is(device.clone()),
            os_device: is(device),
            safe_boot: Known::Absent,
            win_pe: Known::Absent,
            evidence: in_file("/Boot/BCD", 1, "Objects"),
            ..BcdEntry::default()
        }]),
        default: is(0),
        ..BootStore::default()
    }
}

fn setup() -> Setup {
    Setup {
        image_state: claim("IMAGE_STATE_COMPLETE".into(), "ImageState"),
        in_progress: claim(false, "SystemSetupInProgress"),
        oobe_in_progress: claim(false, "OOBEInProgress"),
        setup_type: claim(0, "SetupType"),
        command: Known::Absent,
        generalization: claim(7, "GeneralizationState"),
        cleanup: claim(2, "CleanupState"),
        sysprep_succeeded: Known::Absent,
        generalized: is(false),
    }
}
