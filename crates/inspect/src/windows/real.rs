//! Hives of real systems from the corpus, put into the places that they come from.

use super::testing::{Files, guest, partition, pe};
use crate::testing::volumes;
use facts::{Architecture, Guest, HiveState, Known, ServiceStart, Windows};
use std::path::{Path, PathBuf};
use std::process::Command;

fn file(name: &str) -> Option<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shared = std::env::var_os("BOOTWORTHY_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let output = Command::new("zstd").arg("-dcq").arg(shared.join("corpora/hive").join(format!("{name}.zst"))).output();
    let bytes = output.ok().filter(|output| output.status.success()).map(|output| output.stdout);
    if bytes.is_none() {
        assert!(std::env::var_os("BOOTWORTHY_REQUIRE_ORACLES").is_none_or(|value| value != "1"), "missing: {name}");
        eprintln!("SKIPPED: {name} of the corpus");
    }
    bytes
}

fn with(system: &str, software: &str, store: &str) -> Option<Guest> {
    let mut files = Files::default();
    files.put("/Windows/System32/config/SYSTEM", file(system)?);
    files.put("/Windows/System32/config/SOFTWARE", file(software)?);
    files.put("/Windows/System32/ntoskrnl.exe", pe(0x14c));
    files.put("/Boot/BCD", file(store)?);
    Some(guest(&volumes(vec![partition(1, files)])))
}

fn names<T>(items: &Known<Vec<T>>, name: impl Fn(&T) -> String) -> Vec<String> {
    items.value().unwrap().iter().map(name).collect()
}

#[test]
fn windows_7_from_vmware() {
    let Some(guest) = with("plaso-SYSTEM", "plaso-SOFTWARE", "ez-BCD") else { return };
    let distribution = guest.distribution.value().unwrap();
    assert_eq!((distribution.name.as_str(), distribution.version.as_str()), ("Windows 7 Ultimate", "6.1.7601"));
    assert_eq!(guest.platform.value().unwrap().value, "Windows 7");
    assert_eq!(guest.hostname.value().unwrap().value, "WKS-WIN732BITA");
    let windows = guest.windows.unwrap();
    assert_eq!(windows.declared_architecture.value().unwrap().value, Architecture::I386);
    assert!(windows.hives["SYSTEM"].value().is_some_and(|hive| hive.state == HiveState::Clean));
    check_drivers(&windows);
    check_access(&windows);
    assert!(names(&windows.hotfixes, Clone::clone).contains(&"KB2305420".to_owned()));
    assert_eq!(windows.setup.image_state.value().unwrap().value, "IMAGE_STATE_COMPLETE");
    assert_eq!((windows.setup.generalized, windows.setup.generalization.value().unwrap().value), (Known::Is(false), 7));
    assert_eq!(names(&windows.foreign_tools, |claim| claim.value.clone()), ["VMware Tools"]);
    assert_eq!(windows.security_programs.value().unwrap().len(), 5);
    assert!(windows.drive_letters.value().unwrap()[0].volume.is_absent(), "of another disk");
    let entry = windows.boot_stores.value().unwrap()[0].default_entry().unwrap().clone();
    assert_eq!((entry.title, entry.win_pe), (Known::Is("Windows Setup".into()), Known::Is(true)));
}

fn check_drivers(windows: &Windows) {
    let drivers = windows.boot_drivers.value().unwrap();
    assert_eq!(drivers.len(), 64);
    assert!(drivers.iter().all(|driver| driver.file.is_absent()), "every path is on the volume of Windows");
    let beep = drivers.iter().find(|driver| driver.name == "Beep").unwrap();
    assert_eq!((beep.start.clone(), beep.image_path.is_absent()), (Known::Is(ServiceStart::System), true));
    assert_eq!(names(&windows.class_filters, |filter| filter.driver.clone()), ["PartMgr", "fvevol", "rdyboost"]);
    let foreign = names(&windows.foreign_drivers, |driver| driver.name.to_lowercase());
    assert_eq!(foreign, ["vm3dmp", "vmci", "vmmemctl", "vmmouse", "vmrawdsk"]);
    assert!(windows.drivers["viostor"].is_absent() && windows.drivers["stornvme"].is_absent());
}

fn check_access(windows: &Windows) {
    let desktop = &windows.remote_desktop;
    assert!(desktop.allowed.value().unwrap().value && desktop.service.value().unwrap().value);
    assert_eq!(desktop.port.value().unwrap().value, 3389);
    assert!(windows.firewall.public.value().unwrap().value);
    assert_eq!(names(&windows.firewall.remote_desktop, |rule| rule.name.clone()), ["RemoteDesktop-In-TCP"]);
    let adapters = windows.adapters.value().unwrap();
    assert_eq!((adapters.len(), adapters[0].dhcp.clone()), (3, Known::Is(false)));
    assert_eq!(adapters[0].addresses, Known::Is(vec!["10.3.58.5".into()]));
}

#[test]
fn a_hive_from_a_running_system() {
    let Some(guest) = with("regipy-SYSTEM_2", "plaso-SOFTWARE", "ez-BCD") else { return };
    let windows = guest.windows.unwrap();
    assert_eq!(windows.hives["SYSTEM"].value().unwrap().state, HiveState::Dirty);
    assert!(windows.boot_drivers.value().unwrap().len() > 50);
}

#[test]
fn a_damaged_hive_leaves_things_unknown() {
    let Some(guest) = with("regipy-corrupted_system_hive", "plaso-SOFTWARE", "ez-BCD") else { return };
    let windows = guest.windows.unwrap();
    assert!(!windows.hives["SYSTEM"].value().unwrap().damage.is_empty());
    assert!(windows.boot_drivers.reason().is_some());
}
