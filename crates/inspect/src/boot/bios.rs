//! Whether BIOS would start something.
//!
//! GRUB 2: `boot.img` in the first sector names the sector of its core image (at 0x5C); the core's first sector ends
//! with a list of where the rest lies (12-byte records downwards from 0x1F4). GRUB: include/grub/i386/pc/boot.h,
//! grub-core/boot/i386/pc/diskboot.S. Code of other kinds starts the active partition.

use super::code::{Code, is_boot1, name};
use crate::look::Gap;
use crate::tree::Tree;
use crate::volumes::{Held, Volumes};
use facts::{BootCode, Bootability, Evidence, Known, VolumeId};
use storage::{ErrorKind, ReadAt as _, Result, Source};

/// BIOS counts sectors of this size, whatever the disk says.
const SECTOR: u64 = 512;

/// Most records of a core image's block list.
const MAX_BLOCKS: usize = 40;

/// Programs that the boot code of Windows names, and their files.
const WINDOWS: &[(&str, &str)] = &[("BOOTMGR", "/bootmgr"), ("NTLDR", "/ntldr")];

/// What one step of the way says.
enum Step {
    There(Evidence),
    Missing(Evidence),
    Unknown(String),
}

/// Follows the way that BIOS takes.
pub(crate) fn examine(
    disk: &Source,
    table: Option<volume::Table>,
    code: &Code,
    volumes: &Volumes,
) -> Result<Bootability> {
    let mut answer = Bootability::default();
    if code.sector[510..] != [0x55, 0xaa] {
        answer.missing.push(Evidence::disk(510, "the first sector has no boot signature (55 AA)"));
    }
    let step = match &code.known {
        Known::Absent => Step::Missing(Evidence::disk(0, "there is no boot code in the first sector")),
        Known::Unknown(reason) => Step::Unknown(reason.why.clone()),
        Known::Is(claim) => {
            answer.evidence.extend(claim.evidence.clone());
            match claim.value {
                BootCode::Grub2 => grub2(disk, table, &code.sector)?,
                BootCode::GrubLegacy => grub_legacy(disk, &code.sector)?,
                BootCode::Other => Step::Unknown("the boot code in the first sector is of an unknown kind".into()),
                BootCode::FreeBsd if is_boot1(&code.sector) => boot2(disk, None)?,
                BootCode::FreeBsd if table != Some(volume::Table::Mbr) => freebsd(volumes),
                BootCode::Lilo => Step::There(Evidence::disk(0, "LILO's map is in sectors that it names")),
                other => active_partition(other, volumes)?,
            }
        }
    };
    match step {
        Step::There(evidence) => answer.evidence.push(evidence),
        Step::Missing(evidence) => answer.missing.push(evidence),
        Step::Unknown(why) => answer.can = Known::unknown(why),
    }
    if !answer.missing.is_empty() {
        answer.can = Known::Is(false);
    } else if answer.can.reason().is_none_or(|reason| reason.why == "not examined") {
        answer.can = Known::Is(true);
    }
    Ok(answer)
}

fn le64(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

fn le32(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |bytes| u64::from(u32::from_le_bytes(*bytes)))
}

/// One sector, if the disk has it.
fn sector_at(disk: &Source, number: u64) -> Result<Option<[u8; 512]>> {
    let Some(offset) = number.checked_mul(SECTOR).filter(|offset| *offset < disk.size()) else { return Ok(None) };
    match storage::read_array(disk, offset) {
        Ok(sector) => Ok(Some(sector)),
        Err(error) if error.kind() == ErrorKind::Io => Err(error),
        Err(_) => Ok(None),
    }
}

fn grub2(disk: &Source, table: Option<volume::Table>, boot: &[u8; 512]) -> Result<Step> {
    let start = le64(&boot[0x5c..]);
    let place = start.saturating_mul(SECTOR);
    let missing = |what: &str| Step::Missing(Evidence::disk(place, format!("GRUB's core image: {what}")));
    if let Some(why) = misplaced(start, table) {
        return Ok(missing(why));
    }
    let Some(first) = sector_at(disk, start)? else { return Ok(missing("the disk ends before it")) };
    if storage::is_zero(&first) {
        return Ok(missing("boot.img looks for it here, and there are only zeros"));
    }
    let mut sectors = 1;
    for record in 0..MAX_BLOCKS {
        let at = 0x1f4 - 12 * record;
        let (block, count) = (le64(&first[at..]), u64::from(u16::from_le_bytes([first[at + 8], first[at + 9]])));
        if count == 0 {
            break;
        }
        match sector_at(disk, block)? {
            Some(content) if !storage::is_zero(&content) => sectors += count,
            _ => return Ok(missing("its block list leads to sectors that are empty or past the end")),
        }
    }
    if sectors == 1 {
        return Ok(missing("its first sector lists no further ones"));
    }
    Ok(Step::There(Evidence::disk(place, format!("GRUB's core image, {sectors} sectors"))))
}

/// Why a core image cannot be at that sector.
fn misplaced(start: u64, table: Option<volume::Table>) -> Option<&'static str> {
    let gpt = matches!(table, Some(volume::Table::Gpt | volume::Table::HybridGpt));
    match start {
        0 => Some("boot.img names no sector"),
        // The header and the entries of a GPT take sectors 1 to 33.
        1..34 if gpt => Some("boot.img looks for it where the GPT is"),
        _ => None,
    }
}

fn grub_legacy(disk: &Source, boot: &[u8; 512]) -> Result<Step> {
    let start = le32(&boot[0x44..]);
    Ok(match sector_at(disk, start)? {
        Some(sector) if start > 0 && !storage::is_zero(&sector) => {
            Step::There(Evidence::disk(start * SECTOR, "GRUB's second stage"))
        }
        _ => Step::Missing(Evidence::disk(
            start.saturating_mul(SECTOR),
            "GRUB's second stage: stage 1 looks for it here, and there is nothing",
        )),
    })
}

fn freebsd(volumes: &Volumes) -> Step {
    let held = volumes.all().iter().find(
        |held| matches!(held.facts.content.value(), Some(facts::Content::Other { name }) if name == "freebsd-boot"),
    );
    match held {
        Some(held) => Step::There(Evidence::volume(&held.facts.id, "FreeBSD's boot program")),
        None => Step::Missing(Evidence::words("no partition holds FreeBSD's boot program")),
    }
}

/// Where FreeBSD's second stage begins, in sectors: `boot2` behind the label, `zfsboot` in the room that ZFS leaves.
const SECOND_STAGES: [u64; 2] = [2, 1024];

/// FreeBSD's second stage, which `boot1` at the start of a slice or a disk starts: a program for BTX.
fn boot2(source: &Source, slice: Option<&VolumeId>) -> Result<Step> {
    let mut is_there = false;
    for place in SECOND_STAGES {
        is_there |= sector_at(source, place)?.is_some_and(|sector| sector[2..5] == *b"BTX");
    }
    let text =
        if is_there { "FreeBSD's boot1, and boot2 behind it" } else { "FreeBSD's boot1, without boot2 behind it" };
    let evidence = slice.map_or_else(|| Evidence::disk(2 * SECTOR, text), |id| Evidence::volume(id, text));
    Ok(if is_there { Step::There(evidence) } else { Step::Missing(evidence) })
}

/// The active partition, and whether its first sector can be started.
fn active_partition(code: BootCode, volumes: &Volumes) -> Result<Step> {
    let active = |held: &Held| held.facts.bootable && held.is_on_first_disk();
    let Some((index, held)) = volumes.all().iter().enumerate().find(|(_, held)| active(held)) else {
        let text = format!("no partition is active, and boot code of {} starts the active one", name(code));
        return Ok(Step::Missing(Evidence::words(text)));
    };
    let id = &held.facts.id;
    let sector = match storage::read_array::<512>(&held.source, 0) {
        Ok(sector) => sector,
        Err(error) if error.kind() == ErrorKind::Io => return Err(error),
        Err(error) => return Ok(Step::Missing(Evidence::volume(id, crate::look::words(&error)))),
    };
    if is_boot1(&sector) {
        return boot2(&held.source, Some(id));
    }
    let starts = sector[510..] == [0x55, 0xaa] && matches!(sector[0], 0xeb | 0xe9 | 0xfa | 0x33);
    let text = if starts { "active, with boot code in its first sector" } else { "active, without boot code" };
    let evidence = Evidence::volume(id, text);
    let manager = WINDOWS.iter().find(|(name, _)| says(&sector, name));
    Ok(match manager {
        _ if !starts => Step::Missing(evidence),
        None => Step::There(evidence),
        Some((name, path)) => match Tree::new(volumes, index).find(path) {
            Ok(found) => Step::There(Evidence::file(&found.volume, *path).saying(text)),
            Err(Gap::Absent) => {
                Step::Missing(evidence.saying(format!("its boot code starts {name}, which is not there")))
            }
            Err(Gap::Unknown(reason)) => Step::Unknown(reason.why),
        },
    })
}

fn says(sector: &[u8; 512], word: &str) -> bool {
    sector.windows(word.len()).any(|window| window == word.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::code::{classify, tests::grub_sector};
    use super::*;
    use std::sync::Arc;

    fn disk_with_grub(core: Option<&[u8; 512]>) -> Source {
        let mut bytes = vec![0; 64 * 512];
        bytes[..512].copy_from_slice(&grub_sector(1));
        if let Some(core) = core {
            bytes[512..1024].copy_from_slice(core);
            bytes[1024..1536].fill(0x90);
        }
        Arc::new(bytes)
    }

    fn answer(disk: &Source, table: volume::Table) -> Bootability {
        examine(disk, Some(table), &classify(disk).unwrap(), &Volumes::of(Vec::new())).unwrap()
    }

    #[test]
    fn grub_needs_its_core_image() {
        let mut core = [0x52; 512];
        core[0x1f4 - 12 * MAX_BLOCKS..].fill(0);
        core[0x1f4..0x1fc].copy_from_slice(&2u64.to_le_bytes());
        core[0x1fc..0x200].copy_from_slice(&[4, 0, 0x20, 0x08]);
        let disk = disk_with_grub(Some(&core));
        let good = answer(&disk, volume::Table::Mbr);
        assert_eq!((good.can, good.evidence.len()), (Known::Is(true), 2));
        assert_eq!(answer(&disk, volume::Table::Gpt).can, Known::Is(false), "sector 1 is the GPT's header");
        core[0x1f4] = 60;
        assert_eq!(answer(&disk_with_grub(Some(&core)), volume::Table::Mbr).can, Known::Is(false));
        let none = answer(&disk_with_grub(None), volume::Table::Mbr);
        assert_eq!((none.can, none.missing.len()), (Known::Is(false), 1));
        assert_eq!(none.missing[0].offset, Some(512));
    }

    #[test]
    fn boot1_of_freebsd_needs_boot2() {
        let mut bytes = vec![0; 64 * 512];
        bytes[..3].copy_from_slice(&[0xeb, 0x3c, 0x90]);
        bytes[0x3e] = 0xfc;
        bytes[0x19e..0x19e + 18].copy_from_slice(b"Read\0Boot\0 error\r\n");
        bytes[510..512].copy_from_slice(&[0x55, 0xaa]);
        let disk = |bytes: &[u8]| -> Source { Arc::new(bytes.to_vec()) };
        assert_eq!(answer(&disk(&bytes), volume::Table::Bsd).can, Known::Is(false));
        bytes[1024..1029].copy_from_slice(b"\xeb\x0eBTX");
        let good = answer(&disk(&bytes), volume::Table::Bsd);
        assert_eq!((good.can, good.evidence.len()), (Known::Is(true), 2));
    }

    #[test]
    fn boot_code_of_windows_needs_its_manager() {
        let step = |files: &[(&str, &str)]| {
            let mut held = crate::testing::partition(1, files);
            let mut sector = vec![0; 512];
            sector[0] = 0xeb;
            sector[100..107].copy_from_slice(b"BOOTMGR");
            sector[510..].copy_from_slice(&[0x55, 0xaa]);
            held.source = Arc::new(sector);
            held.facts.bootable = true;
            active_partition(BootCode::Windows, &Volumes::of(vec![held])).unwrap()
        };
        assert!(matches!(step(&[("/bootmgr", "x")]), Step::There(_)));
        assert!(matches!(step(&[("/other", "x")]), Step::Missing(_)));
        assert!(matches!(step(&[("/bootmgr", "!bad")]), Step::Unknown(_)));
    }

    #[test]
    fn zeros_do_not_boot() {
        let disk: Source = Arc::new(vec![0; 4096]);
        let answer = answer(&disk, volume::Table::Mbr);
        assert_eq!((answer.can, answer.missing.len()), (Known::Is(false), 2));
    }
}
