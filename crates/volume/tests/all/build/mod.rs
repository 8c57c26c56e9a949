//! Disks made of bytes.

pub(crate) mod bcache;
pub(crate) mod bsd;
pub(crate) mod gpt;
pub(crate) mod lvm;
pub(crate) mod mbr;
pub(crate) mod md;

/// Writes bytes at an offset.
pub(crate) fn put(disk: &mut [u8], offset: usize, bytes: &[u8]) {
    disk[offset..offset + bytes.len()].copy_from_slice(bytes);
}
