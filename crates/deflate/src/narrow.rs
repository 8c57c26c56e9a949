//! The lowest bits of numbers. Most of the time nothing is above them; where something is, it is meant to go.

#![expect(clippy::cast_possible_truncation, reason = "that is what these are for")]

#[inline(always)]
pub(crate) const fn low8(number: usize) -> u8 {
    number as u8
}

#[inline(always)]
pub(crate) const fn low16(number: usize) -> u16 {
    number as u16
}

#[inline(always)]
pub(crate) const fn low32(number: usize) -> u32 {
    number as u32
}
