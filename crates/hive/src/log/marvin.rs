//! Marvin32, the hash that protects log entries.

/// The low and the high half of the seed that hives use, 0x82EF4D887A4E55C5.
const SEED: (u32, u32) = (0x7a4e_55c5, 0x82ef_4d88);

/// The hash of bytes whose number is a multiple of four, as all that is hashed in logs.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    let words = bytes.chunks_exact(4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]));
    // The end is marked by a byte 0x80 behind the last, and one more round.
    let (low, high) = words.chain([0x80, 0]).fold(SEED, round);
    u64::from(high) << 32 | u64::from(low)
}

fn round((low, high): (u32, u32), word: u32) -> (u32, u32) {
    let low = low.wrapping_add(word);
    let high = high ^ low;
    let low = low.rotate_left(20).wrapping_add(high);
    let high = high.rotate_left(9) ^ low;
    let low = low.rotate_left(27).wrapping_add(high);
    (low, high.rotate_left(19))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The head of an entry that Windows 10 wrote, and the hash that it put behind it.
    #[test]
    fn as_windows_computes_it() {
        let fields = [0x454c_7648u32, 24064, 0, 2, 20480, 1, 0x1807_e431, 0x6786_6c66];
        let head: Vec<u8> = fields.into_iter().flat_map(u32::to_le_bytes).collect();
        assert_eq!(hash(&head), 0xcd44_f3cf_a765_7f02);
    }
}
