//! Links, devices and pipes as Interix has them, the Unix subsystem of old Windows, and `ntfs-3g` by default: files with
//! the attribute "system" whose content says what they are.

use super::name::text;
use crate::nodes::MAX_LINK;
use crate::tree::FileKind;

/// Attributes of files.
const HIDDEN: u32 = 2;
pub(super) const SYSTEM: u32 = 4;
/// Bytes of a mark.
const MARK: usize = 8;
const LINK: &[u8] = b"IntxLNK\x01";
const DEVICES: &[&[u8]] = &[b"IntxCHR\0", b"IntxBLK\0"];
/// Bytes of the longest content that matters.
pub(super) const MAX_CONTENT: u64 = MARK as u64 + 2 * MAX_LINK;

/// What a file with these attributes, this size and this start is.
pub(super) fn kind(attributes: u32, size: u64, start: &[u8]) -> FileKind {
    match start.get(..MARK) {
        _ if attributes & SYSTEM == 0 => FileKind::File,
        // A pipe or a socket.
        _ if size <= 1 && attributes & HIDDEN == 0 => FileKind::Special,
        Some(LINK) if size <= MAX_CONTENT => FileKind::Link,
        Some(mark) if DEVICES.contains(&mark) => FileKind::Special,
        _ => FileKind::File,
    }
}

/// Where a link with this content points to.
pub(super) fn target(content: &[u8]) -> Option<Vec<u8>> {
    let target = text(content.strip_prefix(LINK)?);
    let sound = !target.is_empty() && !target.contains(&0);
    sound.then_some(target)
}

#[cfg(test)]
mod tests {
    use super::super::name::units;
    use super::*;

    #[test]
    fn the_start_says_what_it_is() {
        let link = [LINK, &units("../\u{E9}")].concat();
        for (attributes, start, expected) in [
            (SYSTEM, &link[..], FileKind::Link),
            (0, &link, FileKind::File),
            (SYSTEM, b"", FileKind::Special),
            (SYSTEM | HIDDEN, b"", FileKind::File),
            (SYSTEM, b"IntxCHR\0\x01\0\0\0", FileKind::Special),
            (SYSTEM, b"regf    1234", FileKind::File),
            (SYSTEM, b"IntxLNK", FileKind::File),
        ] {
            assert_eq!(kind(attributes, start.len() as u64, start), expected, "{attributes} {start:?}");
        }
        assert_eq!(kind(SYSTEM, 1 << 20, &link), FileKind::File);
        assert_eq!(target(&link).unwrap(), "../\u{E9}".as_bytes());
        assert_eq!(target(LINK), None);
    }
}
