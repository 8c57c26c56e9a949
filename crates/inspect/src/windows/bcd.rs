//! Boot configuration data: the store that the boot manager of Windows Vista and later reads. It is a registry hive.
//!
//! `Objects\{GUID}\Description` has the type of an object, `Objects\{GUID}\Elements\NUMBER` its settings. Numbers are
//! those of the WMI provider (`BcdLibraryElementTypes` and its like). Not followed: settings that an object inherits.

use super::node::Node;
use super::place::{self, Place, guid, le32, le64};
use super::registry::Loaded;
use crate::look::{Gap, Look, Outcome as _};
use crate::tree::Tree;
use crate::volumes::Volumes;
use facts::{BcdDevice, BcdDeviceKind, BcdEntry, BootStore, Firmware, Known, Role, Volume, VolumeId};
use hive::{Data, Value};

/// Where each firmware's boot manager has its store.
const STORES: [(Firmware, &str); 2] = [(Firmware::Bios, "/Boot/BCD"), (Firmware::Uefi, "/EFI/Microsoft/Boot/BCD")];

const BOOT_MANAGER: &str = "{9dea862c-5cdd-4e70-acc1-f32b344d4795}";

/// Type of an object that loads Windows.
const OS_LOADER: u32 = 0x1020_0003;

/// Most loaders of one store that are reported.
const MAX_ENTRIES: usize = 256;

/// All stores on the disk, those of the volume that firmware starts first.
pub(super) fn stores(volumes: &Volumes, facts: &[Volume]) -> Look<Vec<BootStore>> {
    let mut stores = Vec::new();
    let mut gap = Gap::Absent;
    let mut order: Vec<_> = (0..facts.len()).collect();
    order.sort_by_key(|&index| !facts[index].bootable);
    for index in order.into_iter().filter(|&index| volumes.all()[index].files.is_ok()) {
        let tree = Tree::new(volumes, index);
        for (firmware, path) in STORES {
            if firmware == Firmware::Uefi && facts[index].role.value() != Some(&Role::Esp) {
                continue;
            }
            match Loaded::read(&tree, path) {
                Ok(hive) => stores.push(store(firmware, &hive, &facts[index].id, facts)),
                Err(Gap::Absent) => {}
                Err(unknown) => gap = unknown,
            }
        }
    }
    if stores.is_empty() { Err(gap) } else { Ok(stores) }
}

fn store(firmware: Firmware, hive: &Loaded, own: &VolumeId, volumes: &[Volume]) -> BootStore {
    let manager = hive.key(&format!(r"Objects\{BOOT_MANAGER}\Elements"));
    let manager = |element: &str| manager.as_ref().map_err(Clone::clone).and_then(|key| self::element(key, element));
    let entries = entries(hive, own, volumes);
    let default = entries.as_ref().map_err(Clone::clone).and_then(|entries| {
        let named = manager("23000003").and_then(|value| value.text().map(str::to_owned).ok_or(Gap::Absent));
        // Without a default, the first of the menu starts.
        let first = || {
            manager("24000001")
                .and_then(|value| value.list().and_then(|list| Some(list.first()?.to_string())).ok_or(Gap::Absent))
        };
        let id = named.or_else(|gap| if gap == Gap::Absent { first() } else { Err(gap) })?;
        entries.iter().position(|entry| entry.id.eq_ignore_ascii_case(&id)).ok_or(Gap::Absent)
    });
    BootStore {
        firmware,
        evidence: hive.evidence().clone(),
        state: hive.state(),
        damage: hive.damage(),
        timeout: manager("25000004").and_then(|value| integer(&value).ok_or(Gap::Absent)).known(),
        default: default.known(),
        entries: entries.known(),
    }
}

fn entries(hive: &Loaded, own: &VolumeId, volumes: &[Volume]) -> Look<Vec<BcdEntry>> {
    let mut entries = Vec::new();
    for object in hive.key("Objects")?.keys()? {
        let kind = object.key("Description").and_then(|key| key.number("Type")).optional()?;
        if kind.is_some_and(|kind| kind.value == OS_LOADER) && entries.len() < MAX_ENTRIES {
            entries.push(entry(&object, own, volumes));
        }
    }
    if entries.is_empty() { Err(Gap::Absent) } else { Ok(entries) }
}

fn entry(object: &Node<'_>, own: &VolumeId, volumes: &[Volume]) -> BcdEntry {
    let elements = object.key("Elements");
    let value = |number: &str| elements.as_ref().map_err(Clone::clone).and_then(|key| element(key, number));
    let text = |number| value(number).and_then(|value| value.text().map(str::to_owned).ok_or(Gap::Absent)).known();
    let number = |number| value(number).and_then(|value| integer(&value).ok_or(Gap::Absent));
    // What is not set is off.
    let flag = |name| number(name).optional().map(|number| number.is_some_and(|number| number != 0)).known();
    let device = |number: &str| {
        let found = value(number)?;
        Ok(device(found.bytes().unwrap_or_default(), object, number, own, volumes))
    };
    BcdEntry {
        id: object.name().to_owned(),
        title: text("12000004"),
        path: text("12000002"),
        system_root: text("22000002"),
        device: device("11000001").known(),
        os_device: device("21000001").known(),
        safe_boot: number("25000080").known(),
        win_pe: flag("26000022"),
        test_signing: flag("16000049"),
        no_integrity_checks: flag("16000048"),
        emergency_services: flag("260000b0"),
        recovery: number("16000009").map(|number| number != 0).known(),
        evidence: object.evidence(),
    }
}

/// The value of a setting.
fn element(elements: &Node<'_>, number: &str) -> Look<Value> {
    elements.key(number)?.value("Element")
}

/// A number or switch, which is stored in as many bytes as it needs.
fn integer(value: &Value) -> Option<u64> {
    match &value.data {
        Data::Number(number) => Some(*number),
        Data::Bytes(bytes) if bytes.len() <= 8 => {
            let mut eight = [0; 8];
            eight[..bytes.len()].copy_from_slice(bytes);
            Some(u64::from_le_bytes(eight))
        }
        _ => None,
    }
}

/// A device: options at 0, its type at 16, its length at 24, what it is from 32 on.
fn device(bytes: &[u8], object: &Node<'_>, number: &str, own: &VolumeId, volumes: &[Volume]) -> BcdDevice {
    let evidence = |text: &str| object.saying(&format!("{number}: {text}"));
    let plain = |kind, volume, text: &str| BcdDevice { kind, volume, evidence: evidence(text), ..BcdDevice::default() };
    match le32(bytes, 16) {
        Some(0) => plain(BcdDeviceKind::File, Known::unknown("a file that stands for a disk"), "a file"),
        Some(5) => plain(BcdDeviceKind::Boot, Known::Is(own.clone()), "the partition of the boot manager"),
        Some(6) => match partition(bytes) {
            Some((disk, place)) => {
                let found = place::find(&place, volumes);
                let text = found.as_ref().map_or_else(Clone::clone, ToString::to_string);
                let (offset, partition) = match place {
                    Place::Mbr { offset, .. } => (Some(offset), None),
                    Place::Gpt(guid) => (None, Some(guid)),
                };
                let volume = place::known(&found);
                BcdDevice {
                    kind: BcdDeviceKind::Partition,
                    disk: Some(disk),
                    offset,
                    partition,
                    volume,
                    evidence: evidence(&text),
                }
            }
            None => plain(BcdDeviceKind::Partition, Known::unknown("the device is damaged"), "it is cut off"),
        },
        Some(8) => plain(BcdDeviceKind::Locate, Known::unknown("it is looked for as the machine starts"), "looked for"),
        _ => plain(BcdDeviceKind::Other, Known::unknown("a device of another kind"), "a device of another kind"),
    }
}

/// The disk and the place of a partition. On disk, 1 stands for MBR and 0 for GPT.
fn partition(bytes: &[u8]) -> Option<(String, Place)> {
    match le32(bytes, 0x34)? {
        1 => {
            let (signature, offset) = (le32(bytes, 0x38)?, le64(bytes, 0x20)?);
            Some((format!("{signature:08x}"), Place::Mbr { signature, offset }))
        }
        0 => Some((guid(bytes.get(0x38..)?)?, Place::Gpt(guid(bytes.get(0x20..)?)?))),
        _ => None,
    }
}

/// The volumes that the default entries of all stores start Windows from.
pub(super) fn named(stores: &[BootStore]) -> Vec<VolumeId> {
    let entries = stores.iter().filter_map(BootStore::default_entry);
    entries.filter_map(|entry| entry.os_device.value()?.volume.value().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::place::tests::partitions;
    use super::*;

    #[test]
    fn partitions_as_they_are_stored() {
        let mut mbr = vec![0; 0x58];
        mbr[16] = 6;
        mbr[0x20..0x28].copy_from_slice(&(2u64 << 20).to_le_bytes());
        mbr[0x34] = 1;
        mbr[0x38..0x3c].copy_from_slice(&0xa1b2_c3d4u32.to_le_bytes());
        let (disk, place) = partition(&mbr).unwrap();
        assert_eq!(disk, "a1b2c3d4");
        let volumes = partitions(["a1b2c3d4-01", "a1b2c3d4-02"]);
        assert_eq!(place::find(&place, &volumes), Ok(VolumeId::partition(2)));
        mbr[0x34] = 0;
        assert!(matches!(partition(&mbr), Some((_, Place::Gpt(_)))));
        mbr[0x34] = 9;
        assert_eq!(partition(&mbr), None);
        for len in 0..mbr.len() {
            partition(&mbr[..len]);
        }
    }
}
