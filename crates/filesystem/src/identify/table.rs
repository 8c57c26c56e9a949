//! The filesystems that are named and not read, a row each.

use super::{Candidate, Content, exfat, nilfs};
use crate::field::{be16, be32, label, le16, le32, uuid};
use crate::tree::Info;
use storage::{ReadAt, Result, read_vec};

/// How one format is known. Offsets are in bytes from where its superblock begins.
struct Row {
    fs_type: &'static str,
    /// Where the superblock may begin.
    at: &'static [u64],
    /// Bytes of it that are looked at.
    len: usize,
    /// Marks, of which one must be there.
    marks: &'static [(usize, &'static [u8])],
    /// What else must be true.
    sound: fn(&[u8]) -> bool,
    /// Whether a checksum is there and right.
    proven: fn(&[u8]) -> bool,
    uuid: Option<usize>,
    /// Offset and length.
    label: Option<(usize, usize)>,
    /// Fills in what is not as simple; is given the volume and the superblock.
    more: fn(&dyn ReadAt, &[u8], &mut Info) -> Result<()>,
}

const PLAIN: Row = Row {
    fs_type: "",
    at: &[0],
    len: 512,
    marks: &[],
    sound: |_| true,
    proven: |_| false,
    uuid: None,
    label: None,
    more: |_, _, _| Ok(()),
};

const BCACHEFS: &[u8] =
    &[0xC6, 0x85, 0x73, 0xF6, 0x66, 0xCE, 0x90, 0xA9, 0xD9, 0x6A, 0x60, 0xCF, 0x80, 0x3D, 0xF7, 0xEF];
const BCACHE: &[u8] = &[0xC6, 0x85, 0x73, 0xF6, 0x4E, 0x1A, 0x45, 0xCA, 0x82, 0x65, 0xF5, 0x7F, 0x48, 0xBA, 0x6D, 0x81];

static ROWS: &[Row] = &[
    Row { fs_type: "xfs_external_log", marks: &[(0, b"\xFE\xED\xBA\xBE")], sound: |b| be32(b, 8) < 3, ..PLAIN },
    // The journal of an ext filesystem on another device.
    Row {
        fs_type: "jbd",
        at: &[1024],
        marks: &[(0x38, &0xEF53u16.to_le_bytes())],
        sound: |b| le32(b, 0x60) & 0x8 != 0,
        uuid: Some(0x68),
        label: Some((0x78, 16)),
        ..PLAIN
    },
    Row { fs_type: "ReFS", marks: &[(3, b"ReFS\0\0\0\0")], sound: |b| b[16..20] == *b"FSRS", ..PLAIN },
    Row {
        fs_type: "exfat",
        marks: &[(3, b"EXFAT   ")],
        sound: |b| storage::is_zero(&b[11..64]) && matches!(b[108], 9..=12) && b[109] <= 25 - b[108],
        more: exfat::fill,
        ..PLAIN
    },
    Row {
        fs_type: "f2fs",
        at: &[1024],
        len: 1152,
        marks: &[(0, &0xF2F5_2010u32.to_le_bytes())],
        uuid: Some(108),
        more: |_, b, info| {
            info.label = crate::field::label_utf16(crate::field::le_units(&b[124..1148]));
            Ok(())
        },
        ..PLAIN
    },
    Row { fs_type: "jfs", at: &[32768], marks: &[(0, b"JFS1")], uuid: Some(136), label: Some((152, 16)), ..PLAIN },
    Row {
        fs_type: "reiserfs",
        at: &[65536, 8192],
        marks: &[(52, b"ReIsErFs"), (52, b"ReIsEr2Fs"), (52, b"ReIsEr3Fs")],
        uuid: Some(84),
        label: Some((100, 16)),
        ..PLAIN
    },
    Row { fs_type: "reiser4", at: &[65536], marks: &[(0, b"ReIsEr4")], uuid: Some(20), label: Some((36, 16)), ..PLAIN },
    Row {
        fs_type: "nilfs2",
        at: &[1024],
        len: 1024,
        marks: &[(6, &0x3434u16.to_le_bytes())],
        sound: nilfs::is_sound,
        uuid: Some(152),
        label: Some((168, 80)),
        ..PLAIN
    },
    Row {
        fs_type: "bcachefs",
        at: &[4096],
        marks: &[(24, BCACHEFS), (24, BCACHE)],
        // It long bore the mark of bcache, whose own versions end at 6.
        sound: |b| b[24..40] == *BCACHEFS || le16(b, 16) > 6,
        uuid: Some(56),
        label: Some((72, 32)),
        ..PLAIN
    },
    Row {
        fs_type: "minix",
        at: &[1024],
        marks: &[(16, b"\x7F\x13"), (16, b"\x8F\x13"), (16, b"\x68\x24"), (16, b"\x78\x24")],
        // A word of ext's superblock lies in the same place.
        sound: |b| le16(b, 0x38) != 0xEF53 && le16(b, 4) > 0 && le16(b, 6) > 0 && le16(b, 8) > 3 && le16(b, 10) == 0,
        ..PLAIN
    },
    Row {
        fs_type: "minix",
        at: &[1024],
        marks: &[(24, b"\x5A\x4D")],
        sound: |b| le16(b, 6) > 0 && le16(b, 8) > 0,
        ..PLAIN
    },
    Row {
        fs_type: "hfsplus",
        at: &[1024],
        marks: &[(0, b"H+\0\x04"), (0, b"HX\0\x05"), (0, b"BD")],
        sound: |b| if b[0] == b'B' { is_hfs(b) && b[124..126] == *b"H+" } else { be32(b, 40).is_power_of_two() },
        ..PLAIN
    },
    Row {
        fs_type: "hfs",
        at: &[1024],
        marks: &[(0, b"BD")],
        sound: |b| is_hfs(b) && b[124..126] != *b"H+",
        more: |_, b, info| {
            info.label = label(&b[37..37 + usize::from(b[36])]);
            Ok(())
        },
        ..PLAIN
    },
    Row { fs_type: "apfs", marks: &[(32, b"NXSB")], uuid: Some(72), ..PLAIN },
    Row { fs_type: "squashfs", marks: &[(0, b"hsqs"), (0, b"sqsh")], sound: |b| b[28] <= 4 || b[29] <= 4, ..PLAIN },
    Row {
        fs_type: "erofs",
        at: &[1024],
        marks: &[(0, &0xE0F5_E1E2u32.to_le_bytes())],
        uuid: Some(48),
        label: Some((64, 16)),
        ..PLAIN
    },
    Row {
        fs_type: "cramfs",
        at: &[0, 512],
        marks: &[(0, b"\x45\x3D\xCD\x28"), (0, b"\x28\xCD\x3D\x45")],
        sound: |b| b[16..32] == *b"Compressed ROMFS",
        label: Some((48, 16)),
        ..PLAIN
    },
    Row { fs_type: "romfs", marks: &[(0, b"-rom1fs-")], label: Some((16, 16)), ..PLAIN },
    Row {
        fs_type: "ocfs2",
        at: &[1024, 2048, 4096, 8192],
        marks: &[(0, b"OCFSV2")],
        uuid: Some(336),
        label: Some((272, 64)),
        ..PLAIN
    },
    Row {
        fs_type: "gfs2",
        at: &[65536],
        marks: &[(0, b"\x01\x16\x19\x70")],
        // Format numbers from 1800 on are those of GFS2; GFS bears the same magic.
        sound: |b| be32(b, 24) >= 1800,
        uuid: Some(256),
        label: Some((160, 64)),
        ..PLAIN
    },
    Row {
        fs_type: "VMFS",
        at: &[0x20_0000],
        marks: &[(0, &0x2FAB_F15Eu32.to_le_bytes())],
        label: Some((29, 128)),
        more: |_, b, info| {
            info.uuid = Some(vmfs_uuid(b));
            Ok(())
        },
        ..PLAIN
    },
    Row { fs_type: "hpfs", at: &[8192], marks: &[(0, b"\x49\xE8\x95\xF9")], more: hpfs, ..PLAIN },
    Row { fs_type: "bfs", marks: &[(0, &0x1BAD_FACEu32.to_le_bytes())], ..PLAIN },
    Row { fs_type: "vxfs", at: &[1024, 8192], marks: &[(0, b"\xF5\xFC\x01\xA5"), (0, b"\xA5\x01\xFC\xF5")], ..PLAIN },
    Row { fs_type: "zonefs", marks: &[(0, b"SFOZ")], ..PLAIN },
    Row { fs_type: "nss", at: &[4096], marks: &[(0, b"SPB5")], ..PLAIN },
];

/// All rows that match.
pub(super) fn find(volume: &dyn ReadAt) -> Result<Vec<Candidate>> {
    let mut found = Vec::new();
    for row in ROWS {
        if let Some((at, bytes)) = superblock(volume, row)? {
            let mut info = Info { fs_type: row.fs_type, ..Info::default() };
            info.uuid = row.uuid.and_then(|at| uuid(&bytes[at..at + 16]));
            info.label = row.label.and_then(|(at, len)| label(&bytes[at..at + len]));
            (row.more)(volume, &bytes, &mut info).map_err(|error| error.within(format!("{} at {at}", row.fs_type)))?;
            let content = Content::FileSystem { info, readable: false };
            found.push(Candidate { content, proven: (row.proven)(&bytes), driver: None });
        }
    }
    Ok(found)
}

/// The first superblock of a format: where it begins and its bytes. A volume that ends before it does is read as if
/// zeros followed.
fn superblock(volume: &dyn ReadAt, row: &Row) -> Result<Option<(u64, Vec<u8>)>> {
    for &at in row.at {
        let mut bytes =
            read_vec(volume, at.min(volume.size()), (row.len as u64).min(volume.size().saturating_sub(at)))?;
        bytes.resize(row.len, 0);
        let marked = row.marks.iter().any(|(at, mark)| bytes[*at..].starts_with(mark));
        if marked && (row.sound)(&bytes) {
            return Ok(Some((at, bytes)));
        }
    }
    Ok(None)
}

/// Allocation blocks of whole sectors, and a name that fits its field.
fn is_hfs(b: &[u8]) -> bool {
    be32(b, 20) > 0 && be32(b, 20).is_multiple_of(512) && b[36] <= 27 && be16(b, 18) > 0
}

/// VMware's own grouping, of two little-endian words, one half word and six bytes.
fn vmfs_uuid(b: &[u8]) -> String {
    format!("{:08x}-{:08x}-{:04x}-{}", le32(b, 9), le32(b, 13), le16(b, 17), crate::field::hex(&b[19..25]))
}

/// HPFS keeps serial and label in the boot sector, where FAT does.
fn hpfs(volume: &dyn ReadAt, _: &[u8], info: &mut Info) -> Result<()> {
    if let Some(boot) = crate::field::peek(volume, 0, 512)?
        && boot[38] == 0x28
    {
        let serial = le32(&boot, 39);
        info.uuid = Some(format!("{:04X}-{:04X}", serial >> 16, serial & 0xFFFF));
        info.label = label(&boot[43..54]);
    }
    Ok(())
}
