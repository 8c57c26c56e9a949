//! A physical volume of LVM2 with one logical volume, as `lvm(8)`'s text format and the kernel's label lay it out.

use crate::Result;
use crate::process::output;
use crate::scratch::Disk;
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;

const SECTOR: u64 = 512;

/// Where the metadata area is in the volume, and its length; extents begin behind it.
const AREA: usize = 4096;
const AREA_LENGTH: usize = (1 << 20) - AREA;
const FIRST_EXTENT: u64 = 1 << 20;
const EXTENT: u64 = 4 << 20;

/// Length of the partition, with room for a root of 1 GiB.
const LENGTH: u64 = FIRST_EXTENT + EXTENT * 256;

/// Where the root filesystem goes: behind the one that is there, where the disk is empty.
pub(super) const START: u64 = (135_168 + 2_097_152) * SECTOR;

/// Moves the root filesystem of the Debian-like disk onto a logical volume.
pub(super) fn move_root(disk: &mut Disk) -> Result<()> {
    let first = format!("1:{}:{}", START / SECTOR, (START + LENGTH) / SECTOR - 1);
    output(Command::new("sgdisk").args(["-d", "1", "-n", &first, "-t", "1:8e00"]).arg(&disk.path))?;
    copy(&disk.path, disk.root(), START + FIRST_EXTENT, EXTENT * 256)?;
    disk.overwrite(START, &head())
}

/// Copies a part of a file that is mostly holes.
fn copy(path: &Path, from: u64, to: u64, length: u64) -> Result<()> {
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    let mut piece = vec![0; 1 << 20];
    for at in (0..length).step_by(piece.len()) {
        file.read_exact_at(&mut piece, from + at)?;
        if piece.iter().any(|byte| *byte != 0) {
            file.write_all_at(&piece, to + at)?;
        }
    }
    Ok(())
}

/// What is in front of the first extent: label, metadata header, text.
fn head() -> Vec<u8> {
    let mut bytes = vec![0; AREA + AREA_LENGTH];
    let text = text();
    let mut put = |at: usize, what: &[u8]| bytes[at..at + what.len()].copy_from_slice(what);
    put(512, b"LABELONE\x01");
    put(512 + 20, &32_u32.to_le_bytes());
    put(512 + 24, b"LVM2 001");
    put(512 + 32, "P".repeat(32).as_bytes());
    put(512 + 64, &LENGTH.to_le_bytes());
    put(512 + 72, &FIRST_EXTENT.to_le_bytes());
    put(512 + 104, &(AREA as u64).to_le_bytes());
    put(512 + 112, &(AREA_LENGTH as u64).to_le_bytes());
    put(AREA + 4, b" LVM2 x[5A%r0N*>\x01");
    put(AREA + 24, &(AREA as u64).to_le_bytes());
    put(AREA + 32, &(AREA_LENGTH as u64).to_le_bytes());
    put(AREA + 40, &512_u64.to_le_bytes());
    put(AREA + 48, &(text.len() as u64).to_le_bytes());
    put(AREA + 56, &checksum(text.as_bytes()).to_le_bytes());
    put(AREA + 512, text.as_bytes());
    for (from, to, at) in [(512 + 20, 1024, 512 + 16), (AREA + 4, AREA + 512, AREA)] {
        let sum = checksum(&bytes[from..to]);
        bytes[at..at + 4].copy_from_slice(&sum.to_le_bytes());
    }
    bytes
}

fn text() -> String {
    let id = |letter: &str| [6, 4, 4, 4, 4, 4, 6].map(|length| letter.repeat(length)).join("-");
    let (group, physical, logical) = (id("V"), id("P"), id("L"));
    format!(
        "vg {{\nid = \"{group}\"\nseqno = 1\nformat = \"lvm2\"\nstatus = [\"RESIZEABLE\", \"READ\", \"WRITE\"]\nflags = []\n\
         extent_size = {extent}\nmax_lv = 0\nmax_pv = 0\nphysical_volumes {{\npv0 {{\nid = \"{physical}\"\n\
         device = \"/dev/vda1\"\nstatus = [\"ALLOCATABLE\"]\nflags = []\ndev_size = {size}\npe_start = {start}\n\
         pe_count = 256\n}}\n}}\nlogical_volumes {{\nroot {{\nid = \"{logical}\"\n\
         status = [\"READ\", \"WRITE\", \"VISIBLE\"]\nflags = []\nsegment_count = 1\nsegment1 {{\nstart_extent = 0\n\
         extent_count = 256\ntype = \"striped\"\nstripe_count = 1\nstripes = [\"pv0\", 0]\n}}\n}}\n}}\n}}\n\
         contents = \"Text Format Volume Group\"\nversion = 1\n\0",
        extent = EXTENT / SECTOR,
        size = LENGTH / SECTOR,
        start = FIRST_EXTENT / SECTOR,
    )
}

/// CRC-32 from LVM's own start, without the inversion at the end.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0xF597_A6CF, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xEDB8_8320 } else { sum >> 1 })
    })
}
