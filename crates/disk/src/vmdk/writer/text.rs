//! The descriptor of a stream.

/// Sectors of a track, and tracks of a cylinder, that VMware gives disks at an IDE adapter and at others.
const TRACK: u64 = 63;
const HEADS: (u64, u64) = (16, 255);

/// For a disk of `sectors`. Shorter than 20 sectors.
///
/// The content id should change with the content, and the content is not known: what is written goes into a pipe, and
/// the descriptor comes first. It matters only to snapshots that say whose they are, and a stream has none. So it is
/// made of what is known, and the same disk becomes the same file.
pub(super) fn descriptor(sectors: u64, adapter: &str, hardware: &str) -> String {
    let heads = if adapter == "ide" { HEADS.0 } else { HEADS.1 };
    let cylinders = sectors / (TRACK * heads);
    let rest = format!(
        "parentCID=ffffffff\ncreateType=\"streamOptimized\"\n\n\
         # Extent description\nRW {sectors} SPARSE \"disk.vmdk\"\n\n\
         # The Disk Data Base\n#DDB\n\n\
         ddb.virtualHWVersion = \"{hardware}\"\n\
         ddb.geometry.cylinders = \"{cylinders}\"\nddb.geometry.heads = \"{heads}\"\n\
         ddb.geometry.sectors = \"{TRACK}\"\n\
         ddb.adapterType = \"{adapter}\"\nddb.toolsVersion = \"2147483647\"\n"
    );
    format!("# Disk DescriptorFile\nversion=1\nCID={:08x}\n{rest}", content_id(rest.as_bytes()))
}

/// FNV-1a in 32 bits; never one of the two ids that mean something else.
fn content_id(bytes: &[u8]) -> u32 {
    let hash = bytes.iter().fold(0x811c_9dc5_u32, |hash, &byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash.min(u32::MAX - 2)
}
