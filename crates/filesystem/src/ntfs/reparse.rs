//! Reparse points: links, and files whose content is kept in another way.
//!
//! Specification: [MS-FSCC] 2.1.2. Links are symbolic links, junctions (which are mount points of directories) and the
//! symbolic links of the Windows Subsystem for Linux.
//!
//! Targets are given as paths that can be resolved in a tree: slashes instead of backslashes, `/` for the volume's root.
//! A target on a drive or volume of its own (`\??\D:\Data`, `\??\Volume{…}\`) becomes `/D:/Data`: which volume has that
//! letter is for the registry to say; but where all of it exists on the volume that the link is on, it is taken to mean
//! that volume, as `ntfs-3g` does: `\??\C:\Users` becomes `/Users`.

use super::name::text;
use crate::field::{le16, le32};
use crate::nodes::MAX_LINK;
use crate::tree::FileKind;

const MOUNT_POINT: u32 = 0xA000_0003;
const SYMLINK: u32 = 0xA000_000C;
const LX_SYMLINK: u32 = 0xA000_001D;
/// Sockets, pipes and devices of the Windows Subsystem for Linux.
const LX_SPECIAL: &[u32] = &[0x8000_0023, 0x8000_0024, 0x8000_0025, 0x8000_0026];
/// Compressed by the Windows Overlay Filter; deduplicated by Windows Server.
pub(super) const WOF: u32 = 0x8000_0017;
const DEDUP: u32 = 0x8000_0013;
/// Longest reparse point, in bytes.
pub(super) const MAX_REPARSE: u64 = 16 << 10;
/// Of a symbolic link: its target is relative to where it is.
const RELATIVE: u32 = 1;

/// What a file with a tag is.
pub(super) fn kind(tag: u32, is_directory: bool) -> FileKind {
    match tag {
        MOUNT_POINT | SYMLINK | LX_SYMLINK => FileKind::Link,
        _ if is_directory => FileKind::Directory,
        tag if LX_SPECIAL.contains(&tag) => FileKind::Special,
        _ => FileKind::File,
    }
}

/// Why the content of a file with a tag is not read.
pub(super) fn unread(tag: u32) -> String {
    match tag {
        DEDUP => "NTFS: its content is deduplicated, which is not read".to_owned(),
        tag => format!("NTFS: its content is kept elsewhere (reparse point {tag:#010x}), where it is not read"),
    }
}

/// Where a link points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// As a path that can be resolved.
    Path(Vec<u8>),
    /// A drive or volume and what follows it, with slashes.
    Drive(Vec<u8>, Vec<u8>),
}

/// From the bytes of a reparse point; none if it is no link, or damaged.
pub(super) fn target(point: &[u8]) -> Option<Target> {
    let tag = le32(point.get(..8)?, 0);
    let data = point.get(8..8 + usize::from(le16(point, 4)))?;
    let (names, relative) = match tag {
        // After a version number, the target as Linux has it.
        LX_SYMLINK => return whole(data.get(4..)?.to_vec()).map(Target::Path),
        MOUNT_POINT => (data.get(8..)?, false),
        SYMLINK => (data.get(12..)?, le32(data, 8) & RELATIVE != 0),
        _ => return None,
    };
    let (at, len) = (usize::from(le16(data, 0)), usize::from(le16(data, 2)));
    let mut path = text(names.get(at..at + len)?);
    path.iter_mut().filter(|byte| **byte == b'\\').for_each(|byte| *byte = b'/');
    let path = whole(path)?;
    if relative {
        return Some(Target::Path(path));
    }
    let path = path.strip_prefix(b"/??/").or_else(|| path.strip_prefix(b"//?/")).unwrap_or(&path);
    let end = path.iter().position(|&byte| byte == b'/').unwrap_or(path.len());
    match path.split_at(end) {
        (b"", _) => Some(Target::Path(path.to_vec())),
        (drive, rest) => Some(Target::Drive(drive.to_vec(), rest.to_vec())),
    }
}

fn whole(target: Vec<u8>) -> Option<Vec<u8>> {
    let sound = !target.is_empty() && target.len() as u64 <= MAX_LINK && !target.contains(&0);
    sound.then_some(target)
}

#[cfg(test)]
mod tests {
    use super::super::name::units;
    use super::*;

    fn point(tag: u32, flags: Option<u32>, name: &str) -> Vec<u8> {
        let name = units(name);
        let len = u16::try_from(name.len()).unwrap();
        let mut data = [0, len, len, 0].map(u16::to_le_bytes).concat();
        data.extend(flags.map(u32::to_le_bytes).into_iter().flatten());
        data.extend(name);
        let len = u16::try_from(data.len()).unwrap();
        [&tag.to_le_bytes()[..], &len.to_le_bytes(), &[0, 0], &data].concat()
    }

    #[test]
    fn targets_become_paths() {
        let path = |path: &str| Some(Target::Path(path.into()));
        let drive = |drive: &str, rest: &str| Some(Target::Drive(drive.into(), rest.into()));
        assert_eq!(target(&point(MOUNT_POINT, None, r"\??\C:\Users")), drive("C:", "/Users"));
        assert_eq!(target(&point(MOUNT_POINT, None, r"\??\Volume{1-2}\")), drive("Volume{1-2}", "/"));
        assert_eq!(target(&point(SYMLINK, Some(0), r"\??\D:\a\b")), drive("D:", "/a/b"));
        assert_eq!(target(&point(SYMLINK, Some(1), r"..\a b\c")), path("../a b/c"));
        assert_eq!(target(&point(SYMLINK, Some(1), r"\Windows")), path("/Windows"));
        let mut linux = LX_SYMLINK.to_le_bytes().to_vec();
        linux.extend(b"\x0B\0\0\0\x02\0\0\0usr/bin");
        assert_eq!(target(&linux), path("usr/bin"));
    }

    #[test]
    fn damage_is_none() {
        let sound = point(SYMLINK, Some(0), r"\??\D:\a");
        for len in 0..sound.len() {
            assert_eq!(target(&sound[..len]), None, "{len}");
        }
        for (at, value) in [(0, 1), (4, 0xFF), (8, 0xFF), (10, 0xFF)] {
            let mut damaged = sound.clone();
            damaged[at] = value;
            assert_eq!(target(&damaged), None, "{at}");
        }
        assert_eq!(target(&point(SYMLINK, Some(1), "")), None);
    }
}
