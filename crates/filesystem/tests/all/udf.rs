//! UDF as no tool at hand makes it: with a metadata partition, and damaged behind right checksums.

use crate::damage::{exercise, small_tree};
use crate::optical::{TOOLS, make, medium};
use crate::support::{assert_same, guest_tree, have, host_tree, random};
use filesystem::open;
use std::fs;
use std::sync::Arc;
use storage::Source;

/// Recomputes the checksums of a descriptor of UDF.
fn seal(descriptor: &mut [u8], location: u32) {
    descriptor[12..16].copy_from_slice(&location.to_le_bytes());
    let len = usize::from(u16::from_le_bytes([descriptor[10], descriptor[11]]));
    let crc = descriptor[16..16 + len].iter().fold(0, |crc: u16, &byte| {
        (0..8).fold(crc ^ u16::from(byte) << 8, |crc, _| if crc & 0x8000 != 0 { crc << 1 ^ 0x1021 } else { crc << 1 })
    });
    descriptor[8..10].copy_from_slice(&crc.to_le_bytes());
    descriptor[4] = 0;
    descriptor[4] = descriptor[..16].iter().fold(0, |sum, &byte| sum.wrapping_add(byte));
}

/// Turns an image of genisoimage into one with a metadata partition: a file, in two pieces that lie behind all else,
/// holds the blocks of the partition. `broken` destroys the entry of that file, of which there is a mirror.
fn with_metadata_partition(mut bytes: Vec<u8>, broken: bool) -> Vec<u8> {
    const BLOCK: usize = 2048;
    let word = |bytes: &[u8], at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let of_kind = |bytes: &[u8], kind: u16| -> Vec<usize> {
        let sequence = (32..257).map(|block| block * BLOCK);
        sequence
            .filter(|&at| bytes[at..at + 2] == kind.to_le_bytes() && word(bytes, at + 12) as usize == at / BLOCK)
            .collect()
    };
    let partition = of_kind(&bytes, 5);
    let (start, len) = (word(&bytes, partition[0] + 188) as usize, word(&bytes, partition[0] + 192) as usize);
    let old = bytes[start * BLOCK..(start + len) * BLOCK].to_vec();
    bytes[start * BLOCK..(start + len) * BLOCK].fill(0);
    // Behind the old end: the second half, a gap, the first half.
    let (end, half) = (bytes.len() / BLOCK, len / 2);
    let pieces = [(end + len, half), (end, len - half)];
    bytes.resize((end + 2 * len) * BLOCK, 0);
    bytes[pieces[0].0 * BLOCK..][..half * BLOCK].copy_from_slice(&old[..half * BLOCK]);
    bytes[pieces[1].0 * BLOCK..][..(len - half) * BLOCK].copy_from_slice(&old[half * BLOCK..]);
    for (number, block) in [0u32, 1].into_iter().enumerate() {
        let mut entry = vec![0; BLOCK];
        entry[..4].copy_from_slice(&[5, 1, 2, 0]);
        entry[10..12].copy_from_slice(&176u16.to_le_bytes());
        entry[20] = 4;
        entry[27] = 250;
        entry[56..64].copy_from_slice(&((len * BLOCK) as u64).to_le_bytes());
        entry[172] = 16;
        for (descriptor, (first, count)) in entry[176..192].chunks_mut(8).zip(pieces) {
            descriptor[..4].copy_from_slice(&((count * BLOCK) as u32).to_le_bytes());
            descriptor[4..].copy_from_slice(&((first - start) as u32).to_le_bytes());
        }
        seal(&mut entry, block);
        entry[40] ^= u8::from(broken && number == 0);
        bytes[(start + number) * BLOCK..][..BLOCK].copy_from_slice(&entry);
    }
    for at in partition {
        bytes[at + 192..at + 196].copy_from_slice(&((end + 2 * len - start) as u32).to_le_bytes());
        seal(&mut bytes[at..at + BLOCK], (at / BLOCK) as u32);
    }
    for at in of_kind(&bytes, 6) {
        let map = &mut bytes[at + 440..at + 510];
        // The metadata partition comes first: all addresses in it stay what they were.
        let plain = map[..6].to_vec();
        map[..2].copy_from_slice(&[2, 64]);
        map[2..64].fill(0);
        map[5..28].copy_from_slice(b"*UDF Metadata Partition");
        map[36] = 1;
        map[44] = 1;
        map[64..70].copy_from_slice(&plain);
        bytes[at + 264] = 70;
        bytes[at + 268] = 2;
        let crc_len = u16::from_le_bytes([bytes[at + 10], bytes[at + 11]]).max(510 - 16);
        bytes[at + 10..at + 12].copy_from_slice(&crc_len.to_le_bytes());
        seal(&mut bytes[at..at + BLOCK], (at / BLOCK) as u32);
    }
    bytes
}

#[test]
fn a_metadata_partition_is_read_through_its_file_or_the_mirror() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    medium(&root);
    let expected = host_tree(&root);
    let image = fs::read(make("genisoimage", dir.path(), &root, "-udf -J -input-charset utf-8")).unwrap();
    for broken in [false, true] {
        let volume = Arc::new(with_metadata_partition(image.clone(), broken));
        let fs = open(volume).unwrap();
        assert_eq!(fs.info().fs_type, "udf");
        assert_same(&guest_tree(&*fs), &expected, "metadata partition");
    }
}

/// Descriptors of UDF are guarded by checksums: damage that reaches behind them has its own.
#[test]
fn flipped_bytes_under_right_checksums() {
    if !have(TOOLS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    small_tree(&root);
    let image = fs::read(make("genisoimage", dir.path(), &root, "-udf -J -no-pad")).unwrap();
    let kinds = [1u16, 2, 5, 6, 9, 256, 257, 261];
    for image in [image.clone(), with_metadata_partition(image, false)] {
        let is_descriptor = |at: &usize| {
            let number = |from: usize| u16::from_le_bytes([image[at + from], image[at + from + 1]]);
            let len = usize::from(number(10));
            kinds.contains(&number(0)) && number(2) == 2 && at + 16 + len <= image.len() && len > 0
        };
        let all: Vec<usize> = (65536..image.len() - 16).step_by(4).filter(is_descriptor).collect();
        assert!(all.len() > 50, "{}", all.len());
        let mut read = 0;
        for round in 0..300u64 {
            let mut seed = round;
            let mut damaged = image.clone();
            for _ in 0..=random(&mut seed) % 3 {
                let at = all[random(&mut seed) as usize % all.len()];
                let len = usize::from(u16::from_le_bytes([image[at + 10], image[at + 11]]));
                let location = u32::from_le_bytes(image[at + 12..at + 16].try_into().unwrap());
                damaged[at + 16 + random(&mut seed) as usize % len] = random(&mut seed) as u8;
                seal(&mut damaged[at..at + 16 + len], location);
            }
            read += exercise(&(Arc::new(damaged) as Source));
        }
        assert!(read > 300, "{read}");
    }
}
