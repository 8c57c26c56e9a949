//! Images that Hyper-V and others made: size and content as the corpus's index says, or refused where it says so.

use super::{details, format, open};
use crate::support::{corpora, has_program, skip};
use sha2::{Digest, Sha256};
use std::process::{Command, Stdio};
use std::sync::Arc;
use storage::{ErrorKind, Extents, File, ReadAt};

/// Longest disk that is hashed: all of it must stay a test of seconds.
const MAX_HASHED: u64 = 2 << 30;

fn sha256(disk: &dyn ReadAt) -> String {
    let (zeros, mut buf) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    let mut hash = Sha256::new();
    for extent in Extents::new(disk) {
        let extent = extent.unwrap();
        for at in extent.range.clone().step_by(1 << 20) {
            let len = (extent.range.end - at).min(1 << 20) as usize;
            if extent.is_data() {
                disk.read_at(&mut buf[..len], at).unwrap();
                hash.update(&buf[..len]);
            } else {
                hash.update(&zeros[..len]);
            }
        }
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn every_vhdx_of_the_corpus() {
    let corpora = corpora();
    let Ok(index) = std::fs::read(corpora.join("INDEX.tsv")) else { return skip("the corpus") };
    if !has_program("zstd") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("image");
    let (mut sizes, mut hashes, mut refusals) = (0, 0, 0);
    for row in String::from_utf8_lossy(&index).lines() {
        let row: Vec<_> = row.split('\t').collect();
        if row.len() < 8 || row[1] != "vhdx" {
            continue;
        }
        let packed = corpora.join(row[0]);
        let mut zstd = Command::new("zstd");
        zstd.args(["-qdf", "--sparse"]).arg(packed).arg("-o").arg(&path).stdin(Stdio::null());
        assert!(zstd.status().unwrap().success(), "{}", row[0]);
        let file = Arc::new(File::open(&path).unwrap());
        assert!(format().probe(&*file).unwrap(), "{}", row[0]);
        let info = format().info(&*file).unwrap();
        eprintln!("{}: {info:?}", row[0]);
        if row[7].contains("differencing") {
            assert_eq!(open(file).unwrap_err().kind(), ErrorKind::Unsupported, "{}", row[0]);
            assert!(info.backing_file.is_some(), "{}", row[0]);
            refusals += 1;
            continue;
        }
        let disk = open(file.clone()).unwrap_or_else(|error| panic!("{}: {error}", row[0]));
        assert_eq!((disk.size(), info.virtual_size), (row[5].parse().unwrap(), row[5].parse().unwrap()), "{}", row[0]);
        assert!(!details(&info).creator.is_empty() && format().check(file).unwrap().unwrap().is_clean(), "{}", row[0]);
        sizes += 1;
        if disk.size() <= MAX_HASHED {
            assert_eq!(sha256(&*disk), row[6], "{}", row[0]);
            hashes += 1;
        }
    }
    eprintln!("corpus: {sizes} sizes and {hashes} contents equal, {refusals} refused");
    assert!(sizes > 3 && hashes > 2 && refusals > 0);
}
