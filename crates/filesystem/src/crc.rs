//! The checksums that superblocks and descriptors carry.

/// Reflected table for `polynomial`.
const fn table(polynomial: u32) -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0u32;
    while byte < 256 {
        let mut crc = byte;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ polynomial } else { crc >> 1 };
            bit += 1;
        }
        table[byte as usize] = crc;
        byte += 1;
    }
    table
}

static IEEE: [u32; 256] = table(0xEDB8_8320);

/// CRC-32C over `bytes`, from `crc` on and without the final inversion, as ext4, XFS and btrfs chain it.
pub(crate) fn crc32c(crc: u32, bytes: &[u8]) -> u32 {
    !crc32c::crc32c_append(!crc, bytes)
}

/// CRC-32 with the common polynomial, from `crc` on and without the final inversion: LVM starts at 0xF597_A6CF.
pub(crate) fn crc32(crc: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(crc, |crc, &byte| (crc >> 8) ^ IEEE[usize::from(crc.to_le_bytes()[0] ^ byte)])
}

/// CRC-16 with the polynomial 0x8005, reflected, from `crc` on, as ext4 chains it.
pub(crate) fn crc16(crc: u16, bytes: &[u8]) -> u16 {
    bytes.iter().fold(crc, |crc, &byte| {
        (0..8).fold(crc ^ u16::from(byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xA001 } else { crc >> 1 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_values_of_the_catalogue() {
        assert_eq!(!crc32c(!0, b"123456789"), 0xE306_9283);
        assert_eq!(!crc32(!0, b"123456789"), 0xCBF4_3926);
        assert_eq!((crc16(0, b"123456789"), crc16(!0, b"123456789")), (0xBB3D, 0x4B37));
    }
}
