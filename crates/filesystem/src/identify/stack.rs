//! What lies between a volume and a filesystem: encryption, volume managers, RAID, caches.
//!
//! Marks that outlive what made them are believed only with a right checksum.

use super::{Content, firmware, raid};
use crate::crc::{crc32, crc32c};
use crate::field::{be16, be32, be64, label, le16, le32, le64, peek, uuid};
use storage::{ReadAt, Result};

type Find = fn(&dyn ReadAt) -> Result<Option<Content>>;

/// In this order; the first that is found is it.
static STACK: &[Find] = &[
    luks,
    bitlocker,
    filevault2,
    lvm2,
    md_1,
    md_0_90,
    bcache,
    vdo,
    stratis,
    drbd,
    ldm,
    others,
    raid::find,
    firmware::find,
];

pub(super) fn find(volume: &dyn ReadAt) -> Result<Option<Content>> {
    for find in STACK {
        if let Some(content) = find(volume)? {
            return Ok(Some(content));
        }
    }
    Ok(None)
}

pub(super) fn member(of: &'static str, uuid: Option<String>, name: Option<String>) -> Result<Option<Content>> {
    Ok(Some(Content::Member { of, uuid, name }))
}

/// Header at 0; the UUID is text in both versions.
fn luks(volume: &dyn ReadAt) -> Result<Option<Content>> {
    let Some(header) = peek(volume, 0, 512)? else { return Ok(None) };
    let by = match be16(&header, 6) {
        1 => "luks1",
        2 => "luks2",
        _ => return Ok(None),
    };
    let found = header.starts_with(b"LUKS\xBA\xBE");
    Ok(found.then(|| Content::Encrypted { by, uuid: label(&header[168..208]) }))
}

/// Boot sector of a volume, or of a removable one that passes for FAT.
fn bitlocker(volume: &dyn ReadAt) -> Result<Option<Content>> {
    const TO_GO: [u8; 16] =
        [0x3B, 0xD6, 0x67, 0x49, 0x29, 0x2E, 0xD8, 0x4A, 0x83, 0x99, 0xF6, 0xA3, 0x39, 0xE3, 0xD0, 0x01];
    let Some(boot) = peek(volume, 0, 512)? else { return Ok(None) };
    let found = boot[3..11] == *b"-FVE-FS-" || (boot[3..11] == *b"MSWIN4.1" && boot[424..440] == TO_GO);
    Ok(found.then_some(Content::Encrypted { by: "bitlocker", uuid: None }))
}

/// FileVault 2 of macOS: the header of a physical volume of Core Storage, with a checksum that it seeds itself.
fn filevault2(volume: &dyn ReadAt) -> Result<Option<Content>> {
    let Some(header) = peek(volume, 0, 512)? else { return Ok(None) };
    let marked = header[88..90] == *b"CS" && le16(&header, 8) == 1 && le32(&header, 90) == 1;
    let found = marked && crc32c(le32(&header, 4), &header[8..]) == le32(&header, 0);
    Ok(found.then(|| Content::Encrypted { by: "filevault2", uuid: uuid(&header[304..320]) }))
}

/// A label in one of the first four sectors, with a CRC-32 that starts from LVM's own seed.
fn lvm2(volume: &dyn ReadAt) -> Result<Option<Content>> {
    const SEED: u32 = 0xF597_A6CF;
    for sector in 0..4u64 {
        let Some(bytes) = peek(volume, sector * 512, 512)? else { break };
        let header = usize::try_from(le32(&bytes, 20)).unwrap_or(usize::MAX);
        let found = bytes.starts_with(b"LABELONE")
            && bytes[24..32] == *b"LVM2 001"
            && le64(&bytes, 8) == sector
            && crc32(SEED, &bytes[20..]) == le32(&bytes, 16);
        if let (true, Some(id)) = (found, bytes.get(header..header.saturating_add(32))) {
            let id = String::from_utf8_lossy(id);
            let parts: Vec<String> = [0..6, 6..10, 10..14, 14..18, 18..22, 22..26, 26..32]
                .into_iter()
                .map(|part| id.chars().skip(part.start).take(part.len()).collect())
                .collect();
            return member("lvm2", Some(parts.join("-")), None);
        }
    }
    Ok(None)
}

/// Superblocks of version 1.1 (at 0), 1.2 (at 4 KiB) and 1.0 (near the end).
fn md_1(volume: &dyn ReadAt) -> Result<Option<Content>> {
    let sectors = volume.size() / 512;
    for at in [0, 4096, (sectors.saturating_sub(16) & !7) * 512] {
        let Some(head) = peek(volume, at, 256)? else { continue };
        if le32(&head, 0) != 0xA92B_4EFC || le32(&head, 4) != 1 || le64(&head, 144) != at / 512 {
            continue;
        }
        let len = 256 + 2 * u64::from(le32(&head, 220).min(1920));
        let Some(mut bytes) = peek(volume, at, len)? else { continue };
        bytes[216..220].fill(0);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        let sum: u64 = bytes.chunks_exact(4).map(|word| u64::from(le32(word, 0))).sum();
        if (sum & 0xFFFF_FFFF) + (sum >> 32) == u64::from(le32(&head, 216)) {
            return member("md", uuid(&head[16..32]), label(&head[32..64]));
        }
    }
    Ok(None)
}

/// The old superblock, at the last multiple of 64 KiB but one, in the order of bytes of the machine that made it.
fn md_0_90(volume: &dyn ReadAt) -> Result<Option<Content>> {
    let Some(at) = (volume.size() & !0xFFFF).checked_sub(0x1_0000) else { return Ok(None) };
    let Some(bytes) = peek(volume, at, 4096)? else { return Ok(None) };
    for word in [le32, be32] {
        let sum: u64 = (0..1024).filter(|&index| index != 38).map(|index| u64::from(word(&bytes, index * 4))).sum();
        let folded = (sum & 0xFFFF_FFFF) + (sum >> 32);
        if word(&bytes, 0) == 0xA92B_4EFC && word(&bytes, 4) == 0 && folded == u64::from(word(&bytes, 38 * 4)) {
            let id: Vec<u8> = [5, 13, 14, 15].iter().flat_map(|&index| word(&bytes, index * 4).to_be_bytes()).collect();
            return member("md", uuid(&id), None);
        }
    }
    Ok(None)
}

/// Superblock in the eighth sector, which says so itself.
fn bcache(volume: &dyn ReadAt) -> Result<Option<Content>> {
    const MAGIC: [u8; 16] =
        [0xC6, 0x85, 0x73, 0xF6, 0x4E, 0x1A, 0x45, 0xCA, 0x82, 0x65, 0xF5, 0x7F, 0x48, 0xBA, 0x6D, 0x81];
    let Some(bytes) = peek(volume, 4096, 512)? else { return Ok(None) };
    if bytes[24..40] != MAGIC || le64(&bytes, 8) != 8 || le64(&bytes, 16) > 6 {
        return Ok(None);
    }
    member("bcache", uuid(&bytes[40..56]), label(&bytes[72..104]))
}

fn vdo(volume: &dyn ReadAt) -> Result<Option<Content>> {
    match peek(volume, 0, 56)? {
        Some(bytes) if bytes.starts_with(b"dmvdo001") => member("vdo", uuid(&bytes[40..56]), None),
        _ => Ok(None),
    }
}

/// Two copies of a superblock, in the second and the tenth sector; identifiers are hexadecimal text.
fn stratis(volume: &dyn ReadAt) -> Result<Option<Content>> {
    for at in [512, 4608] {
        if let Some(bytes) = peek(volume, at, 512)?
            && bytes[4..20] == *b"!Stra0tis\x86\xFF\x02\x5EArh"
        {
            return member("stratis", label(&bytes[64..96]), label(&bytes[32..64]));
        }
    }
    Ok(None)
}

/// Metadata in the last 4 KiB, version 8.3 on, or 8.4 and 9 after a crash.
fn drbd(volume: &dyn ReadAt) -> Result<Option<Content>> {
    let Some(at) = volume.size().checked_sub(4096) else { return Ok(None) };
    match peek(volume, at, 64)? {
        Some(bytes) if matches!(be32(&bytes, 60), 0x8374_026B..=0x8374_026E) => {
            member("drbd", Some(format!("{:x}", be64(&bytes, 40))), None)
        }
        _ => Ok(None),
    }
}

/// A dynamic disk of Windows: the private header, in the sixth sector of the disk.
fn ldm(volume: &dyn ReadAt) -> Result<Option<Content>> {
    match peek(volume, 6 * 512, 512)? {
        Some(bytes) if bytes.starts_with(b"PRIVHEAD") => member("ldm", label(&bytes[48..84]), label(&bytes[208..240])),
        _ => Ok(None),
    }
}

/// Marks without more to them.
fn others(volume: &dyn ReadAt) -> Result<Option<Content>> {
    let start = peek(volume, 0, 8)?.unwrap_or_default();
    for (mark, of) in [(&b"integrt\0"[..], "dm-integrity"), (b"verity\0\0", "dm-verity"), (b"SnAp", "dm-snapshot")] {
        if start.starts_with(mark) {
            return member(of, None, None);
        }
    }
    if let Some(bytes) = peek(volume, 0, 112)?
        && bytes.starts_with(b"HM")
        && matches!(le16(&bytes, 2), 1 | 2)
        && bytes[44..46].iter().all(u8::is_ascii_alphanumeric)
    {
        return member("lvm1", None, None);
    }
    if peek(volume, 0, 22)?.is_some_and(|bytes| bytes == *b"bluestore block device") {
        return member("ceph", None, None);
    }
    // A flash volume's header has a checksum; its identifier is a number.
    if let Some(bytes) = peek(volume, 0, 64)?
        && bytes.starts_with(b"UBI#")
        && crc32(!0, &bytes[..60]) == be32(&bytes, 60)
    {
        return member("ubi", Some(be32(&bytes, 24).to_string()), None);
    }
    match peek(volume, 0, 48)? {
        Some(bytes) if bytes.starts_with(b"$DRBDmgr=q") => member("drbdmanage", label(&bytes[11..43]), None),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(volume: &mut [u8], at: usize, bytes: &[u8]) {
        volume[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// What is found, and that it is lost with any byte of `vital`.
    fn assert_found(volume: &[u8], expected: &Content, vital: &[usize]) {
        assert_eq!(find(&volume.to_vec()).unwrap().as_ref(), Some(expected));
        for &at in vital {
            let mut other = volume.to_vec();
            other[at] ^= 0xFF;
            assert_ne!(find(&other).unwrap().as_ref(), Some(expected), "{at}");
        }
    }

    fn named(of: &'static str, uuid: &str, name: &str) -> Content {
        Content::Member { of, uuid: Some(uuid.into()), name: Some(name.into()) }
    }

    #[test]
    fn luks_and_bitlocker() {
        let mut volume = vec![0; 8192];
        put(&mut volume, 0, b"LUKS\xBA\xBE\0\x02");
        put(&mut volume, 168, b"e5f398d9-39da-4b6a-9ac3-e085a9394e7c");
        let uuid = Some("e5f398d9-39da-4b6a-9ac3-e085a9394e7c".to_owned());
        assert_found(&volume, &Content::Encrypted { by: "luks2", uuid }, &[0, 5, 7]);

        let mut volume = vec![0; 8192];
        put(&mut volume, 3, b"-FVE-FS-");
        assert_found(&volume, &Content::Encrypted { by: "bitlocker", uuid: None }, &[3, 10]);
        put(&mut volume, 3, b"MSWIN4.1");
        assert_eq!(find(&volume).unwrap(), None);
        put(&mut volume, 424, b"\x3B\xD6\x67\x49\x29\x2E\xD8\x4A\x83\x99\xF6\xA3\x39\xE3\xD0\x01");
        assert_found(&volume, &Content::Encrypted { by: "bitlocker", uuid: None }, &[424]);
    }

    #[test]
    fn md_of_all_minor_versions_needs_its_checksum() {
        for at in [0usize, 4096, 65536 - 8192] {
            let mut volume = vec![0; 65536];
            put(&mut volume, at, &0xA92B_4EFCu32.to_le_bytes());
            put(&mut volume, at + 4, &1u32.to_le_bytes());
            put(&mut volume, at + 16, &(1..=16).collect::<Vec<u8>>());
            put(&mut volume, at + 32, b"host:root");
            put(&mut volume, at + 144, &(at as u64 / 512).to_le_bytes());
            put(&mut volume, at + 220, &2u32.to_le_bytes());
            let sum: u64 = volume[at..at + 260].chunks(4).map(|word| u64::from(le32(word, 0))).sum();
            let folded = (sum & 0xFFFF_FFFF) + (sum >> 32);
            put(&mut volume, at + 216, &u32::try_from(folded).unwrap().to_le_bytes());
            let expected = named("md", "01020304-0506-0708-090a-0b0c0d0e0f10", "host:root");
            assert_found(&volume, &expected, &[at, at + 4, at + 72, at + 144, at + 257]);
        }
    }

    #[test]
    fn lvm_in_any_of_four_sectors_needs_its_checksum() {
        for sector in 0..4usize {
            let mut volume = vec![0; 65536];
            let at = sector * 512;
            put(&mut volume, at, b"LABELONE");
            put(&mut volume, at + 8, &(sector as u64).to_le_bytes());
            put(&mut volume, at + 20, &32u32.to_le_bytes());
            put(&mut volume, at + 24, b"LVM2 001");
            put(&mut volume, at + 32, b"abcdefGHIJklmnOPQRstuvWXYZ012345");
            let sum = crc32(0xF597_A6CF, &volume[at + 20..at + 512]);
            put(&mut volume, at + 16, &sum.to_le_bytes());
            let uuid = Some("abcdef-GHIJ-klmn-OPQR-stuv-WXYZ-012345".to_owned());
            assert_found(&volume, &Content::Member { of: "lvm2", uuid, name: None }, &[at, at + 8, at + 24, at + 40]);
        }
    }

    #[test]
    fn the_others() {
        let mut volume = vec![0; 65536];
        put(&mut volume, 516, b"!Stra0tis\x86\xFF\x02\x5EArh");
        put(&mut volume, 512 + 32, b"0123456789abcdef0123456789abcdef");
        put(&mut volume, 512 + 64, b"fedcba9876543210fedcba9876543210");
        let expected = named("stratis", "fedcba9876543210fedcba9876543210", "0123456789abcdef0123456789abcdef");
        assert_found(&volume, &expected, &[516, 530]);

        let mut volume = vec![0; 65536];
        put(&mut volume, 3072, b"PRIVHEAD");
        put(&mut volume, 3072 + 48, b"1b77da20-c717-11d0-a5be-00a0c91db73c");
        put(&mut volume, 3072 + 208, b"HostDg0");
        assert_found(&volume, &named("ldm", "1b77da20-c717-11d0-a5be-00a0c91db73c", "HostDg0"), &[3072]);

        for (at, mark, of) in [(0usize, &b"verity\0\0"[..], "dm-verity"), (0, b"integrt\0", "dm-integrity")] {
            let mut volume = vec![0; 65536];
            put(&mut volume, at, mark);
            assert_found(&volume, &Content::Member { of, uuid: None, name: None }, &[at]);
        }
        for len in [0, 1, 100, 511, 600] {
            assert_eq!(find(&vec![0; len]).unwrap(), None, "{len}");
        }
    }
}
