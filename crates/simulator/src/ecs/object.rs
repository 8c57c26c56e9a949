//! What the service sees of a disk image: the format, told from a few bytes of the object.

use crate::oss::{Object, ObjectReader};
use crate::refusal::Refusal;
use std::io::Read;

/// The block of a dynamic VHD that the service takes.
const VHD_BLOCK: u32 = 2 << 20;

/// `RAW`, `VHD` or `QCOW2`; everything else is refused.
pub(super) fn format(object: &Object) -> Result<&'static str, Refusal> {
    let start = bytes(object, 0, 512);
    let tail = bytes(object, object.size.saturating_sub(512), 512);
    if start.starts_with(b"QFI\xfb") {
        return qcow2(&start).map(|()| "QCOW2");
    }
    if tail.starts_with(b"conectix") {
        return vhd(object, &tail).map(|()| "VHD");
    }
    if start.starts_with(b"KDMV") || start.starts_with(b"# Disk DescriptorFile") {
        let message = "The specified image format VMDK is not supported in this region.";
        return Err(Refusal::new(403, "InvalidImageFormat.RegionNotSupported", message));
    }
    let vdi = start.get(0x40..0x44) == Some([0x7F, 0x10, 0xDA, 0xBE].as_slice());
    let iso = bytes(object, 0x8001, 5) == b"CD001";
    if start.starts_with(b"vhdxfile") || start.starts_with(b"conectix") || vdi || iso {
        return Err(malformed());
    }
    Ok("RAW")
}

/// An image that needs another file, or a key, cannot be imported.
fn qcow2(header: &[u8]) -> Result<(), Refusal> {
    let whole = number(header, 8, 8) == Some(0) && number(header, 32, 4) == Some(0);
    if whole { Ok(()) } else { Err(malformed()) }
}

fn vhd(object: &Object, footer: &[u8]) -> Result<(), Refusal> {
    match number(footer, 60, 4) {
        Some(2) => Ok(()),
        Some(3) => dynamic_vhd(object, footer),
        _ => Err(malformed()),
    }
}

fn dynamic_vhd(object: &Object, footer: &[u8]) -> Result<(), Refusal> {
    let header = bytes(object, number(footer, 16, 8).unwrap_or(u64::MAX), 64);
    if !header.starts_with(b"cxsparse") {
        return Err(malformed());
    }
    let (size, entries, block) = (number(footer, 48, 8), number(&header, 28, 4), number(&header, 32, 4));
    if block != Some(u64::from(VHD_BLOCK)) {
        let message = "The block size of the specified image is not supported.";
        return Err(Refusal::new(403, "InvalidBlockSize.NotSupport", message));
    }
    // Both are of 32 bits: the product has 64 at most.
    let room = entries.unwrap_or(0) * u64::from(VHD_BLOCK);
    if size.is_none_or(|size| size > room) {
        let message = "The size of the specified VHD does not agree with its table.";
        return Err(Refusal::new(403, "InvalidVHDImage.IncorrectSize", message));
    }
    Ok(())
}

fn malformed() -> Refusal {
    Refusal::new(400, "InvalidImageFormat.Malformed", "The specified image format is not valid.")
}

/// Up to `length` bytes at `offset`; fewer past the end.
fn bytes(object: &Object, offset: u64, length: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let reader = ObjectReader::new(object.clone(), offset, offset.saturating_add(length));
    // A file that cannot be read reads as too short, which is no format.
    let _ = reader.take(length).read_to_end(&mut bytes);
    bytes
}

/// A big-endian number.
fn number(bytes: &[u8], offset: usize, width: usize) -> Option<u64> {
    Some(bytes.get(offset..offset + width)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oss::Store;

    fn told(image: &[u8]) -> Result<&'static str, String> {
        let store = Store::new(None).expect("a store");
        store.put("b", "k", image, 0).expect("stored");
        format(&store.object("b", "k").expect("an object")).map_err(|refusal| refusal.code.into_owned())
    }

    fn vhd(kind: u8, size: u64, entries: u32, block: u32) -> Vec<u8> {
        let mut image = vec![0; 2048];
        image[512..520].copy_from_slice(b"cxsparse");
        image[540..544].copy_from_slice(&entries.to_be_bytes());
        image[544..548].copy_from_slice(&block.to_be_bytes());
        let footer = &mut image[1536..];
        footer[..8].copy_from_slice(b"conectix");
        footer[16..24].copy_from_slice(&512_u64.to_be_bytes());
        footer[48..56].copy_from_slice(&size.to_be_bytes());
        footer[63] = kind;
        image
    }

    #[test]
    fn formats_are_told_from_bytes() {
        let mut qcow2 = b"QFI\xfb\0\0\0\x03".to_vec();
        qcow2.resize(1024, 0);
        assert_eq!(told(&qcow2), Ok("QCOW2"));
        qcow2[15] = 1;
        assert_eq!(told(&qcow2), Err("InvalidImageFormat.Malformed".to_owned()));
        assert_eq!(told(&[0; 4096]), Ok("RAW"));
        assert_eq!(told(b"short"), Ok("RAW"));
        let mut iso = vec![0; 0x9000];
        iso[0x8001..0x8006].copy_from_slice(b"CD001");
        for foreign in [b"vhdxfile".to_vec(), iso] {
            assert_eq!(told(&foreign), Err("InvalidImageFormat.Malformed".to_owned()));
        }
        assert_eq!(told(b"KDMV"), Err("InvalidImageFormat.RegionNotSupported".to_owned()));
    }

    #[test]
    fn a_vhd_is_held_to_its_table() {
        let size = 10 << 21;
        assert_eq!(told(&vhd(2, 1, 0, 0)), Ok("VHD"));
        assert_eq!(told(&vhd(3, size, 10, VHD_BLOCK)), Ok("VHD"));
        assert_eq!(told(&vhd(3, size + 1, 10, VHD_BLOCK)), Err("InvalidVHDImage.IncorrectSize".to_owned()));
        assert_eq!(told(&vhd(3, size, 10, 1 << 19)), Err("InvalidBlockSize.NotSupport".to_owned()));
        assert_eq!(told(&vhd(4, size, 10, VHD_BLOCK)), Err("InvalidImageFormat.Malformed".to_owned()));
    }
}
