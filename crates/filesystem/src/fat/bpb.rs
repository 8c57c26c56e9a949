//! The boot sector of FAT: the BIOS parameter block, and what else can be told without opening the tree.
//!
//! Specification: Microsoft FAT32 File System Specification 1.03. Serial and label are given as `blkid` gives them: the
//! label is that of the root directory; the copy in the boot sector goes stale and is not used.

use crate::field::{array, label, le16, le32, peek};
use crate::tree::Info;
use storage::{Error, ReadAt, Result, read_vec};

/// Longest FAT that is read through to count free clusters, in bytes.
const MAX_COUNTED: u64 = 64 << 20;
/// Entries of 32 bytes in the longest directory that FAT allows.
pub(super) const MAX_ENTRIES: u64 = 65_536;
const ATTRIBUTE_LABEL: u8 = 0x08;
const ATTRIBUTE_LONG_NAME: u8 = 0x0F;

/// Which FAT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    Fat12,
    Fat16,
    Fat32,
}

/// Where things are; all in bytes but `clusters` and `root`.
#[derive(Debug)]
pub(super) struct Bpb {
    boot: Vec<u8>,
    pub(super) width: Width,
    sector: u64,
    pub(super) cluster: u64,
    /// Number of clusters; the first has the number 2.
    pub(super) clusters: u64,
    /// The first FAT, and the length of one.
    pub(super) fat: u64,
    pub(super) fat_len: u64,
    /// The first root directory (none on FAT32), and where clusters begin.
    root: u64,
    pub(super) data: u64,
    pub(super) size: u64,
}

impl Bpb {
    /// None if the parameters contradict each other, or the sector is that of another filesystem.
    pub(super) fn read(volume: &dyn ReadAt) -> Result<Option<Self>> {
        Ok(peek(volume, 0, 512)?.and_then(Self::parse))
    }

    fn parse(boot: Vec<u8>) -> Option<Self> {
        let sector = u64::from(le16(&boot, 11));
        let per_cluster = u64::from(boot[13]);
        let (reserved, fats) = (u64::from(le16(&boot, 14)), u64::from(boot[16]));
        let sane = matches!(sector, 512 | 1024 | 2048 | 4096)
            && per_cluster.is_power_of_two()
            && reserved > 0
            && matches!(fats, 1..=4)
            && (boot[21] == 0xF0 || boot[21] >= 0xF8);
        if !sane || !is_marked(&boot) {
            return None;
        }
        let short = u64::from(le16(&boot, 22));
        let fat_sectors = if short == 0 { u64::from(le32(&boot, 36)) } else { short };
        let sectors = match le16(&boot, 19) {
            0 => u64::from(le32(&boot, 32)),
            few => u64::from(few),
        };
        let root = reserved + fats * fat_sectors;
        let data = root + (u64::from(le16(&boot, 17)) * 32).div_ceil(sector);
        let clusters = sectors.checked_sub(data)? / per_cluster;
        if fat_sectors == 0 || clusters == 0 {
            return None;
        }
        let width = match clusters {
            _ if short == 0 => Width::Fat32,
            ..4085 => Width::Fat12,
            _ => Width::Fat16,
        };
        Some(Bpb {
            width,
            sector,
            cluster: per_cluster * sector,
            clusters,
            fat: reserved * sector,
            fat_len: fat_sectors * sector,
            root: root * sector,
            data: data * sector,
            size: sectors * sector,
            boot,
        })
    }

    /// Whether FAT and root directory lie within the volume and the FAT is as long as the clusters need.
    pub(super) fn check(&self, len: u64) -> Result<()> {
        if self.data > len {
            return Err(Error::corrupt(
                0,
                format!("FAT: its files begin at byte {}, past the volume's end", self.data),
            ));
        }
        let bits = match self.width {
            Width::Fat12 => 12,
            Width::Fat16 => 16,
            Width::Fat32 => 32,
        };
        if self.fat_len * 8 / bits < self.clusters + 2 {
            let what = format!("a FAT of {} bytes is too short for {} clusters", self.fat_len, self.clusters);
            return Err(Error::corrupt(self.fat, what));
        }
        Ok(())
    }

    /// The byte after which the fields of the extended boot record begin: drive, flags, signature, serial, label, type.
    fn extended(&self) -> usize {
        if self.width == Width::Fat32 { 64 } else { 36 }
    }

    /// What is known without opening the tree.
    pub(super) fn info(&self, volume: &dyn ReadAt) -> Result<Info> {
        let at = self.extended();
        let serial = le32(&self.boot, at + 3);
        let (dirty, errors) = self.flags(volume)?;
        let mut info = Info {
            fs_type: "vfat",
            uuid: (serial != 0).then(|| format!("{:04X}-{:04X}", serial >> 16, serial & 0xFFFF)),
            label: self.label(volume)?,
            size: Some(self.size),
            free: self.free(volume, dirty)?,
            clean: Some(!dirty),
            errors: Some(errors),
            features: vec![format!("{:?}", self.width).to_uppercase()],
            ..Info::default()
        };
        if dirty {
            info.notes.push("it was not unmounted cleanly".into());
        }
        if errors {
            info.notes.push("its own record says that reading or writing failed".into());
        }
        if self.size > volume.size() {
            info.notes.push(format!("it is {} bytes long by its own account, its volume {}", self.size, volume.size()));
        }
        Ok(info)
    }

    /// Dirty and error flags: in the boot sector, and in the second entry of the FAT, where they are set when clean.
    fn flags(&self, volume: &dyn ReadAt) -> Result<(bool, bool)> {
        let flags = self.boot[self.extended() + 1];
        let (clean, sound) = match self.width {
            Width::Fat12 => (true, true),
            Width::Fat16 => {
                let entry = peek(volume, self.fat + 2, 2)?.map_or(!0, |entry| le16(&entry, 0));
                (entry & 0x8000 != 0, entry & 0x4000 != 0)
            }
            Width::Fat32 => {
                let entry = peek(volume, self.fat + 4, 4)?.map_or(!0, |entry| le32(&entry, 0));
                (entry & 0x0800_0000 != 0, entry & 0x0400_0000 != 0)
            }
        };
        Ok((!clean || flags & 1 != 0, !sound || flags & 2 != 0))
    }

    /// Free bytes: as the information sector of FAT32 has it, otherwise counted.
    fn free(&self, volume: &dyn ReadAt, dirty: bool) -> Result<Option<u64>> {
        if self.width == Width::Fat32 && !dirty {
            let at = u64::from(le16(&self.boot, 48)) * self.sector;
            if let Some(sector) = peek(volume, at, 512)?
                && sector[..4] == *b"RRaA"
                && sector[484..488] == *b"rrAa"
                && u64::from(le32(&sector, 488)) <= self.clusters
            {
                return Ok(Some(u64::from(le32(&sector, 488)) * self.cluster));
            }
        }
        if self.fat_len > MAX_COUNTED || self.check(volume.size()).is_err() {
            return Ok(None);
        }
        let fat = read_vec(volume, self.fat, self.fat_len)?;
        let free = (2..self.clusters + 2).filter(|&cluster| self.entry(&fat, cluster) == Some(0)).count();
        Ok(Some(free as u64 * self.cluster))
    }

    /// The FAT's word for `cluster`, from the bytes of the whole FAT.
    fn entry(&self, fat: &[u8], cluster: u64) -> Option<u32> {
        let at = self.entry_offset(cluster);
        let bytes = fat.get(usize::try_from(at).ok()?..)?;
        self.decode(bytes, cluster)
    }

    pub(super) fn entry_offset(&self, cluster: u64) -> u64 {
        match self.width {
            Width::Fat12 => cluster + cluster / 2,
            Width::Fat16 => cluster * 2,
            Width::Fat32 => cluster * 4,
        }
    }

    /// Bytes that one entry lies in.
    pub(super) fn entry_len(&self) -> u64 {
        if self.width == Width::Fat32 { 4 } else { 2 }
    }

    /// How many FATs there are.
    pub(super) fn copies(&self) -> u64 {
        self.boot[16].into()
    }

    /// Whether all FATs are written; FAT32 may say that only one is.
    pub(super) fn is_mirrored(&self) -> bool {
        self.width != Width::Fat32 || self.boot[40] & 0x80 == 0
    }

    /// Where the root directory begins, on FAT32.
    pub(super) fn root_cluster(&self) -> Option<u64> {
        (self.width == Width::Fat32).then(|| le32(&self.boot, 44).into())
    }

    pub(super) fn decode(&self, bytes: &[u8], cluster: u64) -> Option<u32> {
        match self.width {
            Width::Fat12 => {
                let pair = u16::from_le_bytes(*bytes.first_chunk()?);
                Some(u32::from(if cluster.is_multiple_of(2) { pair & 0xFFF } else { pair >> 4 }))
            }
            Width::Fat16 => Some(u16::from_le_bytes(*bytes.first_chunk()?).into()),
            Width::Fat32 => Some(u32::from_le_bytes(*bytes.first_chunk()?) & 0x0FFF_FFFF),
        }
    }

    /// The entry of the root directory that is no file but the label. What cannot be read has none.
    fn label(&self, volume: &dyn ReadAt) -> Result<Option<String>> {
        let Some(mut cluster) = self.root_cluster() else {
            let root = peek(volume, self.root, self.data - self.root)?;
            return Ok(root.and_then(|root| labelled(&root).flatten()));
        };
        for _ in 0..MAX_ENTRIES * 32 / self.cluster {
            if !(2..self.clusters + 2).contains(&cluster) {
                return Ok(None);
            }
            let Some(part) = peek(volume, self.data + (cluster - 2) * self.cluster, self.cluster)? else {
                return Ok(None);
            };
            if let Some(end) = labelled(&part) {
                return Ok(end);
            }
            let Some(entry) = peek(volume, self.fat + self.entry_offset(cluster), 4)? else { return Ok(None) };
            cluster = self.decode(&entry, cluster).unwrap_or(0).into();
        }
        Ok(None)
    }
}

/// Looks for the label in a piece of a directory: none if it may be further on.
fn labelled(directory: &[u8]) -> Option<Option<String>> {
    for entry in directory.chunks_exact(32) {
        match (entry[0], entry[11]) {
            (0, _) => return Some(None),
            (0xE5, _) | (_, ATTRIBUTE_LONG_NAME) => {}
            (first, attributes) if attributes & ATTRIBUTE_LABEL != 0 => {
                let mut name: [u8; 11] = array(entry, 0);
                // A first byte of 0xE5 would mean "deleted", so that 0x05 stands for it.
                if first == 0x05 {
                    name[0] = 0xE5;
                }
                return Some(label(&name));
            }
            _ => {}
        }
    }
    None
}

/// Whether the sector says that it is FAT, and nothing else: a jump and the end mark, or the words of old formatters.
fn is_marked(boot: &[u8]) -> bool {
    let other = [&b"NTFS    "[..], b"EXFAT   ", b"-FVE-FS-", b"ReFS\0\0\0\0"];
    if other.contains(&&boot[3..11]) || boot[54..62] == *b"HPFS    " {
        return false;
    }
    let jumps = matches!(boot[0], 0xEB | 0xE9) && boot[510..] == [0x55, 0xAA];
    let words = [&b"FAT12   "[..], b"FAT16   ", b"FAT     "].contains(&&boot[54..62]) || boot[82..90] == *b"FAT32   ";
    let makers = [&b"MSWIN"[..], b"MSDOS"].iter().any(|&maker| boot[82..87] == *maker || boot[54..59] == *maker);
    jumps || words || makers
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 64 KiB of FAT12 with one sector a cluster.
    fn sound() -> Vec<u8> {
        let mut volume = vec![0u8; 64 << 10];
        volume[..3].copy_from_slice(&[0xEB, 0x3C, 0x90]);
        volume[11..13].copy_from_slice(&512u16.to_le_bytes());
        volume[13] = 1;
        volume[14] = 1;
        volume[16] = 2;
        volume[17] = 16;
        volume[19] = 128;
        volume[21] = 0xF8;
        volume[22] = 1;
        volume[38] = 0x29;
        volume[39..43].copy_from_slice(&0xABCD_1234u32.to_le_bytes());
        volume[510..512].copy_from_slice(&[0x55, 0xAA]);
        volume[512..515].copy_from_slice(&[0xF8, 0xFF, 0xFF]);
        volume[1536..1547].copy_from_slice(b"BOOT PART  ");
        volume[1547] = ATTRIBUTE_LABEL;
        volume
    }

    #[test]
    fn says_what_it_holds() {
        let volume = sound();
        let bpb = Bpb::read(&volume).unwrap().unwrap();
        bpb.check(64 << 10).unwrap();
        let info = bpb.info(&volume).unwrap();
        assert_eq!((info.uuid.as_deref(), info.label.as_deref()), (Some("ABCD-1234"), Some("BOOT PART")));
        assert_eq!((info.size, info.free), (Some(64 << 10), Some(124 * 512)));
        assert_eq!((info.clean, info.errors, &*info.features[0]), (Some(true), Some(false), "FAT12"));
    }

    #[test]
    fn dirty_and_error_bits_are_seen() {
        let mut volume = sound();
        volume[37] = 3;
        let info = Bpb::read(&volume).unwrap().unwrap().info(&volume).unwrap();
        assert_eq!((info.clean, info.errors, info.notes.len()), (Some(false), Some(true), 2));
    }

    #[test]
    fn parameters_that_contradict_each_other_are_no_fat() {
        for (at, value) in
            [(12usize, 0u8), (13, 3), (13, 0), (14, 0), (16, 0), (16, 9), (19, 2), (21, 1), (22, 0), (510, 0)]
        {
            let mut volume = sound();
            volume[at] = value;
            assert!(Bpb::read(&volume).unwrap().is_none(), "{at} {value}");
        }
        let mut volume = sound();
        volume[3..11].copy_from_slice(b"NTFS    ");
        assert!(Bpb::read(&volume).unwrap().is_none());
    }

    #[test]
    fn a_short_fat_or_volume_is_corrupt() {
        let mut volume = sound();
        volume[19..21].copy_from_slice(&4000u16.to_le_bytes());
        let bpb = Bpb::read(&volume).unwrap().unwrap();
        assert!(bpb.check(4000 * 512).is_err());
        assert!(Bpb::read(&sound()).unwrap().unwrap().check(1000).is_err());
    }
}
