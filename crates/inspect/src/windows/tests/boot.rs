//! The way from the boot manager to Windows.

use super::super::testing::{Files, Put, SIGNATURE, guest, hive, partition, pe, server_2019};
use crate::testing::volumes;
use facts::{Known, ProductType, VolumeId};

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
