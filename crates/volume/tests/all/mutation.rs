//! Disks with bytes changed at random, by a seed: whatever they say, the answer comes, soon and of bounded size.

use crate::build::gpt::{Gpt, part as partition};
use crate::build::lvm::{AREA, checksum, group, linear, logical, part, physical, seal_area, seal_label};
use crate::build::{md, put};
use crate::problems::specimens;
use crate::source;
use std::collections::BTreeMap;
use storage::{ReadAt, Source};
use volume::{Kind, Volume, scan};

/// Numbers that look like chance and are the same in every run (xorshift64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    /// A byte that parsers care about, or any.
    fn byte(&mut self) -> u8 {
        [0, 1, 0x7F, 0x80, 0xFF, 5, 0xEE, self.next().to_le_bytes()[0]][self.below(8)]
    }
}

/// Scans, and reads the ends of every volume.
fn survive(disk: Vec<u8>, given: Option<u64>) {
    let size = disk.len() as u64;
    let layout = scan(&source(disk), given).unwrap();
    assert!(layout.volumes.len() < 9000 && layout.problems.len() < 30000);
    for volume in &layout.volumes {
        let there = volume.source.size();
        let is_over = volume.inside.is_some() || matches!(volume.kind, Kind::Logical | Kind::Array);
        assert!(is_over || there <= size && there <= volume.size);
        read_ends(volume);
    }
}

fn read_ends(volume: &Volume) {
    let there = volume.source.size();
    if there > 0 {
        let mut byte = [0];
        let _ = volume.source.read_at(&mut byte, 0);
        let _ = volume.source.read_at(&mut byte, there - 1);
        let _ = volume.source.extent_at(there / 2);
    }
}

/// Where a disk says something: the sectors that are not empty.
fn told(disk: &[u8]) -> Vec<usize> {
    let sectors = disk.chunks(512).enumerate();
    sectors.filter(|(_, sector)| !storage::is_zero(sector)).map(|(number, _)| number * 512).take(80).collect()
}

#[test]
fn any_bytes_changed() {
    let mut random = Random(0x5EED_0001);
    for (_, disk) in specimens() {
        let told = told(&disk);
        let rounds = if disk.len() > 2 << 20 { 40 } else { 150 };
        for _ in 0..rounds {
            let mut disk = disk.clone();
            for _ in 0..=random.below(6) {
                let at = told[random.below(told.len())] + random.below(512);
                if let Some(byte) = disk.get_mut(at) {
                    *byte = random.byte();
                }
            }
            survive(disk, [None, None, Some(512), Some(4096)][random.below(4)]);
        }
    }
}

/// Checksums made right again, so that the changes are believed.
#[test]
fn numbers_of_a_gpt_changed_and_believed() {
    let mut random = Random(0x5EED_0002);
    let usual = Gpt::of(512, 300, vec![partition(1, 40, 99), partition(2, 100, 250)]).build();
    for _ in 0..3000 {
        let mut disk = usual.clone();
        for _ in 0..=random.below(4) {
            let at = 1024 + random.below(256);
            disk[at] = random.byte();
        }
        let crc = crc32fast::hash(&disk[1024..1024 + 16384]);
        put(&mut disk, 512 + 88, &crc.to_le_bytes());
        for _ in 0..random.below(3) {
            let at = 512 + 24 + random.below(64);
            disk[at] = random.byte();
        }
        crate::build::gpt::patch_header(&mut disk, 512, 16, &[0; 4]);
        survive(disk, None);
    }
}

#[test]
fn texts_of_a_group_changed_and_believed() {
    let mut random = Random(0x5EED_0003);
    let raid = "start_extent = 0\nextent_count = 2\ntype = \"raid1\"\nraids = [\"r_rmeta_0\", \"r_rimage_0\"]";
    let striped = "start_extent = 2\nextent_count = 4\ntype = \"striped\"\nstripe_count = 2\nstripe_size = 8\n\
                   stripes = [\"pv0\", 5, \"pv0\", 9]";
    let text = group(
        1,
        &['a'],
        &[
            logical("r", &[raid]),
            logical("s", &[&linear(0, 2, "pv0", 0), striped]),
            part("r_rimage_0", &[&linear(0, 2, "pv0", 3)]),
            logical("c", &["start_extent = 0\nextent_count = 2\ntype = \"cache\"\norigin = \"s\""]),
            logical(
                "t",
                &[
                    "start_extent = 0\nextent_count = 2\ntype = \"thin\"\nthin_pool = \"p\"\ndevice_id = 1\nexternal_origin = \"s\"",
                ],
            ),
            part(
                "p",
                &[
                    "start_extent = 0\nextent_count = 2\ntype = \"thin-pool\"\nmetadata = \"s\"\npool = \"t\"\nchunk_size = 8",
                ],
            ),
        ],
    );
    for _ in 0..3000 {
        let mut changed = text.clone().into_bytes();
        for _ in 0..=random.below(5) {
            let at = random.below(changed.len());
            match random.below(4) {
                0 => changed[at] = b"{}[]=\",# \n\\0159svV"[random.below(17)],
                1 => changed[at] = random.byte(),
                2 => drop(changed.remove(at)),
                _ => {
                    let from = random.below(changed.len());
                    let piece: Vec<u8> = changed[from..changed.len().min(from + 60)].to_vec();
                    changed.splice(at..at, piece);
                }
            }
        }
        let mut disk = physical('a', 16, "x", 512);
        put(&mut disk, AREA + 48, &(changed.len() as u64).to_le_bytes());
        put(&mut disk, AREA + 56, &checksum(&changed).to_le_bytes());
        put(&mut disk, AREA + 512, &changed);
        if random.below(8) == 0 {
            disk[AREA + 24 + random.below(40)] = random.byte();
            disk[512 + 20 + random.below(120)] = random.byte();
        }
        seal_label(&mut disk);
        seal_area(&mut disk);
        survive(disk, None);
    }
}

#[test]
fn superblocks_of_arrays_changed_and_believed() {
    let mut random = Random(0x5EED_0004);
    for round in 0..1500_u32 {
        let level = [1, 0, -1, 5, 10][random.below(5)];
        let members = [0, 1].map(|number| {
            let mut member =
                md::Member { level, chunk: 8, minor: if round % 2 == 0 { 2 } else { 0 }, ..md::mirror(number) };
            if member.minor == 0 {
                member.data = (0, 128);
            }
            let at = member.at();
            let mut bytes = member.build(b'A');
            for _ in 0..random.below(4) {
                let field = at + 8 + random.below(254);
                bytes[field] = random.byte();
            }
            md::seal(&mut bytes, at);
            bytes
        });
        let machine = volume::scan_all(&members.map(source)).unwrap();
        machine.into_volumes().iter().for_each(read_ends);
    }
}

/// A disk with some blocks of 4 KiB in place of its own.
#[derive(Debug)]
struct Patched(Source, BTreeMap<u64, Vec<u8>>);

impl ReadAt for Patched {
    fn size(&self) -> u64 {
        self.0.size()
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> storage::Result<()> {
        self.0.read_at(buf, offset)?;
        for (&at, block) in self.1.range(offset.saturating_sub(4095)..offset + buf.len() as u64) {
            for (byte, &value) in (at..).zip(block) {
                let within = byte.checked_sub(offset).and_then(|index| usize::try_from(index).ok());
                if let Some(place) = within.and_then(|index| buf.get_mut(index)) {
                    *place = value;
                }
            }
        }
        Ok(())
    }
}

#[test]
fn maps_of_thin_pools_changed_and_believed() {
    let Some(mut disks) = crate::made::disks("lvm-thin") else { return };
    // LVM put the map on the other disk than the data.
    disks.reverse();
    let bytes = storage::read_vec(&disks[0], 0, disks[0].size()).unwrap();
    let sum = |block: &[u8], xor: u32| !crc32c::crc32c(&block[4..]) ^ xor;
    let is_of_map = |block: &[u8], xor| block[..4] == sum(block, xor).to_le_bytes() && !storage::is_zero(block);
    let blocks = |xor: u32| bytes.chunks_exact(4096).enumerate().filter(move |(_, block)| is_of_map(block, xor));
    let (superblocks, nodes): (Vec<_>, Vec<_>) = (blocks(160_774).collect(), blocks(121_107).collect());
    assert!(superblocks.len() == 1 && nodes.len() > 3, "{} {}", superblocks.len(), nodes.len());
    let mut random = Random(0x5EED_0005);
    for _ in 0..300 {
        let mut patches = BTreeMap::new();
        for _ in 0..=random.below(3) {
            let of_node = random.below(4) > 0;
            let (list, xor) = if of_node { (&nodes, 121_107) } else { (&superblocks, 160_774) };
            let (index, block) = list[random.below(list.len())];
            let mut block = block.to_vec();
            for _ in 0..=random.below(4) {
                let at = 4 + random.below(if of_node { 100 } else { 360 });
                block[at] = random.byte();
            }
            let sum = sum(&block, xor).to_le_bytes();
            put(&mut block, 0, &sum);
            patches.insert(index as u64 * 4096, block);
        }
        let patched: Source = std::sync::Arc::new(Patched(disks[0].clone(), patches));
        let machine = volume::scan_all(&[patched, disks[1].clone()]).unwrap();
        for volume in machine.into_volumes() {
            read_ends(&volume);
            let mut bytes = vec![0; 1 << 20];
            let _ = volume.source.read_at(&mut bytes, 0);
            assert!(
                storage::Extents::new(&volume.source)
                    .take(2000)
                    .all(|extent| extent.is_err() || extent.unwrap().size() > 0)
            );
        }
    }
}

#[test]
fn every_length_of_a_disk() {
    for (_, disk) in specimens().into_iter().step_by(7) {
        for sectors in 0..disk.len().min(40 * 512) / 512 {
            survive(disk[..sectors * 512].to_vec(), None);
            survive(disk[..sectors * 512 + 100].to_vec(), None);
        }
    }
}
