//! One header of a tar archive: a block of 512 bytes.
//!
//! Source: POSIX.1-2024, pax, "ustar Interchange Format"; GNU tar's manual, "Basic Tar Format".

use super::BLOCK;
use std::ops::Range;
use storage::{Error, Result};

pub(super) const LEN: usize = 512;

const NAME: Range<usize> = 0..100;
const SIZE: Range<usize> = 124..136;
const CHECKSUM: Range<usize> = 148..156;
const TYPE: usize = 156;
const MAGIC: Range<usize> = 257..263;
const PREFIX: Range<usize> = 345..500;

/// In the header of a sparse member: another block of its map follows.
const MORE_SPARSE: usize = 482;

/// In such a block of its map: yet another.
pub(super) const MORE_SPARSE_AGAIN: usize = 504;

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    HardLink,
    SymbolicLink,
    Device,
    Directory,
    Fifo,
    /// GNU: a label of the archive.
    Label,
    /// A file of which not all is stored.
    Sparse,
    /// Any other letter.
    Other(u8),
}

/// What a header stands before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Member(Kind),
    /// GNU: the name of the next member.
    LongName,
    /// GNU: the name that the next member is a link to.
    LongLink,
    /// pax: records about the next member.
    Records,
    /// pax: records about all members from here on.
    GlobalRecords,
}

/// A header whose checksum is right.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) entry: Entry,
    pub(super) name: Vec<u8>,
    pub(super) size: u64,
    /// Blocks of a sparse member's map follow.
    pub(super) more_sparse: bool,
}

impl Header {
    /// The header in `block`, which stands at `offset`.
    pub(super) fn parse(block: &[u8; LEN], offset: u64) -> Result<Self> {
        let corrupt = |at: usize, what: String| Err(Error::corrupt(offset + at as u64, format!("tar header: {what}")));
        if !checksum_is_right(block) {
            return corrupt(CHECKSUM.start, "the checksum is wrong".to_owned());
        }
        let entry = entry(block[TYPE]);
        let size = match number(&block[SIZE]) {
            Ok(size) => size,
            Err(what) => return corrupt(SIZE.start, format!("the size {what}")),
        };
        let more_sparse = entry == Entry::Member(Kind::Sparse) && block[MORE_SPARSE] != 0;
        Ok(Header { entry, name: name(block), size, more_sparse })
    }
}

fn entry(letter: u8) -> Entry {
    Entry::Member(match letter {
        b'0' | 0 | b'7' => Kind::File,
        b'1' => Kind::HardLink,
        b'2' => Kind::SymbolicLink,
        b'3' | b'4' => Kind::Device,
        b'5' => Kind::Directory,
        b'6' => Kind::Fifo,
        b'V' => Kind::Label,
        b'S' => Kind::Sparse,
        b'L' => return Entry::LongName,
        b'K' => return Entry::LongLink,
        b'x' | b'X' => return Entry::Records,
        b'g' => return Entry::GlobalRecords,
        other => Kind::Other(other),
    })
}

/// A field up to its first NUL.
pub(super) fn text(field: &[u8]) -> &[u8] {
    field.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// Only POSIX archives have a prefix: GNU's keep times there.
fn name(block: &[u8; LEN]) -> Vec<u8> {
    let (name, prefix) = (text(&block[NAME]), text(&block[PREFIX]));
    if &block[MAGIC] == b"ustar\0" && !prefix.is_empty() { [prefix, b"/", name].concat() } else { name.to_vec() }
}

/// The sum of all bytes, those of the checksum itself taken for spaces. Old programs summed signed bytes.
fn checksum_is_right(block: &[u8; LEN]) -> bool {
    let Ok(said) = number(&block[CHECKSUM]) else { return false };
    let bytes = || block.iter().enumerate().map(|(i, &byte)| if CHECKSUM.contains(&i) { b' ' } else { byte });
    let unsigned: i64 = bytes().map(i64::from).sum();
    let signed: i64 = bytes().map(|byte| i64::from(byte.cast_signed())).sum();
    i64::try_from(said).is_ok_and(|said| said == unsigned || said == signed)
}

/// A number in octal digits, or in base 256 where the first bit is set; or why it is none.
fn number(field: &[u8]) -> std::result::Result<u64, &'static str> {
    match field[0] {
        first if first & 0xc0 == 0xc0 => Err("is negative"),
        first if first & 0x80 != 0 => {
            let mut digits = std::iter::once(first & 0x3f).chain(field[1..].iter().copied());
            let value = digits.try_fold(0u64, |value, byte| value.checked_mul(256)?.checked_add(u64::from(byte)));
            value.filter(|&value| value <= i64::MAX as u64).ok_or("is larger than any file")
        }
        _ => octal(field),
    }
}

/// Digits after spaces, ended by a NUL, a space or the end of the field.
fn octal(field: &[u8]) -> std::result::Result<u64, &'static str> {
    let text = field.trim_ascii_start();
    let end = text.iter().position(|&byte| byte == 0 || byte == b' ').unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.first() == Some(&b'-') {
        return Err("is negative");
    }
    if digits.is_empty() || rest.iter().any(|&byte| byte != 0 && byte != b' ') {
        return Err("is not a number");
    }
    let digit = |byte: u8| (b'0'..=b'7').contains(&byte).then(|| u64::from(byte - b'0'));
    // A field has at most 12 digits of 3 bits each.
    digits.iter().try_fold(0, |value, &byte| Some(value * 8 + digit(byte)?)).ok_or("is not an octal number")
}

/// Where the next header stands after `size` bytes at `start`.
pub(super) fn padded_end(start: u64, size: u64) -> Option<u64> {
    start.checked_add(size)?.checked_next_multiple_of(BLOCK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_or_base_256_and_never_negative() {
        let cases: &[(&[u8; 12], std::result::Result<u64, &str>)] = &[
            (b"00000000017\0", Ok(15)),
            (b"        17 \0", Ok(15)),
            (b"777777777777", Ok((1 << 36) - 1)),
            (b"\x80\0\0\0\0\0\0\x02\0\0\0\0", Ok(1 << 33)),
            (b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", Ok(i64::MAX as u64)),
            (b"\x80\0\0\0\x80\0\0\0\0\0\0\0", Err("is larger than any file")),
            (b"\x80\0\0\x01\0\0\0\0\0\0\0\0", Err("is larger than any file")),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", Err("is negative")),
            (b"-0000000017\0", Err("is negative")),
            (b"00000000018\0", Err("is not an octal number")),
            (b"0000000001x\0", Err("is not an octal number")),
            (b"17\0\0\0\0\0\0\0\0\x001", Err("is not a number")),
            (b"\0\0\0\0\0\0\0\0\0\0\0\0", Err("is not a number")),
        ];
        for (field, wanted) in cases {
            assert_eq!(number(*field), *wanted, "{field:?}");
        }
    }
}
