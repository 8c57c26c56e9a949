//! Disks made of bytes.

pub(crate) mod bsd;
pub(crate) mod gpt;
pub(crate) mod lvm;
pub(crate) mod mbr;

/// Writes bytes at an offset.
pub(crate) fn put(disk: &mut [u8], offset: usize, bytes: &[u8]) {
    disk[offset..offset + bytes.len()].copy_from_slice(bytes);
}
