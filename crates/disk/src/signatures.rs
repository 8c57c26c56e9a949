//! Formats that are recognised and not read, each one line: never taken for raw, always called by name.
//!
//! Sources: the specifications of the formats; qemu's probes; `magic(5)` for the wrappers.
//! Not recognised: VHD Set (no published signature).

use crate::fields::has;
use crate::ova::is_ovf_text;
use storage::{ReadAt, Result, to_usize};

/// What signatures look at: enough of the start to see a description of a machine, and the last sector.
#[derive(Debug)]
pub(crate) struct Ends {
    size: u64,
    head: Vec<u8>,
    tail: Vec<u8>,
}

const HEAD: u64 = 0x8800;
const TAIL: u64 = 512;

impl Ends {
    pub(crate) fn read(file: &dyn ReadAt) -> Result<Self> {
        let mut head = vec![0; to_usize(file.size().min(HEAD))?];
        file.read_at(&mut head, 0)?;
        let len = file.size().min(TAIL);
        let mut tail = vec![0; to_usize(len)?];
        file.read_at(&mut tail, file.size() - len)?;
        Ok(Ends { size: file.size(), head, tail })
    }
}

/// A format that is recognised by its content.
pub(crate) struct Signature {
    pub(crate) name: &'static str,
    /// What it is and what to do with it, to follow "the file is ".
    pub(crate) advice: &'static str,
    seen: fn(&Ends) -> bool,
}

impl Signature {
    pub(crate) fn matches(&self, ends: &Ends) -> bool {
        (self.seen)(ends)
    }
}

const fn row(name: &'static str, advice: &'static str, seen: fn(&Ends) -> bool) -> Signature {
    Signature { name, advice, seen }
}

/// All of them.
pub(crate) static SIGNATURES: &[Signature] = &[
    row("qcow", "a qcow version 1 image; convert it to qcow2 first", |e| has(&e.head, 0, b"QFI\xfb\0\0\0\x01")),
    row("qed", "a QED image; convert it to qcow2 first", |e| has(&e.head, 0, b"QED\0")),
    row("parallels", "a Parallels image; convert it to qcow2 first", |e| {
        has(&e.head, 0, b"WithoutFreeSpace") || has(&e.head, 0, b"WithouFreSpacExt")
    }),
    row("dmg", "an Apple disk image; convert it to raw first", |e| has(&e.tail, 0, b"koly\0\0\0\x04")),
    row("luks", "encrypted with LUKS as a whole, so that nobody without the key can read it; decrypt it first", |e| {
        has(&e.head, 0, b"LUKS\xba\xbe\0\x01") || has(&e.head, 0, b"LUKS\xba\xbe\0\x02")
    }),
    row("tar", "a tar archive; take the disk out of it first", |e| has(&e.head, 257, b"ustar")),
    row(
        "ovf",
        "the description of a virtual machine (OVF), not its disk; use the disk that it names, or the OVA",
        |e| is_ovf_text(&e.head),
    ),
    row("cowd", "a VMDK of ESX server before version 3 (COWD); convert it to another VMDK by vmkfstools first", |e| {
        has(&e.head, 0, b"COWD")
    }),
    row("gzip", "compressed with gzip; unpack it first (gunzip)", |e| has(&e.head, 0, b"\x1f\x8b\x08")),
    row("xz", "compressed with xz; unpack it first (unxz)", |e| has(&e.head, 0, b"\xfd7zXZ\0")),
    row("zstd", "compressed with zstd; unpack it first (unzstd)", |e| has(&e.head, 0, b"\x28\xb5\x2f\xfd")),
    row("bzip2", "compressed with bzip2; unpack it first (bunzip2)", |e| {
        has(&e.head, 0, b"BZh") && has(&e.head, 4, b"1AY&SY")
    }),
    row("zip", "a zip archive; unpack it first", |e| has(&e.head, 0, b"PK\x03\x04")),
];

/// The signature of that name.
pub(crate) fn signature(name: &str) -> Option<&'static Signature> {
    SIGNATURES.iter().find(|signature| signature.name == name)
}

/// A mark of a disk that is no partition table.
pub(crate) const EXT: &str = "an ext filesystem";

/// What a disk itself bears at its start, if it bears anything: a partition table or an ext filesystem.
///
/// Where an image format's header is there too, one of them is a trap: a guest can write any header into its own disk.
pub(crate) fn disk_marks(ends: &Ends) -> Option<&'static str> {
    if has(&ends.head, 512, b"EFI PART") || has(&ends.head, 4096, b"EFI PART") {
        return Some("a GPT");
    }
    if is_mbr(&ends.head) {
        return Some("a partition table");
    }
    is_ext(ends).then_some(EXT)
}

/// A boot signature alone is also borne by filesystems: an entry in use and no impossible one are wanted.
fn is_mbr(head: &[u8]) -> bool {
    let Some(table) = head.get(446..510).filter(|_| has(head, 510, b"\x55\xaa")) else { return false };
    let used = |entry: &[u8]| entry[4] != 0 && entry[8..12] != [0; 4] && entry[12..16] != [0; 4];
    table.chunks(16).all(|entry| entry[0] & 0x7f == 0) && table.chunks(16).any(used)
}

/// A superblock of a filesystem that is no longer than the file.
fn is_ext(ends: &Ends) -> bool {
    let Some(block) = ends.head.get(1024..2048) else { return false };
    let word = |at: usize| u32::from_le_bytes(crate::fields::bytes(block, at));
    let (blocks, block_shift, revision) = (u64::from(word(4)), word(24), word(76));
    has(block, 56, b"\x53\xef")
        && blocks > 0
        && block_shift <= 6
        && revision <= 1
        && blocks << (10 + block_shift) <= ends.size
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(file: Vec<u8>) -> Vec<&'static str> {
        let ends = Ends::read(&file).unwrap();
        SIGNATURES.iter().filter(|signature| signature.matches(&ends)).map(|signature| signature.name).collect()
    }

    fn with(at: usize, magic: &[u8]) -> Vec<u8> {
        let mut file = vec![0; 64 << 10];
        file[at..at + magic.len()].copy_from_slice(magic);
        file
    }

    #[test]
    fn each_is_called_by_its_name() {
        let cases: &[(&str, usize, &[u8])] = &[
            ("qcow", 0, b"QFI\xfb\0\0\0\x01"),
            ("qed", 0, b"QED\0"),
            ("cowd", 0, b"COWD"),
            ("parallels", 0, b"WithoutFreeSpace"),
            ("parallels", 0, b"WithouFreSpacExt"),
            ("dmg", (64 << 10) - 512, b"koly\0\0\0\x04"),
            ("luks", 0, b"LUKS\xba\xbe\0\x02"),
            ("tar", 257, b"ustar"),
            ("gzip", 0, b"\x1f\x8b\x08"),
            ("xz", 0, b"\xfd7zXZ\0"),
            ("zstd", 0, b"\x28\xb5\x2f\xfd"),
            ("bzip2", 0, b"BZh91AY&SY"),
            ("zip", 0, b"PK\x03\x04"),
        ];
        for &(name, at, magic) in cases {
            assert_eq!(names(with(at, magic)), [name]);
        }
        assert_eq!(
            names(with(0, b"<?xml version=\"1.0\"?><Envelope xmlns=\"http://schemas.dmtf.org/ovf/envelope/1\">")),
            ["ovf"]
        );
    }

    #[test]
    fn short_and_empty_files_have_none() {
        for len in [0, 1, 4, 511, 512, 513] {
            assert!(names(vec![0; len]).is_empty());
        }
    }

    #[test]
    fn a_filesystem_is_no_longer_than_the_disk() {
        let mut disk = with(1024 + 56, b"\x53\xef");
        for (blocks, seen) in [(0u32, None), (64, Some("an ext filesystem")), (65, None), (u32::MAX, None)] {
            disk[1028..1032].copy_from_slice(&blocks.to_le_bytes());
            assert_eq!(disk_marks(&Ends::read(&disk).unwrap()), seen, "{blocks}");
        }
    }

    #[test]
    fn a_partition_table_needs_an_entry() {
        let mut disk = with(510, b"\x55\xaa");
        assert_eq!(disk_marks(&Ends::read(&disk).unwrap()), None);
        disk[446..462].copy_from_slice(&[0x80, 0, 1, 0, 0x83, 0, 0, 0, 0, 8, 0, 0, 0, 8, 0, 0]);
        assert_eq!(disk_marks(&Ends::read(&disk).unwrap()), Some("a partition table"));
        disk[462] = 1;
        assert_eq!(disk_marks(&Ends::read(&disk).unwrap()), None);
        assert_eq!(disk_marks(&Ends::read(&with(4096, b"EFI PART")).unwrap()), Some("a GPT"));
    }
}
