//! Sparse extents: what is wrong with their headers and tables (row M3).

use super::build::{GD, GRAIN, GT, RGD, RGT, Sparse, grain};
use super::{check, corrupt, driver, info, open};
use crate::support::{Numbers, content, refused};
use disk::{Closed, Disk};
use std::sync::Arc;
use storage::{ErrorKind, Extents, ReadAt, Result, State};

const CAPACITY: u64 = 128 * 1000;

fn sound() -> Sparse {
    Sparse::new(CAPACITY, &[0, 1, 2, 600])
}

#[test]
fn a_sound_extent() {
    let file = sound().file;
    let disk = open(&file).unwrap();
    let bytes = content(&disk).unwrap();
    for i in [0, 1, 2, 600] {
        assert!(bytes[i * GRAIN..(i + 1) * GRAIN] == grain(i as u64));
    }
    assert!(storage::is_zero(&bytes[3 * GRAIN..600 * GRAIN]));
    let runs: Vec<_> =
        Extents::new(&disk).map(|run| run.unwrap()).map(|run| (run.range.end as usize / GRAIN, run.state)).collect();
    assert_eq!(runs, [(3, State::Data), (600, State::Unmapped), (601, State::Data), (1000, State::Unmapped)]);
    let mapping = disk.mapping_at(GRAIN as u64 + 5).unwrap();
    assert_eq!((mapping.offset, mapping.extent.range.end), (Some(2 * GRAIN as u64 + 5), 3 * GRAIN as u64));
    let checked = check(&file);
    assert!(checked.is_clean(), "{:?}", checked.corruptions);
    assert_eq!((checked.total_clusters, checked.allocated_clusters, checked.fragmented_clusters), (1000, 4, 0));
    assert_eq!(checked.image_end_offset, file.len() as u64);
}

#[test]
fn zero_grains_need_their_flag() {
    let zero = sound().entry(5, 1);
    corrupt(&zero.file, "overlaps the descriptor");
    let disk = open(&zero.u32(8, 7).file).unwrap();
    assert_eq!(disk.extent_at(5 * GRAIN as u64).unwrap().state, State::Zero);
    assert!(storage::is_zero(&content(&disk).unwrap()[5 * GRAIN..6 * GRAIN]));
    // A table that is full of them.
    let mut all = sound().u32(8, 7);
    (512..1000).filter(|&i| i != 600).for_each(|i| all = all.clone().entry(i, 1));
    assert_eq!(open(&all.file).unwrap().extent_at(700 * GRAIN as u64).unwrap().state, State::Zero);
}

#[test]
fn m3_grain_sizes() {
    for sectors in [0, 1, 4, 7, 24, 127, 8192, 1 << 40, u64::MAX] {
        corrupt(&sound().u64(20, sectors).file, "a grain of");
        assert!(driver().info(&sound().u64(20, sectors).file).is_err());
    }
}

#[test]
fn m3_entries_per_table() {
    for entries in [0, 1, 256, 511, 1024, u32::MAX] {
        corrupt(&sound().u32(44, entries).file, "grain tables have");
    }
}

#[test]
fn m3_the_two_directories_disagree() {
    // The second has a grain that the first has not, and the other way round.
    corrupt(&sound().u32(RGT + 4 * 9, 128).file, "contradicts the second copy");
    corrupt(&sound().u32(GT, 0).file, "contradicts the second copy");
    corrupt(&sound().u32(GD + 4, 0).file, "contradicts the second copy");
    corrupt(&sound().u32(RGD + 4, 0).file, "contradicts the second copy");
    // Without the flag there is no second one, whatever is there.
    assert!(open(&sound().u32(8, 1).u32(RGT, 77).u64(48, 1 << 50).file).is_ok());
    corrupt(&sound().u64(48, 1 << 50).file, "second");
    assert!(open(&sound().u64(48, 0).file).is_ok());
}

#[test]
fn m3_tables_past_the_end_or_over_others() {
    let end = (sound().file.len() / 512) as u32;
    for sector in [end - 3, end, u32::MAX] {
        corrupt(&sound().u32(GD, sector).file, "past the end");
    }
    corrupt(&sound().u32(GD, 1).file, "overlaps");
    corrupt(&sound().u32(GD + 4, GT as u32 / 512).file, "overlaps grain table 0");
    corrupt(&sound().u32(GD + 4, RGT as u32 / 512).file, "overlaps");
    for sector in [0, 1, u64::from(end), 1 << 50, u64::MAX / 2] {
        corrupt(&sound().u64(56, sector).file, "");
    }
}

#[test]
fn m3_entries_that_cannot_be() {
    let end = (sound().file.len() / 512) as u32;
    for sector in [end - 127, end, u32::MAX] {
        corrupt(&sound().entry(5, sector).file, "past the end");
    }
    corrupt(&sound().entry(1000, 128).file, "the disk ends before it");
    corrupt(&sound().entry(5, 128).file, "overlap in the file");
    corrupt(&sound().entry(5, 129).file, "overlap in the file");
    corrupt(&sound().entry(1, 128).file, "overlap in the file");
    corrupt(&sound().entry(5, GT as u32 / 512).file, "overlaps grain table 0");
    corrupt(&sound().entry(5, 20).file, "overlaps the descriptor");
    assert_eq!(check(&sound().entry(5, 128).entry(6, end).entry(1000, 9).file).corruption_count, 3);
}

#[test]
fn m3_text_mode_and_unclean_shutdown() {
    for damage in [&b"\n \n\0"[..], b"\r\n \r", b"    "] {
        corrupt(&sound().put(73, damage).file, "text mode");
    }
    assert!(open(&sound().u32(8, 2).put(73, &[0; 4]).file).is_ok());
    let unclean = sound().put(72, &[1]).file;
    let disk = open(&unclean).unwrap();
    assert!(disk.info().dirty && disk.info().notes[0].contains("uncleanShutdown"));
    assert!(info(&unclean).dirty);
}

#[test]
fn versions_features_and_sizes() {
    for version in [0, 4, u32::MAX] {
        refused(open(&sound().u32(4, version).file), ErrorKind::Unsupported, "version");
    }
    assert!(open(&sound().u32(4, 2).file).is_ok());
    refused(open(&sound().u32(8, 0x0004_0003).file), ErrorKind::Unsupported, "unknown features");
    refused(open(&sound().u32(8, 0x0001_0003).put(77, &[1]).file), ErrorKind::Unsupported, "without markers");
    refused(open(&sound().u32(8, 0x0003_0003).put(77, &[2]).file), ErrorKind::Unsupported, "algorithm 2");
    for sectors in [1 << 63, u64::MAX, 1 << 55] {
        corrupt(&sound().u64(12, sectors).file, "not possible");
    }
    corrupt(&sound().u64(12, 1 << 50).file, "more grain tables");
    refused(open(&sound().u64(12, CAPACITY * 2).file), ErrorKind::Corrupt, "the descriptor says");
    let odd = open(&sound().u64(12, CAPACITY - 5).file).unwrap();
    assert!(odd.size() == (CAPACITY - 5) * 512 && odd.info().notes[0].contains("header is believed"));
}

#[test]
fn descriptors_inside() {
    let replaced = |from: &str, to: &str| {
        let mut sparse = sound();
        let text = String::from_utf8(sparse.file[512..21 * 512].to_vec()).unwrap();
        assert!(text.contains(from));
        let mut text = text.trim_end_matches('\0').replace(from, to).into_bytes();
        text.resize(20 * 512, 0);
        sparse.file.splice(512..21 * 512, text);
        sparse.file
    };
    refused(
        open(&replaced("RW 128000 SPARSE \"a.vmdk\"", "RW 128000 FLAT \"/etc/passwd\" 0")),
        ErrorKind::Refused,
        "elsewhere",
    );
    refused(open(&replaced("RW 128000", "RW 5 ZERO\nRW 127995")), ErrorKind::Refused, "names 2 extents");
    assert!(open(&replaced("a.vmdk", "/dev/sda")).is_ok());
    let delta = replaced("parentCID=ffffffff", "parentCID=00000001\nparentFileNameHint=\"../base.vmdk\"");
    refused(open(&delta), ErrorKind::Unsupported, "consolidate");
    assert_eq!(info(&delta).backing_file.as_deref(), Some("../base.vmdk"));
    assert!(check(&delta).is_clean());
    refused(open(&replaced("CID=12345678", "parentFileNameHint=\"b\"")), ErrorKind::Unsupported, "consolidate");
    refused(open(&replaced("monolithicSparse", "fullDevice")), ErrorKind::Refused, "devices");
    refused(open(&replaced("createType", "createTypo")), ErrorKind::Corrupt, "no createType");
    refused(open(&sound().u64(28, 0).file), ErrorKind::Unsupported, "descriptor is another file");
    refused(open(&sound().u64(28, u64::MAX).file), ErrorKind::Corrupt, "");
    refused(open(&sound().u64(36, 1 << 20).file), ErrorKind::Corrupt, "not possible");
}

#[test]
fn cut_extents_are_refused() {
    let file = sound().file;
    let wanted = content(&open(&file).unwrap()).unwrap();
    for cut in (0..file.len()).step_by(512).chain([file.len() - 1, file.len() - 511]) {
        let cut = open(&file[..cut]).and_then(|disk| content(&disk));
        assert!(cut.is_err() || cut.unwrap() == wanted);
    }
    refused(open(&file[..file.len() - 512]), ErrorKind::Corrupt, "past the end");
    // The disk may end within its last grain, and the file with the disk.
    let part = Sparse::new(128 * 3 + 8, &[0, 3]).file;
    let end = part.len() - 120 * 512;
    assert!(content(&open(&part[..end]).unwrap()).is_ok());
    refused(open(&part[..end - 512]), ErrorKind::Corrupt, "past the end");
}

#[test]
fn flipped_bytes() {
    let mut numbers = Numbers(31_337);
    let (mut opened, mut refused) = (0, 0);
    for _ in 0..1500 {
        let mut file = sound().file;
        for _ in 0..=numbers.below(3) {
            let at = match numbers.below(4) {
                0 => numbers.below(128),
                1 => (RGD as u64) + numbers.below(2600),
                2 => (GD as u64) + numbers.below(2600),
                _ => numbers.below(128 * 512),
            };
            file[at as usize] = [numbers.next() as u8, 0, 1, 0xff][numbers.below(4) as usize];
        }
        let source = Arc::new(file);
        let _ = (driver().probe(&*source), driver().info(&*source), driver().check(source.clone()));
        match driver().open(source, &Closed) {
            Err(_) => refused += 1,
            Ok(disk) => {
                opened += 1;
                let _ = walk(&disk);
            }
        }
    }
    assert!(opened > 50 && refused > 50, "{opened} {refused}");
}

fn walk(disk: &Arc<dyn Disk>) -> Result<()> {
    for extent in Extents::new(disk).take(3000) {
        let extent = extent?;
        let mut buf = vec![0; extent.size().min(1 << 20) as usize];
        disk.read_at(&mut buf, extent.range.start)?;
    }
    Ok(())
}

/// 64 TiB of which nothing is there, as a sparse file with two directories and all tables.
#[test]
fn huge_and_empty() {
    let capacity = 64u64 << 31;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("huge");
    let tables = capacity / 65_536;
    let gd = (21 + tables * 4).next_multiple_of(8);
    let mut file = super::build::head(
        &super::build::Header::new(1, capacity).u64(56, gd),
        &super::build::text("monolithicSparse", &format!("RW {capacity} SPARSE \"a\"")),
        21,
    );
    let handle = std::fs::File::create(&path).unwrap();
    handle.set_len((gd + tables * 4 / 512) * 512).unwrap();
    use std::os::unix::fs::FileExt;
    handle.write_all_at(&file, 0).unwrap();
    file = (0..tables).flat_map(|i| (21 + i as u32 * 4).to_le_bytes()).collect();
    handle.write_all_at(&file, gd * 512).unwrap();
    let disk = driver().open(Arc::new(storage::File::open(&path).unwrap()), &Closed).unwrap();
    assert_eq!((disk.size(), Extents::new(&disk).count()), (64 << 40, 1));
}
