//! How Windows names a partition: by the signature of its disk and its place on it, or by its GUID.

use facts::{Known, Volume, VolumeId, VolumeKind};

/// What a boot configuration store or `MountedDevices` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The disk's signature, and where the partition begins in bytes.
    Mbr { signature: u32, offset: u64 },
    /// The GUID of the partition.
    Gpt(String),
}

/// The volume at a place, or why there is none.
pub(super) fn find(place: &Place, volumes: &[Volume]) -> Result<VolumeId, String> {
    let partitions = volumes.iter().filter(|volume| volume.kind == VolumeKind::Partition);
    match place {
        Place::Gpt(guid) => {
            let same = |volume: &&Volume| volume.uuid.as_deref().is_some_and(|uuid| uuid.eq_ignore_ascii_case(guid));
            let found = partitions.clone().find(same);
            found.map(|volume| volume.id.clone()).ok_or_else(|| format!("no partition here has the GUID {guid}"))
        }
        Place::Mbr { signature, offset } => {
            let own: Vec<_> = partitions.clone().filter_map(signature_of).collect();
            match own.first() {
                Some(own) if own != signature => {
                    return Err(format!("it names a disk {signature:08x}, and this one is {own:08x}"));
                }
                Some(_) => {}
                None => return Err(format!("it names a disk by the signature {signature:08x}, and this one has none")),
            }
            let found = partitions.clone().find(|volume| volume.offset == Some(*offset));
            found.map(|volume| volume.id.clone()).ok_or_else(|| format!("no partition here begins at byte {offset}"))
        }
    }
}

/// The signature of the disk that a partition is on: `PARTUUID` of MBR partitions begins with it.
fn signature_of(volume: &Volume) -> Option<u32> {
    let (signature, number) = volume.uuid.as_deref()?.split_once('-')?;
    (signature.len() == 8 && number.len() == 2).then(|| u32::from_str_radix(signature, 16).ok()).flatten()
}

/// As a fact.
pub(super) fn known(found: &Result<VolumeId, String>) -> Known<VolumeId> {
    found.clone().ok().into()
}

/// A GUID as Windows stores it, in lower case.
pub(super) fn guid(bytes: &[u8]) -> Option<String> {
    let b: [u8; 16] = bytes.first_chunk().copied()?;
    let (first, second, third) = (
        u32::from_le_bytes([b[0], b[1], b[2], b[3]]),
        u16::from_le_bytes([b[4], b[5]]),
        u16::from_le_bytes([b[6], b[7]]),
    );
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    Some(format!("{first:08x}-{second:04x}-{third:04x}-{}-{}", hex(&b[8..10]), hex(&b[10..])))
}

/// Four and eight bytes at an offset.
pub(super) fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|four| u32::from_le_bytes(*four))
}

pub(super) fn le64(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|eight| u64::from_le_bytes(*eight))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Two partitions of an MBR disk, or of a GPT disk.
    pub(in super::super) fn partitions(uuids: [&str; 2]) -> Vec<Volume> {
        let volume = |(number, uuid): (u32, &str)| Volume {
            id: VolumeId::partition(number),
            number: Some(number),
            uuid: Some(uuid.to_owned()),
            offset: Some(u64::from(number) << 20),
            ..Volume::default()
        };
        [1, 2].into_iter().zip(uuids).map(volume).collect()
    }

    #[test]
    fn by_signature_and_offset() {
        let volumes = partitions(["a1b2c3d4-01", "a1b2c3d4-02"]);
        let at = |signature, offset| find(&Place::Mbr { signature, offset }, &volumes);
        assert_eq!(at(0xa1b2_c3d4, 2 << 20), Ok(VolumeId::partition(2)));
        assert!(at(0xa1b2_c3d4, 5).unwrap_err().contains("byte 5"));
        assert!(at(1, 2 << 20).unwrap_err().contains("00000001"));
    }

    #[test]
    fn by_guid() {
        let stored = [0xa0, 0xce, 0x81, 0x15, 0xee, 0x12, 0x7d, 0x4f, 0x89, 0x67, 0xa2, 0xb7, 0x30, 0x24, 0xaa, 0xe2];
        let text = "1581cea0-12ee-4f7d-8967-a2b73024aae2";
        assert_eq!(guid(&stored).as_deref(), Some(text));
        let volumes = partitions(["00000000-0000-0000-0000-000000000000", text]);
        assert_eq!(find(&Place::Gpt(text.to_uppercase()), &volumes), Ok(VolumeId::partition(2)));
        assert!(find(&Place::Gpt("x".into()), &volumes).is_err());
        assert!(find(&Place::Mbr { signature: 1, offset: 1 }, &volumes).is_err());
        assert_eq!(guid(&stored[1..]), None);
    }
}
