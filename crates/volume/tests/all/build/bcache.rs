//! Devices behind a cache of bcache.

use super::put;

/// A backing device of so many sectors whose data begins at sector 32, with these flags.
pub(crate) fn backing(sectors: usize, flags: u64) -> Vec<u8> {
    let mut volume = vec![0; sectors * 512];
    let superblock = &mut volume[4096..4096 + 208];
    put(superblock, 8, &8_u64.to_le_bytes());
    put(superblock, 16, &4_u64.to_le_bytes());
    put(superblock, 24, b"\xC6\x85\x73\xF6\x4E\x1A\x45\xCA\x82\x65\xF5\x7F\x48\xBA\x6D\x81");
    put(superblock, 40, &[0x5A; 16]);
    put(superblock, 104, &flags.to_le_bytes());
    put(superblock, 184, &32_u64.to_le_bytes());
    let crc = superblock[8..].iter().fold(u64::MAX, |crc, byte| {
        (0..8).fold(crc ^ u64::from(*byte) << 56, |crc, _| {
            if crc >> 63 == 1 { crc << 1 ^ 0x42F0_E1EB_A9EA_3693 } else { crc << 1 }
        })
    });
    put(superblock, 0, &(!crc).to_le_bytes());
    volume[32 * 512..].fill(b'D');
    volume
}
