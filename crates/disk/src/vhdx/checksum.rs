//! CRC-32C of a structure that holds its own checksum.

/// Where every structure of a VHDX has its checksum.
const AT: usize = 4;

/// The checksum of bytes that begin with the structure: its own field counts as zeros.
pub(super) fn checksum(block: &[u8]) -> u32 {
    more(first(&block[..AT + 4]), &block[AT + 4..])
}

/// Of the first eight bytes, the checksum's own among them.
fn first(head: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&head[..AT]), &[0; 4])
}

/// Goes on with the bytes that follow.
pub(super) fn more(sum: u32, next: &[u8]) -> u32 {
    crc32c::crc32c_append(sum, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_castagnolis() {
        // The check value of CRC-32C, and the same bytes in two parts.
        assert_eq!(more(more(0, b"1234"), b"56789"), 0xe306_9283);
        assert_eq!(checksum(b"headxxxxabc"), checksum(b"head\0\0\0\0abc"));
        assert_eq!(checksum(b"headxxxxabc"), more(0, b"head\0\0\0\0abc"));
    }
}
