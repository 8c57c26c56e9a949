//! What the superblock of NILFS2 says.

use crate::crc::crc32;
use crate::field::{le16, le32};

/// Two bytes are a weak mark: the checksum decides, which is seeded by the superblock itself.
pub(super) fn is_sound(b: &[u8]) -> bool {
    let len = usize::from(le16(b, 8));
    if !(24..=1024).contains(&len) || le32(b, 0) != 2 {
        return false;
    }
    let crc = crc32(crc32(crc32(le32(b, 12), &b[..16]), &[0; 4]), &b[20..len]);
    crc == le32(b, 16)
}
