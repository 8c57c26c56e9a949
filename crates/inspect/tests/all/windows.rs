//! Windows guests whose facts are known, in the directory that `BOOTWORTHY_GUESTS` names or in the corpus.

use facts::{Architecture, Facts, Known, Os, Readiness, Windows};
use serde_json::Value;

/// Compares what is said of a Windows guest with what it was made of.
pub(crate) fn check(name: &str, expected: &Value, facts: &Facts) {
    let text = |key: &str| expected[key].as_str().unwrap();
    let Known::Is(guest) = &facts.guest else { panic!("{name}: {:?}", facts.guest) };
    assert_eq!((guest.os, text("os_type")), (Os::Windows, "windows"), "{name}");
    let distribution = guest.distribution.value().unwrap();
    assert_eq!(distribution.id, text("distro"), "{name}");
    assert_eq!(distribution.version, text("version"), "{name}");
    assert_eq!(distribution.name, text("product"), "{name}");
    assert_eq!(guest.platform.value().unwrap().value, text("ecs_platform"), "{name}");
    assert_eq!(guest.hostname.value().unwrap().value, text("hostname"), "{name}");
    let architecture = match text("arch") {
        "x86_64" => Architecture::X86_64,
        "i386" => Architecture::I386,
        "aarch64" => Architecture::Arm64,
        other => panic!("{name}: {other}"),
    };
    assert_eq!(guest.architecture.value().unwrap().value, architecture, "{name}");
    assert_eq!(guest.root.0, format!("partition/{}", expected["root"]["partition"]), "{name}");
    let windows = guest.windows.as_ref().unwrap();
    check_windows(name, expected, windows);
    let (bios, uefi) = (windows.bios_manager.value().is_some(), windows.uefi_manager.value().is_some());
    assert_eq!((bios, uefi), (text("boot_mode") == "bios", text("boot_mode") == "uefi"), "{name}");
}

fn check_windows(name: &str, expected: &Value, windows: &Windows) {
    let text = |key: &str| expected[key].as_str().unwrap();
    let version = &windows.version;
    assert_eq!(version.build.value().unwrap().value.to_string(), text("build"), "{name}");
    assert_eq!(version.edition.value().map_or("", |claim| claim.value.as_str()), text("edition"), "{name}");
    assert!(windows.hives.values().all(|hive| hive.value().is_some_and(|hive| hive.damage.is_empty())), "{name}");
    let mut wanted: Vec<&str> =
        expected["windows_drivers"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
    wanted.sort_unstable();
    let installed = windows
        .drivers
        .iter()
        .filter(|(_, driver)| driver.value().is_some_and(|driver| driver.service.file.value().is_some()));
    let installed: Vec<&str> = installed.map(|(name, _)| name.as_str()).collect();
    assert_eq!(installed, wanted, "{name}");
    for driver in installed {
        // They are registered and there, but nothing was made that ties them to their devices.
        let driver = windows.drivers[driver].value().unwrap();
        assert_eq!(driver.readiness, Known::Is(Readiness::Unmatched), "{name}: {driver:?}");
    }
    assert_eq!(
        windows.hibernated.value().is_some(),
        expected["defect"].as_str().is_some_and(|text| text.contains("hibernated")),
        "{name}"
    );
    if expected["disk_id"].as_str().is_some_and(|id| id.starts_with("0x")) {
        let letters = windows.drive_letters.value().unwrap();
        assert_eq!(
            letters[0].volume.value().unwrap().0,
            format!("partition/{}", expected["root"]["partition"]),
            "{name}"
        );
    }
}
