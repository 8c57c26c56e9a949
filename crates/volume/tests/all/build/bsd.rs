//! BSD labels.

use super::put;

/// Size, start (in sectors) and type.
pub(crate) type Entry = (u32, u32, u8);

/// Writes a label with these entries at a byte.
pub(crate) fn label(disk: &mut [u8], at: usize, entries: &[Entry]) {
    let end = at + 148 + 16 * entries.len();
    disk[at..end].fill(0);
    put(disk, at, &0x8256_4557_u32.to_le_bytes());
    put(disk, at + 40, &512_u32.to_le_bytes());
    put(disk, at + 132, &0x8256_4557_u32.to_le_bytes());
    put(disk, at + 138, &u16::try_from(entries.len()).unwrap().to_le_bytes());
    for (index, (size, start, system)) in entries.iter().enumerate() {
        put(disk, at + 148 + 16 * index, &size.to_le_bytes());
        put(disk, at + 152 + 16 * index, &start.to_le_bytes());
        disk[at + 160 + 16 * index] = *system;
    }
    let sum = disk[at..end].chunks(2).fold(0, |sum, pair| sum ^ u16::from_le_bytes([pair[0], pair[1]]));
    put(disk, at + 136, &sum.to_le_bytes());
}
