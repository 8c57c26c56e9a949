//! Fields of on-disk structures: numbers, UUIDs, labels.
//!
//! Offsets are constants within a buffer whose length the caller has just made; one past its end is a mistake in this
//! crate, not in an image.

use storage::{Error, ReadAt, Result, read_vec, to_usize};

pub(crate) fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut field = [0; N];
    field.copy_from_slice(&bytes[at..at + N]);
    field
}

pub(crate) fn le16(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(array(bytes, at))
}

pub(crate) fn le32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array(bytes, at))
}

pub(crate) fn le64(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(array(bytes, at))
}

pub(crate) fn be16(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes(array(bytes, at))
}

pub(crate) fn be32(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(array(bytes, at))
}

pub(crate) fn be64(bytes: &[u8], at: usize) -> u64 {
    u64::from_be_bytes(array(bytes, at))
}

/// `len` bytes at `offset`, or none where the volume ends before that: a short volume merely lacks a mark.
pub(crate) fn peek(volume: &dyn ReadAt, offset: u64, len: u64) -> Result<Option<Vec<u8>>> {
    match offset.checked_add(len) {
        Some(end) if end <= volume.size() => read_vec(volume, offset, len).map(Some),
        _ => Ok(None),
    }
}

/// `len` zeros for the content of a file; `len` has been held to the caller's limit.
pub(crate) fn zeros(len: u64) -> Result<Vec<u8>> {
    let bytes = to_usize(len)?;
    // The reservation only asks whether there is room. `vec!` takes pages that the system has zeroed, which saves a pass
    // over the memory of an initramfs.
    Vec::<u8>::new().try_reserve_exact(bytes).map_err(|_| Error::out_of_memory(len))?;
    Ok(vec![0; bytes])
}

/// A UUID as `UUID=` has it; none if all bytes are zero.
pub(crate) fn uuid(bytes: &[u8]) -> Option<String> {
    if storage::is_zero(bytes) {
        return None;
    }
    let hex = hex(bytes);
    Some([&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"))
}

/// Lower-case hexadecimal digits, two a byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Text that ends at the first NUL or at the end of its field, less trailing blanks; none if nothing is left.
pub(crate) fn label(bytes: &[u8]) -> Option<String> {
    let len = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    text(&String::from_utf8_lossy(&bytes[..len]))
}

/// The same for UTF-16, from units that the caller has put in order.
pub(crate) fn label_utf16(units: impl Iterator<Item = u16>) -> Option<String> {
    let units: Vec<u16> = units.take_while(|&unit| unit != 0).collect();
    text(&String::from_utf16_lossy(&units))
}

/// Little-endian UTF-16 units.
pub(crate) fn le_units(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes.chunks_exact(2).map(|pair| le16(pair, 0))
}

/// Big-endian UTF-16 units.
pub(crate) fn be_units(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes.chunks_exact(2).map(|pair| be16(pair, 0))
}

fn text(label: &str) -> Option<String> {
    let label = label.trim_end();
    (!label.is_empty()).then(|| label.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_are_lower_case_with_dashes() {
        let bytes: Vec<u8> = (0xA0..0xB0).collect();
        assert_eq!(uuid(&bytes).unwrap(), "a0a1a2a3-a4a5-a6a7-a8a9-aaabacadaeaf");
        assert_eq!(uuid(&[0; 16]), None);
    }

    #[test]
    fn labels_end_at_nul_or_blank() {
        assert_eq!(label(b"root\0junk").unwrap(), "root");
        assert_eq!(label(b"ESP        ").unwrap(), "ESP");
        assert_eq!(label(b"\0\0"), None);
        assert_eq!(label_utf16(le_units(b"A\0\x3D\x04\0\0x\0")).unwrap(), "A\u{43D}");
    }

    #[test]
    fn a_short_volume_has_no_mark() {
        let volume = vec![1u8; 10];
        assert_eq!(peek(&volume, 8, 2).unwrap(), Some(vec![1, 1]));
        assert_eq!(peek(&volume, 8, 3).unwrap(), None);
        assert_eq!(peek(&volume, u64::MAX, 3).unwrap(), None);
    }
}
