//! WIN-BCD: the boot configuration starts a Windows that is there.

use crate::rules::linux::boot_bios::{Way, wanted};
use crate::rules::prelude::*;

/// The first build that has a BCD.
pub(super) const VISTA: u32 = 6000;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-BCD",
    aliases: &["GUESTOS.BCD"],
    title: "The boot configuration starts a Windows that is there",
    severity: Severity::NoBoot,
    confidence: Confidence::Current,
    source: "Check and repair custom images, item Bcd (2025)",
    docs: "\
# What it checks
Whether there is a boot configuration store (BCD) for the firmware by which the disk is to boot, and the devices of
its default entry are on this disk; for Windows before Vista the same of boot.ini.

# Why ECS needs it
The boot manager finds Windows by the signature of the disk and the place of the partition, or by its GUID. A store
that names another disk ends in 0xc000000e or 0xc0000225 before Windows is loaded.

# How to fix
In the recovery environment: `bcdboot C:\\Windows /s S:` with S: the system partition (`/f UEFI` for UEFI), or
`bootrec /rebuildbcd`.
",
    check,
};

const REMEDY: &str = "write the boot configuration anew: bcdboot C:\\Windows /s S: (S: is the system partition)";

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, windows) = windows(facts, target)?;
    if windows_build(windows)? < VISTA {
        return boot_ini(guest, windows);
    }
    let firmware = match wanted(facts, target) {
        Way::Bios => Firmware::Bios,
        Way::Uefi => Firmware::Uefi,
    };
    let stores = known(&windows.boot_stores)?.map_or(&[][..], Vec::as_slice);
    let Some(store) = stores.iter().find(|store| store.firmware == firmware) else {
        let place = if firmware == Firmware::Bios { "/Boot/BCD" } else { "/EFI/Microsoft/Boot/BCD" };
        let message = format!("there is no boot configuration store {place} for the firmware");
        return Ok(vec![Finding::new(message, REMEDY).at(Evidence::words(format!("no {place}")))]);
    };
    let mut tally = Tally::default();
    if !store.damage.is_empty() || store.state == HiveState::Dirty {
        let finding = Finding::new("the boot configuration store is damaged or was left half written", REMEDY);
        tally.fail(finding.at(store.evidence.clone()).at_all(&store.damage).only(Severity::Degraded));
    }
    let entries = known(&store.entries)?.map_or(&[][..], Vec::as_slice);
    known(&store.default)?;
    let Some(entry) = store.default_entry().or(entries.first()) else {
        let message = "the boot configuration has no entry that starts Windows";
        tally.fail(Finding::new(message, REMEDY).at(store.evidence.clone()));
        return tally.done();
    };
    if store.default_entry().is_none() {
        let message = "the boot configuration has entries that start Windows, and none of them is the default";
        let finding = Finding::new(message, "name one: bcdedit /default");
        tally.fail(finding.at(store.evidence.clone()).only(Severity::Degraded));
    }
    device(&mut tally, entry, &entry.device, "loader");
    device(&mut tally, entry, &entry.os_device, "system");
    if let Some(mode) = tally.value(&entry.safe_boot) {
        let message = "the default entry starts Windows in safe mode";
        let finding = Finding::new(message, "delete the setting: bcdedit /deletevalue {default} safeboot");
        // Safe mode has a network only where the mode says so.
        let severity = if *mode == 1 { Severity::Degraded } else { Severity::NoLogin };
        tally.fail(finding.at(entry.evidence.clone()).only(severity));
    }
    tally.done()
}

/// A device of the default entry.
fn device(tally: &mut Tally, entry: &BcdEntry, device: &Known<BcdDevice>, what: &str) {
    if device.is_absent() {
        let message = format!("the default boot entry does not say where its {what} is");
        tally.fail(Finding::new(message, REMEDY).at(entry.evidence.clone()));
    }
    let Some(device) = tally.value(device) else { return };
    match device.kind {
        BcdDeviceKind::Boot | BcdDeviceKind::Locate => {}
        BcdDeviceKind::Partition if device.volume.is_absent() => {
            let message = format!("the {what} of the default boot entry is on a disk or partition that is not here");
            tally.fail(Finding::new(message, REMEDY).at(device.evidence.clone()).at(entry.evidence.clone()));
        }
        BcdDeviceKind::Partition => {
            tally.value(&device.volume);
        }
        BcdDeviceKind::File | BcdDeviceKind::Other => {
            tally.doubt(format!("the {what} of the default boot entry is on a device of a kind that is not followed"));
        }
    }
}

/// Before Vista.
fn boot_ini(guest: &Guest, windows: &Windows) -> Judged {
    let remedy = "write boot.ini anew: bootcfg /rebuild in the recovery console";
    let Some(file) = known(&windows.boot_ini)? else {
        let place = Evidence::file(&guest.root, "/boot.ini");
        return Ok(vec![Finding::new("there is no boot.ini", remedy).at(place)]);
    };
    let Some(entry) = known(&file.default)?.and_then(|&index| file.entries.get(index)) else {
        let message = "no entry of boot.ini starts by itself";
        return Ok(vec![Finding::new(message, remedy).at(file.evidence.clone())]);
    };
    if known(&entry.volume)?.is_some() {
        return passed();
    }
    let message = format!("boot.ini starts {}, and there is no such partition", entry.path);
    Ok(vec![Finding::new(message, remedy).at(entry.evidence.clone())])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn entry(facts: &mut Facts) -> &mut BcdEntry {
        &mut of(&mut bcd_of(facts).entries)[0]
    }

    cases! {
        fires: |facts, _| of(&mut entry(facts).os_device).volume = Known::Absent,
        passes: |_, _| (),
        undecided: |facts, _| windows_of(facts).boot_stores = Known::unknown("the volume could not be read"),
    }

    #[test]
    fn no_store_no_default_and_safe_mode() {
        let severity = |change| findings(&RULE, change)[0].severity;
        assert_eq!(severity(|facts, _| windows_of(facts).boot_stores = Known::Absent), Severity::NoBoot);
        assert_eq!(severity(|facts, _| bcd_of(facts).firmware = Firmware::Uefi), Severity::NoBoot);
        assert_eq!(severity(|facts, _| bcd_of(facts).default = Known::Absent), Severity::Degraded);
        assert_eq!(severity(|facts, _| bcd_of(facts).entries = Known::Absent), Severity::NoBoot);
        assert_eq!(severity(|facts, _| entry(facts).safe_boot = is(0)), Severity::NoLogin);
        assert_eq!(severity(|facts, _| bcd_of(facts).state = HiveState::Dirty), Severity::Degraded);
    }

    #[test]
    fn before_vista_it_is_boot_ini() {
        let found = findings(&RULE, |facts, _| set_build(facts, 3790));
        assert_eq!((found[0].message.as_str(), found[0].severity), ("there is no boot.ini", Severity::NoBoot));
    }
}
