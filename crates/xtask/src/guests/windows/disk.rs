//! The disk: a system partition, and the volume of Windows on NTFS, filled without mounting anything.

use super::edit::{Contents, Edit};
use super::{Firmware, boot};
use crate::Result;
use crate::guests::place;
use crate::process::output;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const SECTOR: u64 = 512;

/// The system partition, in sectors.
pub(super) const SYSTEM_START: u64 = 2048;
pub(super) const SYSTEM_SECTORS: u64 = 32 << 11;

/// The volume of Windows, with more than a GiB free on it.
pub(super) const WINDOWS_START: u64 = SYSTEM_START + SYSTEM_SECTORS;
pub(super) const WINDOWS_SECTORS: u64 = 1400 << 11;

/// The disk, with room for the second GPT.
const DISK_SECTORS: u64 = WINDOWS_START + WINDOWS_SECTORS + 2048;

/// Writes the disk of a changed system.
pub(super) fn make(path: &Path, firmware: Firmware, edits: &[Edit]) -> Result<()> {
    let mut contents = Contents::new(firmware);
    contents.change_all(edits)?;
    let files = contents.files(edits)?;
    let scratch = tempfile::tempdir()?;
    let disk = File::create(path)?;
    disk.set_len(DISK_SECTORS * SECTOR)?;
    let windows = ntfs(&tree(scratch.path(), "C:", &files)?, WINDOWS_START, WINDOWS_SECTORS)?;
    let system = tree(scratch.path(), "S:", &files)?;
    let system = match firmware {
        Firmware::Bios => {
            disk.write_all_at(&boot::mbr(), 0)?;
            let volume = ntfs(&system, SYSTEM_START, SYSTEM_SECTORS)?;
            File::options().write(true).open(&volume)?.write_all_at(boot::CODE, boot::CODE_AT)?;
            volume
        }
        Firmware::Uefi => {
            gpt(path)?;
            fat(&system, SYSTEM_START, SYSTEM_SECTORS)?
        }
    };
    place::insert(&system, &disk, SYSTEM_START * SECTOR)?;
    place::insert(&windows, &disk, WINDOWS_START * SECTOR)
}

/// Puts the files of a volume into a directory.
fn tree(scratch: &Path, volume: &str, files: &BTreeMap<String, Vec<u8>>) -> Result<PathBuf> {
    let root = scratch.join(volume);
    for (path, bytes) in files.iter().filter(|(path, _)| path.starts_with(volume)) {
        let file = scratch.join(path);
        fs::create_dir_all(file.parent().ok_or("a file is in a directory")?)?;
        fs::write(file, bytes)?;
    }
    Ok(root)
}

/// An empty volume for a directory, beside it.
fn blank(tree: &Path, sectors: u64) -> Result<PathBuf> {
    let volume = tree.with_extension("volume");
    File::create(&volume)?.set_len(sectors * SECTOR)?;
    Ok(volume)
}

/// A volume of NTFS with a directory's content. It knows where its partition begins, as boot code does.
fn ntfs(tree: &Path, start: u64, sectors: u64) -> Result<PathBuf> {
    let volume = blank(tree, sectors)?;
    let start = start.to_string();
    let geometry = ["-F", "-Q", "-q", "-s", "512", "-H", "255", "-S", "63", "-p", &start];
    output(Command::new("mkntfs").args(geometry).arg(&volume))?;
    let archive = tree.with_extension("wim");
    // By itself it leaves out files that Windows makes anew, such as the one for hibernation.
    let nothing = tree.with_extension("ini");
    fs::write(&nothing, "[ExclusionList]\n")?;
    let mut capture = Command::new("wimlib-imagex");
    capture.arg("capture").args([tree, &archive]).arg("--compress=none").arg("--config").arg(nothing);
    output(&mut capture)?;
    output(Command::new("wimlib-imagex").arg("apply").arg(&archive).arg("1").arg(&volume))?;
    Ok(volume)
}

/// A volume of FAT with a directory's content.
fn fat(tree: &Path, start: u64, sectors: u64) -> Result<PathBuf> {
    let volume = blank(tree, sectors)?;
    let [start, sectors] = [start, sectors].map(|number| number.to_string());
    output(
        Command::new("mformat")
            .args(["-T", &sectors, "-H", &start, "-h", "255", "-s", "63", "-i"])
            .arg(&volume)
            .arg("::"),
    )?;
    let mut copy = Command::new("mcopy");
    copy.arg("-s").arg("-i").arg(&volume);
    for entry in fs::read_dir(tree)? {
        copy.arg(entry?.path());
    }
    output(copy.arg("::"))?;
    Ok(volume)
}

/// A GPT with the GUIDs that the boot configuration names.
fn gpt(path: &Path) -> Result<()> {
    let partition = |number: u32, start: u64, sectors: u64| format!("{number}:{start}:{}", start + sectors - 1);
    let id = |number: u32, bytes: [u8; 16]| format!("{number}:{}", guid(bytes));
    output(
        Command::new("sgdisk")
            .args(["-U", &guid(boot::DISK_GUID)])
            .args(["-n", &partition(1, SYSTEM_START, SYSTEM_SECTORS), "-t", "1:ef00", "-u", &id(1, boot::SYSTEM_GUID)])
            .args([
                "-n",
                &partition(2, WINDOWS_START, WINDOWS_SECTORS),
                "-t",
                "2:0700",
                "-u",
                &id(2, boot::WINDOWS_GUID),
            ])
            .arg(path),
    )?;
    Ok(())
}

/// As text, of bytes of which the order does not matter.
fn guid(bytes: [u8; 16]) -> String {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
