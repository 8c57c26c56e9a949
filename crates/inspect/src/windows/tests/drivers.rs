//! Drivers, and what makes them fit.

use super::super::testing::{Made, Put, guest, hive, partition, pe, server_2019};
use crate::testing::volumes;
use facts::{Known, Os, Readiness, ServiceStart, Windows};

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
