//! IMG- rules: of the file, whatever is on the disk in it.

use super::case::{Case, Container, Recipe, SOUND};
use crate::Result;
use crate::process::output;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;

/// Where a dynamic VHD has its second header, which its first 512 bytes repeat the footer for.
const DYNAMIC_HEADER: u64 = 512;

/// Length of the dynamic header.
const DYNAMIC_LENGTH: usize = 1024;

/// Where the corrupt bit of a qcow2 is: the low byte of the incompatible features, of which it is bit 1.
const INCOMPATIBLE: u64 = 79;

const QCOW2: Container = Container { suffix: "qcow2", make: |disk, image| convert("qcow2", disk, image) };
const VHD: Container = Container { suffix: "vhd", make: |disk, image| convert("vpc", disk, image) };

/// The sound disk in a good and in a bad file.
const fn file(rule: &'static str, good: Container, bad: Container) -> Case {
    Case { rule, passing: Recipe { container: good, ..SOUND }, failing: Recipe { container: bad, ..SOUND } }
}

pub(super) static ALL: &[Case] = &[
    Case::broken_by("IMG-DISKSIZE-RANGE", |disk| Ok(File::options().write(true).open(&disk.path)?.set_len(3 << 40)?)),
    Case::broken_by("IMG-ENCRYPTED-DISK", |disk| {
        // What LUKS 1 begins with: magic number and version.
        let mut header = vec![0; 1 << 16];
        header[..8].copy_from_slice(b"LUKS\xba\xbe\0\x01");
        disk.overwrite(disk.root(), &header)
    }),
    file(
        "IMG-FORMAT",
        super::case::RAW,
        Container { suffix: "vmdk", make: |disk, image| convert("vmdk", disk, image) },
    ),
    Case::broken_by("IMG-ISO", |disk| {
        let size = disk.size()?;
        let empty = File::create(&disk.path)?;
        Ok(empty.set_len(size)?)
    }),
    file("IMG-QCOW2-BACKING", QCOW2, Container { suffix: "qcow2", make: overlay }),
    file(
        "IMG-QCOW2-DIRTY",
        QCOW2,
        Container {
            suffix: "qcow2",
            make: |disk, image| {
                convert("qcow2", disk, image)?;
                patch(image, INCOMPATIBLE, &[2])
            },
        },
    ),
    file("IMG-VHD-TABLE", VHD, Container { suffix: "vhd", make: short_table }),
    file(
        "IMG-VHD-TYPE",
        VHD,
        Container {
            suffix: "vhd",
            make: |disk, image| {
                convert("vpc", disk, image)?;
                let end = fs::metadata(image)?.len();
                patch(image, end - 512, &[0; 512])
            },
        },
    ),
    file("IMG-ZERO", super::case::RAW, Container { suffix: "raw", make: |_, image| Ok(fs::write(image, "")?) }),
];

fn convert(format: &str, disk: &Path, image: &Path) -> Result<()> {
    output(Command::new("qemu-img").args(["convert", "-f", "raw", "-O", format]).args([disk, image]))?;
    Ok(())
}

/// A qcow2 that holds what differs from a disk elsewhere: nothing.
fn overlay(disk: &Path, image: &Path) -> Result<()> {
    output(Command::new("qemu-img").args(["create", "-f", "qcow2", "-F", "raw", "-b"]).args([disk, image]))?;
    Ok(())
}

/// A dynamic VHD whose block table has half the entries.
fn short_table(disk: &Path, image: &Path) -> Result<()> {
    convert("vpc", disk, image)?;
    let mut header = vec![0; DYNAMIC_LENGTH];
    File::open(image)?.read_exact_at(&mut header, DYNAMIC_HEADER)?;
    let entries = u32::from_be_bytes([header[28], header[29], header[30], header[31]]);
    header[28..32].copy_from_slice(&(entries / 2).to_be_bytes());
    header[36..40].fill(0);
    let sum = header.iter().fold(0_u32, |sum, byte| sum.wrapping_add(u32::from(*byte)));
    header[36..40].copy_from_slice(&(!sum).to_be_bytes());
    patch(image, DYNAMIC_HEADER, &header)
}

fn patch(image: &Path, offset: u64, bytes: &[u8]) -> Result<()> {
    Ok(OpenOptions::new().write(true).open(image)?.write_all_at(bytes, offset)?)
}
