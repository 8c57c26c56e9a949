//! `boot.ini`: the boot menu of Windows before Vista.
//!
//! A partition is `multi(0)disk(0)rdisk(N)partition(M)`: the disk by its number from 0, the partition by its number from
//! 1, where the logical ones count on after the primary ones and no number is left out.

use super::root::MAX_BOOT_INI;
use crate::look::Look;
use crate::tree::Tree;
use facts::{BootIni, BootIniEntry, Known, Volume, VolumeId, VolumeKind};

/// Most systems that are listed.
const MAX_SYSTEMS: usize = 64;

/// The file as written.
#[derive(Debug, Default)]
pub(super) struct Menu {
    pub(super) timeout: Option<i64>,
    pub(super) default: Option<String>,
    pub(super) systems: Vec<System>,
}

/// A line of the menu.
#[derive(Debug)]
pub(super) struct System {
    pub(super) path: String,
    title: String,
    options: Vec<String>,
    line: u32,
    text: String,
}

/// Takes the file apart. Lines that are no settings are passed over, as NTLDR does.
pub(super) fn parse(bytes: &[u8]) -> Menu {
    let text = String::from_utf8_lossy(bytes);
    let mut menu = Menu::default();
    let mut section = String::new();
    for (number, line) in (1u32..).zip(text.lines().map(str::trim)) {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').to_ascii_lowercase();
        } else if let Some((key, value)) = line.split_once('=') {
            let (key, value) = (key.trim(), value.trim());
            match section.as_str() {
                "boot loader" if key.eq_ignore_ascii_case("timeout") => menu.timeout = value.parse().ok(),
                "boot loader" if key.eq_ignore_ascii_case("default") => menu.default = Some(value.to_owned()),
                "operating systems" if menu.systems.len() < MAX_SYSTEMS => {
                    menu.systems.push(system(key, value, number, line));
                }
                _ => {}
            }
        }
    }
    menu
}

fn system(path: &str, value: &str, line: u32, text: &str) -> System {
    let (title, options) = match value.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
        Some((title, options)) => (title, options),
        None => value.split_once('/').unwrap_or((value, "")),
    };
    let options = options.split_whitespace().map(str::to_owned).collect();
    System { path: path.to_owned(), title: title.trim().to_owned(), options, line, text: text.to_owned() }
}

/// The file on a volume, and the partitions that it means.
pub(super) fn examine(tree: &Tree<'_>, volumes: &[Volume]) -> Look<BootIni> {
    let file = tree.read_up_to("/boot.ini", MAX_BOOT_INI)?;
    let menu = parse(&file.bytes);
    let wanted = menu.default.as_deref();
    let default =
        menu.systems.iter().position(|system| wanted.is_some_and(|path| path.eq_ignore_ascii_case(&system.path)));
    let entry = |system: System| BootIniEntry {
        volume: volume(&system.path, volumes),
        evidence: file.evidence.clone().at_line(system.line).saying(system.text),
        path: system.path,
        title: system.title,
        options: system.options,
    };
    Ok(BootIni {
        timeout: menu.timeout.into(),
        default: default.into(),
        entries: menu.systems.into_iter().map(entry).collect(),
        evidence: file.evidence,
    })
}

/// The volume that a path means.
fn volume(path: &str, volumes: &[Volume]) -> Known<VolumeId> {
    let lower = path.to_ascii_lowercase();
    let number = |name: &str| {
        let rest = lower.split_once(&format!("{name}("))?.1;
        rest.split_once(')')?.0.parse::<usize>().ok()
    };
    let (Some(disk), Some(partition)) = (number(")rdisk"), number("partition")) else {
        return Known::unknown(format!("{path} names no partition of a disk"));
    };
    if disk != 0 || !lower.starts_with("multi(0)") {
        return Known::unknown(format!("{path} names another disk than the first"));
    }
    let mut partitions: Vec<_> = volumes.iter().filter(|volume| volume.kind == VolumeKind::Partition).collect();
    partitions.sort_by_key(|volume| volume.number);
    partition.checked_sub(1).and_then(|index| partitions.get(index)).map(|volume| volume.id.clone()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[boot loader]\r\ntimeout=30\r\ndefault=multi(0)disk(0)rdisk(0)partition(2)\\WINDOWS\r\n\
        [operating systems]\r\nmulti(0)disk(0)rdisk(0)partition(2)\\WINDOWS=\"Windows Server 2003, Standard\" \
        /noexecute=optout /fastdetect\r\nC:\\CMDCONS\\BOOTSECT.DAT=\"Recovery Console\" /cmdcons\r\n";

    #[test]
    fn menus() {
        let menu = parse(TEXT.as_bytes());
        assert_eq!((menu.timeout, menu.systems.len()), (Some(30), 2));
        assert_eq!(menu.systems[0].title, "Windows Server 2003, Standard");
        assert_eq!(menu.systems[0].options, ["/noexecute=optout", "/fastdetect"]);
        assert_eq!((menu.systems[0].line, menu.systems[0].path.as_str()), (5, menu.default.as_deref().unwrap()));
        assert!(parse(b"\xff\xfe[x]\n[operating systems\n=").systems.len() <= 1);
    }

    #[test]
    fn partitions_are_counted_without_gaps() {
        let partition =
            |number, kind| Volume { id: VolumeId::partition(number), number: Some(number), kind, ..Volume::default() };
        let volumes = [
            partition(1, VolumeKind::Partition),
            partition(2, VolumeKind::Extended),
            partition(3, VolumeKind::Partition),
            partition(5, VolumeKind::Partition),
        ];
        let at = |path: &str| volume(path, &volumes);
        assert_eq!(at(r"multi(0)disk(0)rdisk(0)partition(2)\WINDOWS"), Known::Is(VolumeId::partition(3)));
        assert_eq!(at(r"MULTI(0)DISK(0)RDISK(0)PARTITION(3)\WINDOWS"), Known::Is(VolumeId::partition(5)));
        assert_eq!(at(r"multi(0)disk(0)rdisk(0)partition(4)\WINDOWS"), Known::Absent);
        assert!(at(r"multi(0)disk(0)rdisk(1)partition(1)\WINDOWS").reason().is_some());
        assert!(at(r"C:\CMDCONS\BOOTSECT.DAT").reason().is_some());
    }
}
