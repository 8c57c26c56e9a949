//! Whole installations.

mod boot;
mod drivers;
mod state;

use super::testing::{Files, guest, hive, partition, pe, server_2019};
use crate::testing::volumes;
use facts::{Architecture, HiveState, Known, Os, ProductType, VolumeId};

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
