//! Damaged headers, region tables and metadata tables, each made from sound ones by a patch.

use super::build::{BAT, BAT_GUID, BLOCKS, LEN, LOG, METADATA, MIB, item, model, region, sound};

const OTHER: &[u8; 16] = b"some other guid!";

#[test]
fn x2_headers() {
    sound().with(0, b"vhdxfilf").corrupt("is no VHDX");
    let [first, second] = [64 << 10, 128 << 10];
    sound().with(first + 200, b"x").noted("header at byte 65536 is damaged");
    sound().with(second + 200, b"x").noted("header at byte 131072 is damaged");
    sound().with(first, b"HEAD").noted("header at byte 65536");
    sound().with(first + 200, b"x").with(second + 4000, b"x").corrupt("both headers are damaged");
    // Equal numbers: the same header twice, or none.
    assert!(sound().is(&model()).info().notes.is_empty());
    sound().header(0, 80, b"reserved").corrupt("both have the sequence number 7");
    sound().header(0, 80, b"reserved").header(0, 8, &[8]).is(&model());
    for version in [0u16, 2, 0xffff] {
        sound().headers(66, &version.to_le_bytes()).unsupported("version");
    }
    // The version of a log that is not in use does not matter.
    sound().headers(64, &[1]).is(&model());
    sound().headers(64, &[1]).headers(48, OTHER).unsupported("log of version 1");
}

#[test]
fn x4_sequence_numbers_to_the_last() {
    // The header that counts has the log where it is, the other one has it outside of the file.
    let nowhere = (1u64 << 40).to_le_bytes();
    for (old, new) in [(0u64, u64::MAX), (u64::MAX - 1, u64::MAX), (0, 1), (u64::MAX >> 1, 1 << 63)] {
        let [old, new] = [old, new].map(u64::to_le_bytes);
        sound().header(0, 8, &new).header(1, 8, &old).header(1, 72, &nowhere).is(&model());
        sound().header(1, 8, &new).header(0, 8, &old).header(0, 72, &nowhere).is(&model());
        sound().header(1, 8, &new).header(0, 8, &old).header(1, 72, &nowhere).corrupt("log");
    }
    sound().headers(8, &[0xff; 8]).is(&model());
    sound().headers(8, &[0xff; 8]).header(0, 100, b"x").corrupt("18446744073709551615");
}

#[test]
fn x1_logs_outside_of_the_file() {
    for guid in [[0; 16], super::build::LOG_GUID] {
        let image = sound().headers(48, &guid);
        image.clone().headers(72, &(LEN as u64).to_le_bytes()).corrupt("log");
        image.clone().headers(72, &(1u64 << 63).to_le_bytes()).corrupt("log");
        image.clone().headers(72, &0u64.to_le_bytes()).corrupt("behind the first");
        image.clone().headers(72, &(LOG as u64 + 4096).to_le_bytes()).corrupt("whole MiB");
        image.clone().headers(68, &4096u32.to_le_bytes()).corrupt("whole MiB");
        image.clone().headers(68, &0xfff0_0000u32.to_le_bytes()).corrupt("log");
        image.headers(72, &[0xff; 8]).corrupt("whole MiB");
    }
    sound().headers(68, &[0; 4]).is(&model());
    sound().headers(68, &[0; 4]).headers(48, OTHER).corrupt("is empty");
}

#[test]
fn x2_region_tables() {
    sound().with(192 << 10, b"REGI").noted("region table at byte 196608 is damaged");
    sound().with((256 << 10) + 9999, b"x").noted("region table at byte 262144 is damaged");
    sound().with((192 << 10) + 9999, b"x").with((256 << 10) + 9999, b"x").corrupt("both tables are damaged");
    sound().region(0, 28, &[1]).corrupt("differs from the other one");
    // What follows the entries is reserved, and may differ.
    sound().region(0, 9999, b"x").is(&model());
    for count in [2048u32, 65535, u32::MAX] {
        sound().regions(8, &count.to_le_bytes()).corrupt("more than the 2047");
    }
    let third = |required| sound().regions(8, &[3]).regions(80, &region(OTHER, 7 * MIB, MIB, required));
    third(0).is(&model());
    third(1).unsupported("must be understood");
    third(0).regions(80, BAT_GUID).corrupt("is listed twice");
    third(0).regions(8, &[0xff, 7]).regions(112, &vec![0; 2045 * 32 - 32]).corrupt("");
    sound().regions(8, &[1]).corrupt("no region for the metadata");
    sound().regions(16, OTHER).unsupported("must be understood");
    sound().regions(16, OTHER).regions(44, &[0]).corrupt("no region for the BAT");
}

#[test]
fn x2_regions_lie_apart_and_in_the_file() {
    let bat = |at: u64, len: u32| sound().regions(32, &at.to_le_bytes()).regions(40, &len.to_le_bytes());
    bat(0, MIB as u32).corrupt("behind the first");
    bat(BAT as u64 + 4096, MIB as u32).corrupt("whole MiB");
    bat(BAT as u64, 4096).corrupt("whole MiB");
    bat(BAT as u64, 0).corrupt("no region for the BAT");
    bat(LEN as u64, MIB as u32).corrupt("ends at");
    bat(u64::MAX << 20, MIB as u32).corrupt("VHDX region 2dc27766");
    bat(BAT as u64, 0xfff0_0000).corrupt("ends at");
    bat(METADATA as u64, MIB as u32).corrupt("the metadata overlaps the BAT");
    bat(LOG as u64, MIB as u32).corrupt("overlaps the");
    bat(LOG as u64, 3 * MIB as u32).corrupt("overlaps the");
    sound().headers(72, &(METADATA as u64).to_le_bytes()).corrupt("overlaps the log");
    let third = sound().regions(8, &[3]).regions(80, &region(OTHER, BLOCKS[2], MIB, 0));
    third.corrupt("block 5: overlaps a region of unknown use");
}

#[test]
fn x2_metadata_table() {
    let row = |i: usize| METADATA + 32 + 32 * i;
    sound().with(METADATA, b"Metadata").corrupt("signature");
    for count in [2048u16, u16::MAX] {
        sound().with(METADATA + 10, &count.to_le_bytes()).corrupt("more than the 2047");
    }
    for i in 0..5 {
        sound().with(row(i), OTHER).unsupported("must be understood");
        sound().with(row(i), OTHER).with(row(i) + 24, &[0]).corrupt("there is no item for");
        // The same name among the user's own items is another one.
        sound().with(row(i) + 24, &[5]).unsupported("must be understood");
        sound().with(row(i) + 20, &3u32.to_le_bytes()).corrupt("is shorter than its");
        sound().with(row(i) + 20, &0u32.to_le_bytes()).corrupt("is shorter than its");
    }
    let offset = |at: u32, len: u32| sound().with(row(1) + 16, &[at.to_le_bytes(), len.to_le_bytes()].concat());
    offset(0, 8).corrupt("are not possible");
    offset(65535, 8).corrupt("are not possible");
    offset(65536, (1 << 20) + 1).corrupt("are not possible");
    offset((1 << 20) - 7, 8).corrupt("reach past the region's end");
    offset(u32::MAX, 8).corrupt("reach past the region's end");
    offset((item(0) - METADATA) as u32 + 7, 8).corrupt("overlaps another");
    let sixth = |id: &[u8; 16], flags: u32| {
        let entry = [&id[..], &0x20000u32.to_le_bytes(), &8u32.to_le_bytes(), &flags.to_le_bytes()].concat();
        sound().with(METADATA + 10, &[6]).with(row(5), &entry)
    };
    sixth(OTHER, 0).is(&model());
    sixth(OTHER, 1).is(&model());
    sixth(OTHER, 4).unsupported("must be understood");
    sixth(OTHER, 5).unsupported("must be understood");
    let id: [u8; 16] = sound().0[row(1)..][..16].try_into().unwrap();
    sixth(&id, 4).corrupt("is listed twice");
    let mut many = sound().with(METADATA + 10, &(5 + 1025u16).to_le_bytes());
    for i in 0..1025u32 {
        many.put(row(5 + i as usize), &[&i.to_le_bytes()[..], &[0; 20], &[1]].concat());
    }
    many.corrupt("are the user's");
    many.with(row(5) + 24, &[0]).is(&model());
}
