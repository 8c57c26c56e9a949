//! The OVF descriptor: which files are disks, how long they are, and what machine they belong to.
//!
//! Source: DMTF DSP0243, "Open Virtualization Format Specification", 1.1 and 2.1; and what VMware and VirtualBox add.

use super::hardware::{Backing, attached};
use super::label;
use super::xml::{Element, parse};
use std::collections::HashMap;
use storage::{Error, Result};

/// Disks of a descriptor; no hypervisor attaches more to a machine.
const MAX_DRIVES: usize = 256;

/// What a descriptor says.
#[derive(Debug, Default)]
pub(super) struct Descriptor {
    /// Names of the virtual machines; one, but for collections.
    pub(super) machines: Vec<String>,
    pub(super) operating_system: Option<String>,
    pub(super) firmware: Option<String>,
    /// The disks that have a file, in the order in which they are attached.
    pub(super) drives: Vec<Drive>,
    pub(super) notes: Vec<String>,
}

/// A disk, as the descriptor says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Drive {
    pub(super) id: String,
    /// The id of its file.
    pub(super) file: String,
    /// The name of the file, as the descriptor says it.
    pub(super) href: String,
    /// Length of the disk.
    pub(super) capacity: Option<u64>,
    /// Length of the file.
    pub(super) file_size: Option<u64>,
    /// Where the format is described.
    pub(super) format: String,
    /// `gzip`, or another method.
    pub(super) compression: Option<String>,
    /// The file is cut into pieces.
    pub(super) chunked: bool,
    /// The disk holds what changed since another.
    pub(super) differencing: bool,
}

impl Descriptor {
    pub(super) fn read(text: &str) -> Result<Self> {
        let envelope = parse(text)?;
        if envelope.name != "Envelope" {
            let what = format!("the outermost element is {:?}, and not the Envelope of OVF", label(&envelope.name));
            return Err(Error::corrupt(0, what));
        }
        // Of collections too, which may lie in each other.
        let machines: Vec<_> = envelope.descendants().filter(|element| element.name == "VirtualSystem").collect();
        let names = machines.iter().map(|machine| machine_name(machine)).collect();
        let mut descriptor = Descriptor { machines: names, ..Descriptor::default() };
        if let [machine] = machines[..] {
            descriptor.operating_system = operating_system(machine);
            descriptor.firmware = firmware(machine);
        }
        let files = files(&envelope)?;
        let drives = drives(&envelope, &files, &mut descriptor.notes)?;
        descriptor.drives = in_order(drives, &files, &attached(&envelope, &machines))?;
        Ok(descriptor)
    }
}

/// The disks as the hardware has them, and those of which no hardware tells last, in the order of their list.
fn in_order(mut drives: Vec<Drive>, files: &HashMap<&str, Drive>, attached: &[Backing<'_>]) -> Result<Vec<Drive>> {
    let mut ordered: Vec<Drive> = Vec::new();
    for backing in attached {
        if let Some(i) = drives.iter().position(|drive| backing.is(&drive.id, &drive.file)) {
            ordered.push(drives.remove(i));
        } else if !ordered.iter().any(|drive| backing.is(&drive.id, &drive.file)) {
            // A file may be attached without being in the list of disks.
            ordered.extend(files.get(backing.file).filter(|_| !backing.file.is_empty()).cloned());
        }
        refuse_many(ordered.len())?;
    }
    ordered.append(&mut drives);
    refuse_many(ordered.len())?;
    Ok(ordered)
}

fn refuse_many(drives: usize) -> Result<()> {
    let what = || Error::corrupt(0, format!("the descriptor has more than {MAX_DRIVES} disks"));
    (drives <= MAX_DRIVES).then_some(()).ok_or_else(what)
}

fn machine_name(machine: &Element) -> String {
    label(machine.text_of("Name").or_else(|| machine.attribute("id")).unwrap_or_default())
}

/// The name of what is installed; else a type in the words of VMware or VirtualBox; else the number of CIM's list.
fn operating_system(machine: &Element) -> Option<String> {
    let section = machine.child("OperatingSystemSection")?;
    let number = || section.attribute("id").map(|id| format!("CIM operating system type {id}"));
    let told = section.text_of("Description").or_else(|| section.attribute("osType"));
    let told = told.or_else(|| section.text_of("OSType")).map(str::to_owned);
    told.or_else(number).map(|text| label(&text))
}

/// VMware says `firmware` in a `Config`, VirtualBox in its own description of the machine.
fn firmware(machine: &Element) -> Option<String> {
    let configs = machine.all("VirtualHardwareSection").flat_map(|hardware| hardware.all("Config"));
    let vmware = configs.filter(|config| config.attribute("key") == Some("firmware"));
    let vmware = vmware.filter_map(|config| config.attribute("value")).next();
    let virtualbox = || {
        let parts = machine.all("Machine").flat_map(Element::descendants);
        parts.filter(|part| part.name == "Firmware").filter_map(|firmware| firmware.attribute("type")).next()
    };
    match vmware.or_else(virtualbox)?.to_ascii_lowercase() {
        word if word.starts_with("efi") || word.starts_with("uefi") => Some("efi".to_owned()),
        word if word == "bios" => Some(word),
        _ => None,
    }
}

/// The files by their ids, each as a disk that would have no more said about it.
fn files(envelope: &Element) -> Result<HashMap<&str, Drive>> {
    let mut files = HashMap::new();
    for file in envelope.all("References").flat_map(|references| references.all("File")) {
        let id = file.attribute("id").unwrap_or_default();
        let compression = file.attribute("compression").filter(|method| !["", "identity"].contains(method));
        let drive = Drive {
            file: id.to_owned(),
            href: file.attribute("href").unwrap_or_default().to_owned(),
            file_size: file.attribute("size").and_then(|size| size.parse().ok()),
            compression: compression.map(label),
            chunked: file.attribute("chunkSize").is_some(),
            ..Drive::default()
        };
        if files.insert(id, drive).is_some() {
            return Err(Error::corrupt(0, format!("two files have the id {:?}", label(id))));
        }
    }
    Ok(files)
}

/// The disks in the order of their list, but for those without a file.
fn drives(envelope: &Element, files: &HashMap<&str, Drive>, notes: &mut Vec<String>) -> Result<Vec<Drive>> {
    let mut drives: Vec<Drive> = Vec::new();
    for disk in envelope.all("DiskSection").flat_map(|section| section.all("Disk")) {
        let id = disk.attribute("diskId").unwrap_or_default();
        if drives.iter().any(|drive| drive.id == id) {
            return Err(Error::corrupt(0, format!("two disks have the id {:?}", label(id))));
        }
        let Some(file) = disk.attribute("fileRef").filter(|file| !file.is_empty()) else {
            notes.push(format!("the disk {:?} has no file: it begins empty, and is not in the archive", label(id)));
            continue;
        };
        let Some(file) = files.get(file) else {
            let what = format!(
                "the disk {:?} is said to be in the file {:?}, of which nothing is said",
                label(id),
                label(file)
            );
            return Err(Error::corrupt(0, what));
        };
        refuse_many(drives.len() + 1)?;
        drives.push(Drive {
            id: id.to_owned(),
            capacity: capacity(disk),
            format: disk.attribute("format").unwrap_or_default().to_owned(),
            differencing: disk.attribute("parentRef").is_some_and(|parent| !parent.is_empty()),
            ..file.clone()
        });
    }
    Ok(drives)
}

/// Length of the disk, where it can be understood.
fn capacity(disk: &Element) -> Option<u64> {
    let number: u64 = disk.attribute("capacity")?.parse().ok()?;
    number.checked_mul(unit(disk.attribute("capacityAllocationUnits").unwrap_or("byte"))?)
}

/// `byte`, `byte * 2^30`, `byte*10^9`, or the words of OVF 0.9 such as `GigaBytes`.
fn unit(text: &str) -> Option<u64> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
    let words = [("byte", 0), ("bytes", 0), ("kilobytes", 10), ("megabytes", 20), ("gigabytes", 30), ("terabytes", 40)];
    if let Some((_, shift)) = words.iter().find(|(word, _)| *word == text) {
        return Some(1 << shift);
    }
    let (base, exponent) = text.strip_prefix("byte*")?.split_once('^')?;
    base.parse::<u64>().ok()?.checked_pow(exponent.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_understood_or_not_at_all() {
        let cases = [
            ("byte", Some(1)),
            ("byte * 2^30", Some(1 << 30)),
            ("byte*2^20", Some(1 << 20)),
            ("byte * 10^9", Some(1_000_000_000)),
            ("GigaBytes", Some(1 << 30)),
            ("byte * 2^64", None),
            ("byte * 2^-1", None),
            ("hertz * 10^6", None),
            ("", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(unit(text), wanted, "{text}");
        }
    }
}
