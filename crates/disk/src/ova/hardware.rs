//! Which disk comes first: the order in which the virtual hardware has them.
//!
//! A machine starts from the disk that it is told to start from (VMware's `BootOrderSection`), else from the one on its
//! first controller at the lowest address there. Controllers are told apart by their `Address`; where several have the
//! same, as the first of each bus have, by the order of the list, in which the exporters put the usual one first.

use super::xml::Element;
use std::collections::{HashMap, HashSet};

/// `ResourceType` of a disk, from CIM_ResourceAllocationSettingData.
const DISK: &str = "17";

/// What an item of the hardware is made of: the id of a disk, or of a file without further description; one is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Backing<'a> {
    pub(super) disk: &'a str,
    pub(super) file: &'a str,
}

impl Backing<'_> {
    /// Whether this is the disk, or the file that the disk is in.
    pub(super) fn is(&self, disk: &str, file: &str) -> bool {
        (!self.disk.is_empty() && self.disk == disk) || (!self.file.is_empty() && self.file == file)
    }
}

/// What disks are made of, in the order of the hardware, each once.
pub(super) fn attached<'a>(envelope: &'a Element, machines: &[&'a Element]) -> Vec<Backing<'a>> {
    let mut seen = HashSet::new();
    let all = machines.iter().flat_map(|machine| of_machine(envelope, machine));
    all.filter(|backing| seen.insert(*backing)).collect()
}

fn of_machine<'a>(envelope: &'a Element, machine: &'a Element) -> Vec<Backing<'a>> {
    let items: Vec<&Element> = machine
        .all("VirtualHardwareSection")
        .flat_map(|section| section.children.iter())
        .filter(|item| ["Item", "StorageItem"].contains(&item.name.as_str()))
        .collect();
    let order = Order::new(envelope, machine, &items);
    let mut disks: Vec<_> = items
        .iter()
        .filter(|item| item.text_of("ResourceType") == Some(DISK))
        .flat_map(|item| item.all("HostResource").map(|resource| (order.rank(item), resource)))
        .filter_map(|(rank, resource)| Some((rank, backing(resource.text())?)))
        .collect();
    // Stable: what cannot be told apart stays in the order of the list.
    disks.sort_by_key(|&(rank, _)| rank);
    disks.into_iter().map(|(_, backing)| backing).collect()
}

/// Place in the boot order, address of the controller, place of the controller in the list, address of the disk. What
/// is not said comes last.
type Rank = (usize, u64, usize, u64);

/// What ranks are made of, by the ids of items.
struct Order<'a> {
    started: HashMap<&'a str, usize>,
    /// Address and place of each item; any of them may be a controller.
    controllers: HashMap<&'a str, (u64, usize)>,
}

impl<'a> Order<'a> {
    fn new(envelope: &'a Element, machine: &'a Element, items: &[&'a Element]) -> Self {
        let mut order = Order { started: HashMap::new(), controllers: HashMap::new() };
        let sections = [envelope, machine].into_iter().flat_map(|element| element.all("BootOrderSection"));
        let sections = sections.filter(|section| section.attribute("type") == Some("disk"));
        for (place, id) in sections.filter_map(|section| section.attribute("instanceId")).enumerate() {
            order.started.entry(id).or_insert(place);
        }
        for (place, item) in items.iter().enumerate() {
            if let Some(id) = item.text_of("InstanceID") {
                order.controllers.entry(id).or_insert((number(item, "Address"), place));
            }
        }
        order
    }

    fn rank(&self, disk: &Element) -> Rank {
        let boot = disk.text_of("InstanceID").and_then(|id| self.started.get(id)).copied();
        let controller = disk.text_of("Parent").and_then(|id| self.controllers.get(id)).copied();
        let (address, place) = controller.unwrap_or((u64::MAX, usize::MAX));
        (boot.unwrap_or(usize::MAX), address, place, number(disk, "AddressOnParent"))
    }
}

/// The largest number where none is said.
fn number(item: &Element, name: &str) -> u64 {
    item.text_of(name).and_then(|text| text.parse().ok()).unwrap_or(u64::MAX)
}

/// `ovf:/disk/ID`, `ovf://disk/ID` or `/disk/ID`; or the same with `file`.
fn backing(resource: &str) -> Option<Backing<'_>> {
    let path = resource.strip_prefix("ovf:").unwrap_or(resource).trim_start_matches('/');
    match path.split_once('/')? {
        ("disk", disk) if !disk.is_empty() => Some(Backing { disk, file: "" }),
        ("file", file) if !file.is_empty() => Some(Backing { disk: "", file }),
        _ => None,
    }
}
