//! Sizes that are not possible, and blocks that are not where they can be.

use super::build::{DISK_SIZE, Image, LOGICAL, METADATA, MIB, PARAMETERS, PHYSICAL, SECTOR, SIZE, item, model, sound};
use super::format;
use crate::support::refused;
use std::sync::Arc;
use storage::{ErrorKind, ReadAt};

#[test]
fn x3_sizes() {
    for size in [0u32, 1, 512 << 10, (1 << 20) + 1, 3 << 20, 512 << 20, 1 << 31, u32::MAX] {
        sound().with(item(PARAMETERS), &size.to_le_bytes()).corrupt("blocks of");
    }
    for sector in [0u32, 1, 511, 520, 1024, 2048, 8192, u32::MAX] {
        sound().with(item(LOGICAL), &sector.to_le_bytes()).corrupt("sectors of");
        sound().with(item(PHYSICAL), &sector.to_le_bytes()).corrupt("sectors of");
    }
    for size in [1, SIZE as u64 + 1, u64::MAX, (64 << 40) + 512, 1 << 63] {
        sound().with(item(DISK_SIZE), &size.to_le_bytes()).corrupt("a disk of");
    }
    sound().with(item(DISK_SIZE), &(64u64 << 40).to_le_bytes()).corrupt("too few for the");
    // A MiB of entries is for 32 chunks of 4096 blocks less their bitmaps.
    let fits = (MIB / 8 - 31) as u64 * MIB as u64;
    sound().with(item(DISK_SIZE), &(fits + (1 << 20)).to_le_bytes()).corrupt("too few for the");
    assert_eq!(sound().with(item(DISK_SIZE), &fits.to_le_bytes()).open().unwrap().size(), fits);
    let empty = sound().with(item(DISK_SIZE), &[0; 8]).open().unwrap();
    assert!(empty.size() == 0 && empty.extent_at(0).is_err());
    // A block may be larger than the disk.
    let one = sound().with(item(PARAMETERS), &(256u32 << 20).to_le_bytes()).entry(0, 7 << 20 | 6);
    one.clone().with(item(DISK_SIZE), &(MIB as u64).to_le_bytes()).is(&one.0[7 * MIB..]);
    one.with(item(DISK_SIZE), &(MIB as u64 + 512).to_le_bytes()).corrupt("truncated");
}

#[test]
fn x3_states_of_blocks() {
    let mut zeros = model();
    zeros[..MIB].fill(0);
    for state in [0, 1, 2, 3] {
        sound().entry(0, state).is(&zeros);
        // Places of blocks that are not there are not looked at.
        sound().entry(0, 4 << 20 | state).is(&zeros);
        sound().entry(0, u64::MAX << 20 | state).is(&zeros);
    }
    for state in [4, 5] {
        sound().entry(1, 7 << 20 | state).corrupt("does not exist");
    }
    for bit in 3..20 {
        sound().entry(1, 7 << 20 | 6 | 1 << bit).corrupt("reserved");
        sound().entry(1, 1 << bit).corrupt("reserved");
    }
    sound().entry(1, 7 << 20 | 7).unsupported("merge it");
}

#[test]
fn x3_blocks_lie_apart_and_in_the_file() {
    sound().entry(1, 7 << 20 | 6).open().unwrap();
    for (place, name) in [(0, "the headers"), (1, "the log"), (2, "the metadata"), (3, "the BAT")] {
        sound().entry(1, place << 20 | 6).corrupt(&format!("block 1: overlaps {name}"));
    }
    sound().entry(1, 4 << 20 | 6).corrupt("overlaps block");
    sound().entry(0, 4 << 20 | 6).corrupt("overlaps block");
    sound().entry(1, 6 << 20 | 6).corrupt("overlaps block");
    for place in [8, 9, 1 << 20, (1 << 44) - 1] {
        sound().entry(1, place << 20 | 6).corrupt("truncated");
    }
    // Larger blocks: 0 is at 5 MiB, and 1 at 4 MiB would reach into it.
    let large = sound().with(item(PARAMETERS), &(2u32 << 20).to_le_bytes()).entry(2, 0);
    large.clone().entry(1, 4 << 20 | 6).corrupt("block 0: overlaps block 1");
    large.clone().entry(1, 6 << 20 | 6).corrupt("overlaps block");
    // The last block needs only as much of the file as there is of the disk, and owns all of it.
    sound().entry(5, 7 << 20 | 6).open().unwrap();
    let mut short = sound().entry(5, 7 << 20 | 6);
    short.0.truncate(7 * MIB + 3 * SECTOR);
    short.open().unwrap();
    short.0.pop();
    short.corrupt("block 5: reaches past byte");
}

#[test]
fn x3_differencing_disks_are_named_and_refused() {
    let image = Image(differencing(r"..\base\p.vhdx"));
    image.unsupported("merge it");
    image.unsupported(r"..\\base\\p.vhdx");
    let info = format().info(&image.0).unwrap();
    assert_eq!(info.backing_file.as_deref(), Some(r"..\base\p.vhdx"));
    assert_eq!(info.virtual_size, SIZE as u64);
    refused(format().check(Arc::new(image.0.clone())), ErrorKind::Unsupported, "merge it");
    // Without a locator, or with one that makes no sense.
    for image in [sound().with(item(PARAMETERS) + 4, &[2]), image.with(item(5), &[0; 16])] {
        image.unsupported("differencing");
        let info = format().info(&image.0).unwrap();
        assert!(info.backing_file.is_none() && info.notes[0].contains("does not say where"));
    }
}

pub(crate) fn differencing(parent: &str) -> Vec<u8> {
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let (key, value) = (wide("relative_path"), wide(parent));
    let mut locator = b"\xb7\xef\x4a\xb0\x9e\xd1\x81\x4a\xb7\x89\x25\xb8\xe9\x44\x59\x13\0\0\x01\0".to_vec();
    locator.extend(32u32.to_le_bytes());
    locator.extend((32 + key.len() as u32).to_le_bytes());
    locator.extend((key.len() as u16).to_le_bytes());
    locator.extend((value.len() as u16).to_le_bytes());
    locator.extend([key, value].concat());
    sound().with(METADATA + 10, &[6]).with(item(PARAMETERS) + 4, &[2]).with(item(5), &locator).0
}

#[test]
fn a_check_lists_all_damage() {
    let image = sound().entry(0, 4 << 20 | 6).entry(1, 5).entry(2, 1 << 20 | 6).entry(4, 99 << 20 | 6);
    let checked = format().check(Arc::new(image.0)).unwrap().unwrap();
    let words: Vec<_> = checked.corruptions.iter().map(|error| error.what().to_owned()).collect();
    for word in ["block 1: state 5", "block 2: overlaps the log", "block 4: reaches", "overlaps block"] {
        assert!(words.iter().any(|what| what.contains(word)), "{word}: {words:?}");
    }
    assert_eq!(checked.corruption_count, 4);
    let many =
        (0..300).fold(sound().with(item(DISK_SIZE), &(300u64 << 20).to_le_bytes()), |image, i| image.entry(i, 5));
    let checked = format().check(Arc::new(many.0)).unwrap().unwrap();
    assert_eq!((checked.corruptions.len(), checked.corruption_count), (200, 300));
    let checked = format().check(Arc::new(sound().with(METADATA, b"x").0)).unwrap().unwrap();
    assert_eq!(checked.corruption_count, 1);
}
