//! Damaged filesystems: no panic, no endless walk, no unbounded memory, and never other content than was written.

use super::log::log_place;
use super::{FILLED, MADE, Mount, fill, mkfs, mkfs_with, plain_tree, scratch};
use crate::damage::exercise;
use crate::run;
use crate::support::{AMPLE, guest_tree, have, random, source, walk};
use filesystem::{open, unused};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use storage::{ReadAt, Result, Source, check_range};

/// An image with some bytes changed, and cut.
#[derive(Debug)]
struct Damaged {
    image: Arc<Vec<u8>>,
    len: u64,
    changed: Vec<(u64, u8)>,
}

impl ReadAt for Damaged {
    fn size(&self) -> u64 {
        self.len
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        check_range(self.len, offset, buf.len() as u64)?;
        self.image.read_at(buf, offset)?;
        for &(at, byte) in &self.changed {
            if let Some(place) = at.checked_sub(offset).and_then(|at| buf.get_mut(at as usize)) {
                *place = byte;
            }
        }
        Ok(())
    }
}

fn small(dir: &Path, options: &str) -> Arc<Vec<u8>> {
    let root = dir.join("tree");
    if !root.exists() {
        plain_tree(&root, &[1, 20, 120]);
    }
    Arc::new(fs::read(mkfs_with(dir, &root, 16, options)).unwrap())
}

/// An image with a dirty log whose records have no checksums, so that damage gets behind them.
fn dirty(dir: &Path) -> Option<Arc<Vec<u8>>> {
    let image = mkfs(dir, 64, "");
    let mount = Mount::new(&image, "rw")?;
    fill(&mount.0);
    run!("xfs_io", "-x", "-c", "shutdown -f", &mount.0);
    drop(mount);
    let mut bytes = fs::read(&image).unwrap();
    let (start, len) = log_place(&bytes);
    for at in (start..start + len).step_by(512) {
        if bytes[at..at + 4] == [0xFE, 0xED, 0xBA, 0xBE] {
            bytes[at + 32..at + 36].fill(0);
        }
    }
    Some(Arc::new(bytes))
}

fn flip(image: &Arc<Vec<u8>>, used: &[usize], round: u64) -> Source {
    let mut seed = round;
    let mut changed = Vec::new();
    for _ in 0..=random(&mut seed) % 8 {
        let place = random(&mut seed) as usize;
        let at = if round.is_multiple_of(8) { place % 4096 } else { used[place % used.len()] };
        changed.push((at as u64, random(&mut seed) as u8));
    }
    Arc::new(Damaged { image: image.clone(), len: image.len() as u64, changed })
}

#[test]
fn flipped_bytes() {
    if !have(MADE) {
        return;
    }
    let dir = scratch();
    for options in ["-m crc=0", "-m crc=0 -n ftype=0 -b size=512", "-m crc=1"] {
        let image = small(dir.path(), options);
        assert!(exercise(&(image.clone() as Source)) > 100, "{options}");
        // Blocks that are not content: those that begin with a mark, and the first bytes of each.
        let is_metadata = |block: &[u8]| {
            block.starts_with(b"XFSB") || block.starts_with(b"IN") || block[0] == b'X' || block.starts_with(b"AB")
        };
        let used: Vec<usize> = image
            .chunks(512)
            .enumerate()
            .filter(|(_, block)| is_metadata(block))
            .flat_map(|(i, block)| (0..512).filter(|&at| block[at] != 0).map(move |at| i * 512 + at))
            .collect();
        for round in 0..150 {
            let volume = flip(&image, &used, round);
            exercise(&volume);
            let _ = unused(&*volume, &mut |_| Ok(()));
        }
    }
}

#[test]
fn flipped_bytes_of_a_log() {
    if !have(FILLED) {
        return;
    }
    let dir = scratch();
    let Some(image) = dirty(dir.path()) else { return };
    let info = open(image.clone()).unwrap().info().clone();
    assert!(info.notes.iter().any(|note| note.contains("read from the log")), "{info:?}");
    let (start, len) = log_place(&image);
    let used: Vec<usize> = (start..start + len).filter(|&at| image[at] != 0 && at % 512 < 100).collect();
    for round in 0..60 {
        if let Ok(fs) = open(flip(&image, &used, round)) {
            let _ = fs.read_dir(&"/".into());
        }
    }
}

/// Cut short, it cannot be opened.
#[test]
fn every_cut_is_an_error() {
    if !have(MADE) {
        return;
    }
    let dir = scratch();
    for options in ["-m crc=0", "-m crc=1"] {
        let image = small(dir.path(), options);
        for len in (0..image.len() as u64).step_by(64 << 10).chain(0..4096) {
            let volume = Damaged { image: image.clone(), len, changed: Vec::new() };
            assert!(open(Arc::new(volume)).is_err(), "{options} cut at {len}");
        }
    }
}

/// With checksums, whatever is read is what was written.
#[test]
fn no_content_is_made_up() {
    if !have(MADE) {
        return;
    }
    let dir = scratch();
    let image = small(dir.path(), "-m crc=1");
    fs::write(dir.path().join("sound"), &*image).unwrap();
    let whole = guest_tree(&*open(source(&dir.path().join("sound"))).unwrap());
    let inodes: Vec<usize> = (0..image.len()).step_by(512).filter(|&at| image[at..at + 2] == *b"IN").collect();
    let mut wrong = 0;
    for round in 0..60u64 {
        let mut seed = round;
        let at = inodes[random(&mut seed) as usize % inodes.len()] + random(&mut seed) as usize % 200;
        let changed = vec![(at as u64, image[at] ^ 1 << (random(&mut seed) % 8))];
        let volume = Damaged { image: image.clone(), len: image.len() as u64, changed };
        let fs = open(Arc::new(volume)).unwrap();
        walk(&*fs, AMPLE, |path, node| match node {
            Ok(node) => assert!(whole.get(&path) == Some(&node), "{path}"),
            Err(_) => wrong += 1,
        });
    }
    assert!(wrong > 10, "{wrong}");
}
