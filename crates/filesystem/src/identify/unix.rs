//! What the superblocks of UFS and NILFS2 say.

use crate::crc::crc32;
use crate::field::{be32, be64, label, le16, le32, le64};
use crate::tree::Info;
use storage::{ReadAt, Result};

/// Numbers are in the order of bytes of the machine that made it.
pub(super) fn ufs(_: &dyn ReadAt, b: &[u8], info: &mut Info) -> Result<()> {
    let little = matches!(le32(b, 1372), 0x1954_0119 | 0x0001_1954);
    let word: fn(&[u8], usize) -> u32 = if little { le32 } else { be32 };
    let long: fn(&[u8], usize) -> u64 = if little { le64 } else { be64 };
    let id = (word(b, 144), word(b, 148));
    info.uuid = (id != (0, 0)).then(|| format!("{:08x}{:08x}", id.0, id.1));
    let (block, fragment) = (u64::from(word(b, 48)), u64::from(word(b, 52)));
    if word(b, 1372) == 0x1954_0119 {
        info.label = label(&b[680..712]);
        info.size = Some(long(b, 1080).saturating_mul(fragment));
        let (blocks, fragments) = (long(b, 1016), long(b, 1032));
        info.free = Some(blocks.saturating_mul(block).saturating_add(fragments.saturating_mul(fragment)));
        info.free_inodes = Some(long(b, 1024));
        info.inodes = Some(u64::from(word(b, 44)) * u64::from(word(b, 184)));
    }
    info.clean = Some(b[209] == 1);
    Ok(())
}

/// Two bytes are a weak mark: the checksum decides, which is seeded by the superblock itself.
pub(super) fn nilfs_is_sound(b: &[u8]) -> bool {
    let len = usize::from(le16(b, 8));
    if !(24..=1024).contains(&len) || le32(b, 0) != 2 {
        return false;
    }
    let crc = crc32(crc32(crc32(le32(b, 12), &b[..16]), &[0; 4]), &b[20..len]);
    crc == le32(b, 16)
}
