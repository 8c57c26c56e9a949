//! Volumes of version 4 built byte by byte.

use super::directory::{self, Node};
use super::extents::{self, Extent};
use super::inode::Inode;
use super::superblock::Superblock;
use crate::pieces::Piece;
use crate::tree::FileKind;
use storage::ErrorKind;

/// Two groups of 128 blocks of 512 bytes, the second one shorter; two inodes of 256 bytes in a block.
fn sound() -> Vec<u8> {
    let mut volume = vec![0; 200 * 512];
    let mut put = |at: usize, bytes: &[u8]| volume[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"XFSB");
    put(4, &512u32.to_be_bytes());
    put(8, &200u64.to_be_bytes());
    put(48, &(128u64 + 40).to_be_bytes());
    put(56, &64u64.to_be_bytes());
    put(84, &128u32.to_be_bytes());
    put(88, &2u32.to_be_bytes());
    put(96, &8u32.to_be_bytes());
    put(100, &(4u16 | 0x2000 | 0x8000).to_be_bytes());
    put(102, &512u16.to_be_bytes());
    put(104, &256u16.to_be_bytes());
    put(106, &2u16.to_be_bytes());
    put(108, b"label\0");
    put(120, &[9, 9, 8, 1, 7]);
    put(128, &10u64.to_be_bytes());
    put(136, &4u64.to_be_bytes());
    put(144, &50u64.to_be_bytes());
    put(200, &0x202u32.to_be_bytes());
    volume
}

fn superblock(volume: &[u8]) -> Superblock {
    Superblock::read(&volume.to_vec()).unwrap().unwrap()
}

/// Puts an inode of version 2 into its place.
fn put_inode(volume: &mut [u8], number: u64, mode: u16, format: u8, size: u64, extents: u32, fork: &[u8]) {
    let at = usize::try_from(superblock(volume).inode(number).unwrap()).unwrap();
    let inode = &mut volume[at..at + 256];
    inode.fill(0);
    inode[..2].copy_from_slice(b"IN");
    inode[2..4].copy_from_slice(&mode.to_be_bytes());
    inode[4..6].copy_from_slice(&[2, format]);
    inode[56..64].copy_from_slice(&size.to_be_bytes());
    inode[76..80].copy_from_slice(&extents.to_be_bytes());
    inode[100..100 + fork.len()].copy_from_slice(fork);
}

fn record(unwritten: bool, start: u64, block: u64, count: u64) -> Vec<u8> {
    let high = u64::from(unwritten) << 63 | start << 9 | block >> 43;
    [high.to_be_bytes(), (block << 21 | count).to_be_bytes()].concat()
}

#[test]
fn the_superblock_says_what_it_holds() {
    let volume = sound();
    let superblock = superblock(&volume);
    superblock.check(volume.len() as u64).unwrap();
    let info = superblock.info(volume.len() as u64);
    assert_eq!((info.fs_type, info.label.as_deref(), info.size), ("xfs", Some("label"), Some(200 * 512)));
    assert_eq!((info.free, info.inodes, info.free_inodes), (Some(50 * 512), Some(110), Some(104)));
    assert_eq!((info.features.join(" "), info.errors), ("lazy-count ftype".to_owned(), None));
    assert_eq!((superblock.group_len(0), superblock.group_len(1), superblock.group_len(2)), (128, 72, 0));
    // No block is addressed past the end of its group, be it in the volume.
    assert_eq!(superblock.block(128 + 71, 1), Some(199 * 512));
    assert_eq!((superblock.block(128 + 71, 2), superblock.block(127, 2), superblock.block(256, 1)), (None, None, None));
    assert_eq!((superblock.inode(64), superblock.inode(65)), (Some(32 * 512), Some(32 * 512 + 256)));
    assert_eq!((superblock.inode(u64::MAX), superblock.block(u64::MAX, u64::MAX)), (None, None));
    assert_eq!(superblock.log().unwrap(), Some((168 * 512, 4096)));
}

#[test]
fn lies_about_sizes_are_refused() {
    for (at, bytes) in [
        (8usize, &u64::MAX.to_be_bytes()[..]),
        (8, &257u64.to_be_bytes()),
        (8, &128u64.to_be_bytes()),
        (84, &u32::MAX.to_be_bytes()),
        (84, &63u32.to_be_bytes()),
        (88, &u32::MAX.to_be_bytes()),
        (104, &512u16.to_be_bytes()),
        (104, &0u16.to_be_bytes()),
        (120, &[10]),
        (120, &[255]),
        (121, &[0]),
        (123, &[2]),
        (124, &[8]),
        (124, &[255]),
        (192, &[8]),
        (192, &[255]),
    ] {
        let mut volume = sound();
        volume[at..at + bytes.len()].copy_from_slice(bytes);
        let error = superblock(&volume).check(volume.len() as u64).unwrap_err();
        assert_eq!((error.kind(), error.offset()), (ErrorKind::Corrupt, Some(0)), "{at} {bytes:?}");
    }
    let volume = sound();
    assert!(superblock(&volume).check(100 * 512).unwrap_err().what().contains("cut short"));
    for (at, byte) in [(0, b'x'), (4, 1), (101, 3), (102, 0x30), (126, 1)] {
        let mut volume = sound();
        volume[at] = byte;
        assert!(Superblock::read(&volume).unwrap().is_none(), "{at}");
    }
    let mut log = sound();
    log[96..100].copy_from_slice(&u32::MAX.to_be_bytes());
    assert!(superblock(&log).log().is_err());
}

#[test]
fn extents_are_in_order_and_within_their_groups() {
    let listed = |records: &[Vec<u8>], end: u64| {
        let mut volume = sound();
        let count = u32::try_from(records.len()).unwrap();
        put_inode(&mut volume, 66, 0o100_644, 2, 5000, count, &records.concat());
        let superblock = superblock(&volume);
        let inode = Inode::read(&volume, &superblock, 66).unwrap();
        extents::list(&volume, &superblock, &inode, end)
    };
    let extent = |start, block: u64, count, unwritten| Extent { start, at: block * 512, count, unwritten };
    let three = [record(false, 0, 50, 2), record(true, 2, 60, 1), record(false, 9, 128 + 3, 4)];
    let found = listed(&three, 100).unwrap();
    assert_eq!(found, [extent(0, 50, 2, false), extent(2, 60, 1, true), extent(9, 131, 4, false)]);
    assert_eq!(listed(&three, 9).unwrap().len(), 2);
    let piece = |at: Option<u64>, len| Piece { at, len };
    let pieces = extents::pieces(&superblock(&sound()), &found, 7000);
    let expected = [
        piece(Some(50 * 512), 1024),
        piece(None, 512),
        piece(None, 6 * 512),
        piece(Some(131 * 512), 2048),
        piece(None, 344),
    ];
    assert_eq!(pieces, expected);
    for wrong in [
        vec![record(false, 5, 50, 2), record(false, 0, 60, 1)],
        vec![record(false, 0, 50, 2), record(false, 1, 60, 1)],
        vec![record(false, 0, 50, 0)],
        vec![record(false, 0, 127, 2)],
        vec![record(false, 0, 128 + 71, 2)],
        vec![record(false, 0, (1 << 52) - 1, 1)],
    ] {
        assert_eq!(listed(&wrong, 100).unwrap_err().kind(), ErrorKind::Corrupt);
    }
}

/// A tree whose only node leads to itself, or to one of another level.
#[test]
fn trees_of_extents_do_not_turn_in_circles() {
    for (level, leaf_level) in [(1u16, 1u16), (2, 1), (1, 2), (0, 0), (99, 98)] {
        let mut volume = sound();
        let room = (256 - 100 - 4) / 16;
        let mut fork = vec![0; 4 + room * 16];
        fork[..2].copy_from_slice(&level.to_be_bytes());
        fork[2..4].copy_from_slice(&1u16.to_be_bytes());
        fork[4 + room * 8..][..8].copy_from_slice(&70u64.to_be_bytes());
        put_inode(&mut volume, 66, 0o100_644, 3, 5000, 9, &fork);
        let block = &mut volume[70 * 512..71 * 512];
        block[..4].copy_from_slice(b"BMAP");
        block[4..6].copy_from_slice(&leaf_level.to_be_bytes());
        block[6..8].copy_from_slice(&1u16.to_be_bytes());
        let room = (512 - 24) / 16;
        block[24 + room * 8..][..8].copy_from_slice(&70u64.to_be_bytes());
        let superblock = superblock(&volume);
        let inode = Inode::read(&volume, &superblock, 66).unwrap();
        let error = extents::list(&volume, &superblock, &inode, 100).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{level} {leaf_level}");
    }
}

fn listed(volume: &[u8]) -> storage::Result<Vec<(Vec<u8>, Node)>> {
    let superblock = superblock(volume);
    let inode = Inode::read(&volume.to_vec(), &superblock, 64)?;
    directory::list(&volume.to_vec(), &superblock, &inode)
}

#[test]
fn short_directories_with_long_and_short_numbers() {
    let entry =
        |name: &[u8], number: &[u8]| [&[u8::try_from(name.len()).unwrap(), 0, 0][..], name, &[1], number].concat();
    let short = [&[2u8, 0][..], &[0; 4], &entry(b"a", &[0, 0, 0, 70]), &entry(b"bc", &[0, 0, 0, 71])].concat();
    let long = [&[1u8, 1][..], &[0; 8], &entry(b"a", &[0, 0, 0, 1, 0, 0, 0, 0])].concat();
    let node = |number| Node { number, kind: Some(FileKind::File) };
    let expected = [vec![(b"a".to_vec(), node(70)), (b"bc".to_vec(), node(71))], vec![(b"a".to_vec(), node(1 << 32))]];
    for (fork, expected) in [short, long].into_iter().zip(expected) {
        let mut volume = sound();
        put_inode(&mut volume, 64, 0o040_755, 1, fork.len() as u64, 0, &fork);
        assert_eq!(listed(&volume).unwrap(), expected);
        for len in 0..fork.len() as u64 {
            put_inode(&mut volume, 64, 0o040_755, 1, len, 0, &fork);
            assert!(listed(&volume).is_err(), "{len}");
        }
        put_inode(&mut volume, 64, 0o040_755, 1, 157, 0, &fork);
        assert!(listed(&volume).is_err(), "longer than its fork");
    }
}

/// A directory of one block: `.`, free room, and one name.
fn block_directory() -> Vec<u8> {
    let mut volume = sound();
    put_inode(&mut volume, 64, 0o040_755, 2, 512, 1, &record(false, 0, 80, 1));
    let block = &mut volume[80 * 512..81 * 512];
    block[..4].copy_from_slice(b"XD2B");
    block[16..25].copy_from_slice(&[0, 0, 0, 0, 0, 0, 0, 64, 1]);
    block[25..27].copy_from_slice(b".\x02");
    block[30..32].copy_from_slice(&16u16.to_be_bytes());
    block[32..36].copy_from_slice(&[0xFF, 0xFF, 0x01, 0x90]);
    block[430..432].copy_from_slice(&32u16.to_be_bytes());
    block[432..441].copy_from_slice(&[0, 0, 0, 0, 0, 0, 0, 70, 4]);
    block[441..446].copy_from_slice(b"name\x07");
    block[446..448].copy_from_slice(&432u16.to_be_bytes());
    block[504..508].copy_from_slice(&7u32.to_be_bytes());
    volume
}

#[test]
fn blocks_of_names_are_whole_or_an_error() {
    let volume = block_directory();
    let link = Node { number: 70, kind: Some(FileKind::Link) };
    assert_eq!(listed(&volume).unwrap(), [(b"name".to_vec(), link)]);
    for (at, bytes) in [
        (0usize, &b"XDB3"[..]),
        (30, &[0, 17]),
        (34, &[0, 0]),
        (34, &[0x01, 0x98]),
        (34, &[0xFF, 0xF8]),
        (440, &[255]),
        (446, &[0, 0]),
        (504, &[0xFF; 4]),
        (504, &[0, 0, 0, 5]),
    ] {
        let mut damaged = volume.clone();
        damaged[80 * 512 + at..80 * 512 + at + bytes.len()].copy_from_slice(bytes);
        assert_eq!(listed(&damaged).unwrap_err().kind(), ErrorKind::Corrupt, "{at} {bytes:?}");
    }
}
