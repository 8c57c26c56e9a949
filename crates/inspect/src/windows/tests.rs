//! Whole installations.

use super::testing::{Files, Made, Put, SIGNATURE, guest, hive, partition, pe, server_2019};
use crate::testing::volumes;
use facts::{Architecture, HiveState, Known, Os, ProductType, Readiness, ServiceStart, VolumeId, Windows};

/// A device of a boot configuration store on an MBR disk.
fn device(signature: u32, offset: u64) -> Vec<u8> {
    let mut bytes = vec![0; 0x58];
    bytes[16] = 6;
    bytes[24] = 0x48;
    bytes[0x20..0x28].copy_from_slice(&offset.to_le_bytes());
    bytes[0x34] = 1;
    bytes[0x38..0x3c].copy_from_slice(&signature.to_le_bytes());
    bytes
}

#[test]
fn version_names_and_architecture() {
    let guest = server_2019().guest();
    assert_eq!((guest.os, guest.root.clone()), (Os::Windows, VolumeId::partition(1)));
    let distribution = guest.distribution.value().unwrap();
    assert_eq!((distribution.id.as_str(), distribution.version.as_str()), ("windows", "10.0.17763"));
    assert_eq!(distribution.name, "Windows Server 2019 Standard");
    assert_eq!(guest.platform.value().unwrap().value, "Windows Server 2019");
    assert_eq!(guest.architecture.value().unwrap().value, Architecture::X86_64);
    let hostname = guest.hostname.value().unwrap();
    assert_eq!(hostname.value, "WIN-1", "of the control set in use");
    let evidence = &hostname.evidence[0];
    assert_eq!(evidence.path.as_deref(), Some("/Windows/System32/config/SYSTEM"));
    assert!(evidence.text.as_deref().unwrap().starts_with(r"ControlSet002\Services\Tcpip"));
    let windows = guest.windows.unwrap();
    assert_eq!(windows.version.revision.value().unwrap().value, 5122);
    assert_eq!(windows.version.product_type.value().unwrap().value, ProductType::Server);
    assert_eq!(windows.version.evaluation, Known::Is(false));
    assert!(windows.version.service_pack.is_absent());
    assert_eq!(windows.hives["SYSTEM"].value().unwrap().state, HiveState::Clean);
    assert!(windows.hives["SECURITY"].is_absent());
    assert!(windows.hibernated.is_absent() && windows.pending_updates.is_absent() && windows.boot_stores.is_absent());
}

#[test]
fn what_lies_in_a_hive_that_is_not_there_is_unknown() {
    let mut files = server_2019().files();
    files.remove("/Windows/System32/config/SOFTWARE");
    files.put("/Windows/System32/config/SYSTEM", b"no hive".to_vec());
    files.put("/Windows/System32/ntoskrnl.exe", b"!wof".to_vec());
    let guest = guest(&volumes(vec![partition(1, files)]));
    assert!(guest.distribution.reason().is_some() && guest.platform.reason().is_some());
    assert!(guest.hostname.reason().is_some());
    assert_eq!(guest.architecture.value().unwrap().value, Architecture::X86_64, "by another file");
    let windows = guest.windows.unwrap();
    assert!(windows.hives["SOFTWARE"].is_absent() && windows.hives["SYSTEM"].reason().is_some());
    assert!(windows.drivers["viostor"].reason().is_some() && windows.boot_drivers.reason().is_some());
    assert!(windows.pending_updates.reason().is_some() && windows.remote_desktop.allowed.reason().is_some());
    assert!(windows.system_files["ntoskrnl.exe"].value().unwrap().architecture.reason().is_some());
}

#[test]
fn a_directory_alone_is_no_windows() {
    let mut files = Files::default();
    files.put("/Windows/System32/drivers/etc/hosts", Vec::new());
    let volumes = volumes(vec![partition(1, files)]);
    assert_eq!(volumes.all()[0].facts.role, Known::Is(facts::Role::Data));
}

#[test]
fn paths_of_any_case_are_found() {
    let mut files = Files::default();
    let made = server_2019();
    files.put("/WINDOWS/system32/CONFIG/system", hive(&made.system));
    files.put("/WINDOWS/system32/CONFIG/software", hive(&made.software));
    files.put("/WINDOWS/system32/NTOSKRNL.EXE", pe(0x14c));
    let guest = guest(&volumes(vec![partition(1, files)]));
    assert_eq!(guest.windows.unwrap().system_root, "/WINDOWS");
    assert_eq!(guest.architecture.value().unwrap().value, Architecture::I386);
}

const VIOSTOR: &str = r"ControlSet002\Services\viostor";

fn with_viostor<'a>() -> Made<'a> {
    server_2019()
        .system(&[
            (r"ControlSet002\Services\viostor|Start", Put::Number(0)),
            (r"ControlSet002\Services\viostor|Type", Put::Number(1)),
            (r"ControlSet002\Services\viostor|Group", Put::Text("SCSI miniport")),
            (r"ControlSet002\Services\viostor|ImagePath", Put::Text(r"\SystemRoot\System32\drivers\viostor.sys")),
            (
                r"DriverDatabase\DeviceIds\PCI\VEN_1AF4&DEV_1001&SUBSYS_00021AF4&REV_00|oem3.inf",
                Put::Bytes(&[1, 255, 0, 0]),
            ),
            (r"DriverDatabase\DriverInfFiles\oem3.inf|Active", Put::Text("viostor.inf_amd64_0")),
            (
                r"DriverDatabase\DriverPackages\viostor.inf_amd64_0\Configurations\scsi_inst|Service",
                Put::Text("viostor"),
            ),
        ])
        .file("/Windows/System32/drivers/viostor.sys", pe(0x8664))
        .file("/Windows/System32/DriverStore/FileRepository/viostor.inf_amd64_0/viostor.sys", pe(0x8664))
}

fn readiness(windows: &Windows) -> &Known<Readiness> {
    &windows.drivers["viostor"].value().unwrap().readiness
}

#[test]
fn a_boot_driver_that_is_ready() {
    let windows = with_viostor().windows();
    let driver = windows.drivers["viostor"].value().unwrap();
    assert_eq!(driver.readiness, Known::Is(Readiness::Ready), "{:?}", driver.problems);
    let binding = &driver.bindings.value().unwrap()[0];
    assert_eq!(binding.device, r"PCI\VEN_1AF4&DEV_1001&SUBSYS_00021AF4&REV_00");
    assert_eq!(binding.package.as_deref(), Some("viostor.inf_amd64_0"));
    assert_eq!(driver.packages.value().unwrap().len(), 1);
    assert!(windows.drivers["netkvm"].is_absent());
    assert_eq!(windows.boot_drivers.value().unwrap()[0].name, "viostor");
}

#[test]
fn what_keeps_a_boot_driver_from_being_ready() {
    let with = |row| with_viostor().system(&[row]).windows();
    let override_0 = with((r"ControlSet002\Services\viostor\StartOverride|0", Put::Number(3)));
    assert_eq!(readiness(&override_0), &Known::Is(Readiness::Broken));
    assert_eq!(override_0.drivers["viostor"].value().unwrap().service.start_override, Known::Is(ServiceStart::Demand));
    let graded = |change: &dyn Fn(&mut Made<'_>)| {
        let mut made = with_viostor();
        change(&mut made);
        readiness(&made.windows()).clone()
    };
    let set = |made: &mut Made<'_>, name: &str, put| {
        let place = format!("{VIOSTOR}|{name}");
        made.system.iter_mut().filter(|row| row.0 == place).for_each(|row| row.1 = put);
    };
    assert_eq!(graded(&|made| set(made, "Start", Put::Number(3))), Known::Is(Readiness::NotBootStart));
    assert_eq!(graded(&|made| set(made, "Start", Put::Number(4))), Known::Is(Readiness::Broken));
    assert_eq!(graded(&|made| set(made, "Group", Put::Text("NDIS"))), Known::Is(Readiness::NotBootStart));
    assert_eq!(
        graded(&|made| made.files.retain(|(path, _)| !path.contains("/drivers/"))),
        Known::Is(Readiness::Broken)
    );
    let other_machine = |made: &mut Made<'_>| {
        made.files.iter_mut().for_each(|(path, bytes)| {
            if path.ends_with("drivers/viostor.sys") {
                *bytes = pe(0x14c);
            }
        })
    };
    assert_eq!(graded(&other_machine), Known::Is(Readiness::Broken));
    let unmatched = |made: &mut Made<'_>| made.system.retain(|row| !row.0.contains("DeviceIds"));
    assert_eq!(graded(&unmatched), Known::Is(Readiness::Unmatched));
    let compressed = |made: &mut Made<'_>| {
        made.files.iter_mut().for_each(|(path, bytes)| {
            if path.ends_with("drivers/viostor.sys") {
                *bytes = b"!wof".to_vec();
            }
        })
    };
    assert!(graded(&compressed).reason().is_some());
}

#[test]
fn before_windows_8_the_critical_device_database_ties() {
    let mut made = with_viostor();
    made.system.retain(|row| !row.0.starts_with("DriverDatabase"));
    assert_eq!(readiness(&made.windows()), &Known::Is(Readiness::Unmatched));
    let key = r"ControlSet002\Control\CriticalDeviceDatabase\pci#ven_1af4&dev_1001&subsys_00021af4|Service";
    let windows = made.system(&[(key, Put::Text("viostor"))]).windows();
    assert_eq!(readiness(&windows), &Known::Is(Readiness::Ready));
}

#[test]
fn filters_without_a_driver() {
    let class = r"ControlSet002\Control\Class\{4D36E967-E325-11CE-BFC1-08002BE10318}";
    let upper = format!("{class}|UpperFilters");
    let windows = server_2019()
        .system(&[
            (&upper, Put::List(&["partmgr", "gone"])),
            (r"ControlSet002\Services\partmgr|Start", Put::Number(0)),
            (r"ControlSet002\Services\partmgr|Type", Put::Number(1)),
            (r"ControlSet002\Services\xenbus|Start", Put::Number(0)),
        ])
        .file("/Windows/System32/drivers/partmgr.sys", pe(0x8664))
        .windows();
    let filters = windows.class_filters.value().unwrap();
    assert_eq!((filters[0].driver.as_str(), filters[0].upper), ("partmgr", true));
    assert!(filters[0].service.value().unwrap().file.value().is_some());
    assert!(filters[1].service.is_absent());
    assert_eq!(windows.foreign_drivers.value().unwrap()[0].name, "xenbus");
}

/// A store whose default entry starts Windows from that device.
fn store(device: &[u8]) -> Vec<u8> {
    const ENTRY: &str = "{9dd54393-76ea-11ed-8c7c-de4e190a0ee1}";
    let manager = r"Objects\{9dea862c-5cdd-4e70-acc1-f32b344d4795}\Elements";
    let object = format!(r"Objects\{ENTRY}");
    let at = |element: &str| format!(r"{object}\Elements\{element}|Element");
    let rows: Vec<(String, Put<'_>)> = vec![
        (format!(r"{manager}\23000003|Element"), Put::Text(ENTRY)),
        (format!(r"{manager}\25000004|Element"), Put::Bytes(&[30, 0, 0, 0, 0, 0, 0, 0])),
        (format!(r"{object}\Description|Type"), Put::Number(0x1020_0003)),
        (at("11000001"), Put::Bytes(device)),
        (at("12000002"), Put::Text(r"\Windows\system32\winload.exe")),
        (at("21000001"), Put::Bytes(device)),
        (at("22000002"), Put::Text(r"\Windows")),
        (at("16000049"), Put::Bytes(&[1])),
        (at("25000080"), Put::Bytes(&[1, 0, 0, 0, 0, 0, 0, 0])),
    ];
    hive(&rows.iter().map(|(place, put)| (place.as_str(), *put)).collect::<Vec<_>>())
}

fn system_partition(store: Vec<u8>) -> Files {
    let mut files = Files::default();
    files.put("/bootmgr", vec![1; 100]);
    files.put("/Boot/BCD", store);
    files
}

#[test]
fn the_store_leads_to_windows_or_to_another_disk() {
    let windows = |device: &[u8]| {
        let held = vec![partition(1, system_partition(store(device))), partition(2, server_2019().files())];
        *guest(&volumes(held)).windows.unwrap()
    };
    let good = windows(&device(SIGNATURE, 2 << 20));
    let stores = good.boot_stores.value().unwrap();
    assert_eq!((stores.len(), stores[0].timeout.clone()), (1, Known::Is(30)));
    let entry = stores[0].default_entry().unwrap();
    assert_eq!(entry.path.value().unwrap(), r"\Windows\system32\winload.exe");
    assert_eq!(entry.os_device.value().unwrap().volume, Known::Is(VolumeId::partition(2)));
    assert_eq!(
        (entry.safe_boot.clone(), entry.test_signing.clone(), entry.win_pe.clone()),
        (Known::Is(1), Known::Is(true), Known::Is(false))
    );
    assert_eq!(good.bios_manager.value().unwrap().evidence.volume, Some(VolumeId::partition(1)));
    for device in [device(1, 2 << 20), device(SIGNATURE, 5)] {
        let other = windows(&device);
        let device = other.boot_stores.value().unwrap()[0].default_entry().unwrap().os_device.clone();
        assert!(device.value().unwrap().volume.is_absent(), "{device:?}");
    }
}

#[test]
fn of_two_windows_the_store_names_the_one_that_starts() {
    for (offset, chosen) in [(2u64 << 20, 2), (3 << 20, 3)] {
        let store = store(&device(SIGNATURE, offset));
        let held = vec![
            partition(1, system_partition(store)),
            partition(2, server_2019().files()),
            partition(3, server_2019().files()),
        ];
        let guest = guest(&volumes(held));
        assert_eq!((guest.root, guest.other_roots.len()), (VolumeId::partition(chosen), 1));
    }
}

#[test]
fn letters_and_mounts() {
    let mut here = SIGNATURE.to_le_bytes().to_vec();
    here.extend((1u64 << 20).to_le_bytes());
    let windows = server_2019().system(&[
        (r"MountedDevices|\DosDevices\C:", Put::Bytes(&here)),
        (r"MountedDevices|\DosDevices\D:", Put::Bytes(&[9; 12])),
        (r"MountedDevices|\DosDevices\E:", Put::Bytes(&[9; 40])),
    ]);
    let guest = windows.guest();
    let letters = guest.windows.unwrap().drive_letters;
    let letters: Vec<_> =
        letters.value().unwrap().iter().map(|letter| (letter.name.clone(), letter.volume.clone())).collect();
    assert_eq!(letters, [("C:".into(), Known::Is(VolumeId::partition(1))), ("D:".into(), Known::Absent)]);
    assert_eq!(guest.mounts[0].path, "C:");
}

#[test]
fn the_state_it_was_left_in() {
    let windows = server_2019()
        .system(&[
            ("Setup|SystemSetupInProgress", Put::Number(0)),
            ("Setup|SetupType", Put::Number(2)),
            (r"Setup\Status\SysprepStatus|GeneralizationState", Put::Number(3)),
            (r"ControlSet002\Control\Session Manager|PendingFileRenameOperations", Put::List(&[r"\??\C:\x"])),
            (r"ControlSet002\Control\Session Manager\Power|HiberbootEnabled", Put::Number(1)),
            (r"ControlSet002\Control\TimeZoneInformation|RealTimeIsUniversal", Put::Number(1)),
            (r"ControlSet002\Services\partmgr\Parameters|SanPolicy", Put::Number(1)),
        ])
        .software(&[
            (r"Microsoft\Windows\CurrentVersion\Setup\State|ImageState", Put::Text("IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE")),
            (r"Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending", Put::Nothing),
            (r"Microsoft\Windows\CurrentVersion\Component Based Servicing\PackagesPending", Put::Nothing),
            (r"Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages\Package_for_KB5009624~31|CurrentState", Put::Number(0x70)),
            (r"Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages\Package_for_KB5009546~31|CurrentState", Put::Number(0x50)),
            (r"Microsoft\Windows NT\CurrentVersion\Winlogon|DefaultPassword", Put::Text("hush")),
        ])
        .file("/hiberfil.sys", b"HIBR\0\0\0\0".to_vec())
        .file("/Windows/Panther/unattend.xml", b"<AdministratorPassword>hush</AdministratorPassword>".to_vec())
        .windows();
    assert!(windows.hibernated.value().is_some());
    let pending: Vec<_> =
        windows.pending_updates.value().unwrap().iter().map(|pending| pending.name.as_str()).collect();
    assert_eq!(pending, ["RebootPending", "PendingFileRenameOperations"], "an empty list of packages is none");
    assert_eq!(windows.hotfixes, Known::Is(vec!["KB5009624".into()]));
    assert_eq!(windows.setup.generalized, Known::Is(true));
    assert_eq!(windows.setup.generalization.value().unwrap().value, 3);
    assert!(windows.fast_startup.value().unwrap().value && windows.rtc_utc.value().unwrap().value);
    assert_eq!(windows.san_policy.value().unwrap().value, 1);
    assert_eq!(windows.secrets.value().unwrap().len(), 2);
    assert!(!serde_json::to_string(&windows).unwrap().contains("hush"), "nothing of a secret is kept");
    let zeros = server_2019().file("/hiberfil.sys", vec![0; 16]).windows();
    assert!(zeros.hibernated.is_absent());
}

#[test]
fn remote_desktop_and_network() {
    let rule = "v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Public|LPort=3390|App=System|";
    let windows = server_2019()
        .system(&[
            (r"ControlSet002\Control\Terminal Server|fDenyTSConnections", Put::Number(0)),
            (r"ControlSet002\Control\Terminal Server\WinStations\RDP-Tcp|PortNumber", Put::Number(3390)),
            (r"ControlSet002\Services\TermService|Start", Put::Number(3)),
            (
                r"ControlSet002\Services\SharedAccess\Parameters\FirewallPolicy\PublicProfile|EnableFirewall",
                Put::Number(1),
            ),
            (r"ControlSet002\Services\SharedAccess\Parameters\FirewallPolicy\FirewallRules|mine", Put::Text(rule)),
            (r"ControlSet002\Services\Tcpip\Parameters\Interfaces\{1}|EnableDHCP", Put::Number(0)),
            (r"ControlSet002\Services\Tcpip\Parameters\Interfaces\{1}|IPAddress", Put::List(&["10.0.0.5"])),
            (r"ControlSet002\Services\Tcpip\Parameters\Interfaces\{2}|EnableDHCP", Put::Number(1)),
            (r"ControlSet002\Services\Tcpip\Parameters\Interfaces\{2}|IPAddress", Put::List(&["0.0.0.0"])),
            (r"ControlSet002\Services\cloudbase-init|Start", Put::Number(2)),
            (
                r"ControlSet002\Services\cloudbase-init|ImagePath",
                Put::Text(r#""C:\Program Files\Cloudbase\x.exe" --service"#),
            ),
        ])
        .software(&[
            (r"Policies\Microsoft\Windows NT\Terminal Services|fDenyTSConnections", Put::Number(1)),
            (r"Microsoft\Windows\CurrentVersion\Uninstall\{x}|DisplayName", Put::Text("VMware Tools")),
            (r"Wow6432Node\Microsoft\Windows\CurrentVersion\Uninstall\y|DisplayName", Put::Text("Kaspersky Endpoint")),
        ])
        .file("/Program Files/Cloudbase/x.exe", pe(0x8664))
        .windows();
    let allowed = windows.remote_desktop.allowed.value().unwrap();
    assert!(!allowed.value, "the policy wins");
    assert_eq!(windows.remote_desktop.port.value().unwrap().value, 3390);
    assert!(windows.remote_desktop.service.value().unwrap().value);
    assert!(windows.firewall.public.value().unwrap().value && windows.firewall.domain.is_absent());
    assert_eq!(windows.firewall.remote_desktop.value().unwrap()[0].name, "mine");
    let adapters = windows.adapters.value().unwrap();
    assert_eq!(
        (adapters[0].dhcp.clone(), adapters[0].addresses.clone()),
        (Known::Is(false), Known::Is(vec!["10.0.0.5".into()]))
    );
    assert!(adapters[1].addresses.is_absent() && adapters[1].name.is_absent());
    assert!(windows.agents["cloudbase-init"].value().unwrap().file.value().is_some());
    assert!(windows.agents["vminit"].is_absent());
    assert_eq!(windows.foreign_tools.value().unwrap()[0].value, "VMware Tools");
    assert_eq!(windows.security_programs.value().unwrap()[0].value, "Kaspersky Endpoint");
}

#[test]
fn the_administrator() {
    let mut record = [0u8; 80];
    record[0x38] = 0x11;
    let mut made = server_2019();
    made.sam.push((r"SAM\Domains\Account\Users\000001F4|F", Put::Bytes(&record)));
    assert_eq!(made.windows().administrator.value().unwrap().disabled, Known::Is(true));
    assert!(server_2019().windows().administrator.is_absent());
}

#[test]
fn a_hive_that_was_left_half_written_says_so() {
    let made = server_2019();
    let mut files = made.files();
    let mut system = hive(&made.system);
    system[4..8].copy_from_slice(&9u32.to_le_bytes());
    let sum = regf::calculate_checksum(&system[..512]);
    system[508..512].copy_from_slice(&sum.to_le_bytes());
    files.put("/Windows/System32/config/SYSTEM", system);
    let guest = guest(&volumes(vec![partition(1, files)]));
    assert_eq!(guest.hostname.value().unwrap().value, "WIN-1", "what is there is read");
    assert_eq!(guest.windows.unwrap().hives["SYSTEM"].value().unwrap().state, HiveState::Dirty);
}

#[test]
fn windows_before_vista_has_a_menu_of_its_own() {
    let current = r"Microsoft\Windows NT\CurrentVersion";
    let rows = [
        (format!("{current}|ProductName"), "Microsoft Windows Server 2003"),
        (format!("{current}|CurrentVersion"), "5.2"),
        (format!("{current}|CurrentBuildNumber"), "3790"),
        (format!("{current}|CSDVersion"), "Service Pack 2"),
    ];
    let rows: Vec<_> = rows.iter().map(|(place, text)| (place.as_str(), Put::Text(text))).collect();
    let mut files = Files::default();
    files.put("/OS2003/system32/config/software", hive(&rows));
    files.put(
        "/OS2003/system32/config/system",
        hive(&[(r"ControlSet001\Control\ProductOptions|ProductType", Put::Text("LanmanNT"))]),
    );
    files.put("/OS2003/system32/ntoskrnl.exe", pe(0x14c));
    files.put("/ntldr", vec![0; 8]);
    let menu = "[boot loader]\r\ntimeout=5\r\ndefault=multi(0)disk(0)rdisk(0)partition(1)\\OS2003\r\n\
        [operating systems]\r\nmulti(0)disk(0)rdisk(0)partition(1)\\OS2003=\"Windows Server 2003\" /fastdetect\r\n";
    files.put("/boot.ini", menu.as_bytes().to_vec());
    let guest = guest(&volumes(vec![partition(1, files)]));
    assert_eq!(guest.distribution.value().unwrap().version, "5.2.3790");
    assert_eq!(guest.platform.value().unwrap().value, "Windows Server 2003");
    let windows = guest.windows.unwrap();
    assert_eq!(windows.version.product_type.value().unwrap().value, ProductType::DomainController);
    assert_eq!(windows.version.service_pack.value().unwrap().value, "Service Pack 2");
    let menu = windows.boot_ini.value().unwrap();
    assert_eq!((menu.timeout.clone(), menu.default.clone()), (Known::Is(5), Known::Is(0)));
    assert_eq!(menu.entries[0].volume, Known::Is(VolumeId::partition(1)));
    assert_eq!(windows.bios_manager.value().unwrap().evidence.path.as_deref(), Some("/ntldr"));
    assert!(windows.partition_start.value().unwrap().starts.is_absent());
}

#[test]
fn no_damaged_hive_ends_in_a_panic() {
    let made = with_viostor();
    let system = hive(&made.system);
    let mut seed = 0x2545_f491_4f6c_dd1du64;
    for round in 0..300 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let [a, b, c, d, ..] = seed.to_be_bytes();
        let mut bytes = system.clone();
        let at = 4096 + usize::from(u16::from_be_bytes([a, b])) % (bytes.len() - 4096);
        bytes[at] = c;
        if round % 3 == 0 {
            bytes.truncate(4096 + usize::from(u16::from_be_bytes([c, d])) % 8192);
        }
        let mut files = made.files();
        files.put("/Windows/System32/config/SYSTEM", bytes);
        let guest = guest(&volumes(vec![partition(1, files)]));
        assert_eq!(guest.os, Os::Windows);
    }
}
