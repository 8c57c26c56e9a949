//! Programs as far as they are looked at: the header of a PE file, and the mark of its version resource.

/// `Machine` of a PE file.
pub(super) const X86_64: u16 = 0x8664;

/// Where the PE header begins, and where the version.
const HEADER: u8 = 0x80;
const VERSION: usize = 0x200;

/// What the fixed part of a version resource begins with: its mark, and its own version.
const MARK: [u8; 8] = [0xBD, 0x04, 0xEF, 0xFE, 0, 0, 1, 0];

/// A file version, each half of its numbers with the higher one last: 100.94.104.58101.
const NUMBERS: [u16; 4] = [94, 100, 58_101, 104];

/// A program for a machine.
pub(super) const fn program(machine: u16) -> [u8; 1024] {
    let mut file = put([0; 1024], 0, b"MZ");
    file[0x3C] = HEADER;
    file = put(file, HEADER as usize, b"PE\0\0");
    file = put(file, HEADER as usize + 4, &machine.to_le_bytes());
    file = put(file, VERSION, &MARK);
    let mut index = 0;
    while index < NUMBERS.len() {
        file = put(file, VERSION + MARK.len() + index * 2, &NUMBERS[index].to_le_bytes());
        index += 1;
    }
    file
}

/// The bytes with others written over them.
pub(super) const fn put<const N: usize>(mut bytes: [u8; N], at: usize, what: &[u8]) -> [u8; N] {
    let mut index = 0;
    while index < what.len() {
        bytes[at + index] = what[index];
        index += 1;
    }
    bytes
}
