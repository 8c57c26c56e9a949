//! Images that others made: virtual size and content as the corpus's index says, or refused where it says so.

use crate::support::{corpora, findings, has_program, skip};
use disk::Closed;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use storage::{ErrorKind, Extents, File, ReadAt};

/// Data that is hashed of one image at most: all of it must stay a test of seconds.
const MAX_HASHED: u64 = 1200 << 20;

struct Row {
    file: String,
    format: String,
    size: Option<u64>,
    sha256: String,
    facts: String,
}

fn rows(index: &str) -> Vec<Row> {
    let lines = index.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    lines
        .filter(|fields| fields.len() > 7)
        .map(|fields| Row {
            file: fields[0].to_owned(),
            format: fields[1].to_owned(),
            size: fields[5].parse().ok(),
            sha256: fields[6].to_owned(),
            facts: fields[7].to_owned(),
        })
        .collect()
}

fn unpack(packed: &Path, to: &Path) {
    let status =
        Command::new("zstd").args(["-qdf", "--sparse"]).arg(packed).arg("-o").arg(to).stdin(Stdio::null()).status();
    assert!(status.unwrap().success(), "{}", packed.display());
}

fn sha256(disk: &dyn ReadAt) -> String {
    static ZEROS: [u8; 1 << 16] = [0; 1 << 16];
    let mut hash = Sha256::new();
    let mut buf = vec![0; 1 << 20];
    for extent in Extents::new(disk) {
        let extent = extent.unwrap();
        let mut at = extent.range.start;
        while at < extent.range.end {
            let left = extent.range.end - at;
            if extent.is_data() {
                let part = &mut buf[..left.min(1 << 20) as usize];
                disk.read_at(part, at).unwrap();
                hash.update(&*part);
                at += part.len() as u64;
            } else {
                let n = left.min(ZEROS.len() as u64);
                hash.update(&ZEROS[..n as usize]);
                at += n;
            }
        }
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a row's words ask for.
fn must_be_refused(row: &Row) -> bool {
    row.facts.contains("must be refused")
}

#[test]
fn every_image_of_the_corpus() {
    let corpora = corpora();
    let Ok(index) = std::fs::read(corpora.join("INDEX.tsv")) else { return skip("the corpus") };
    if !has_program("zstd") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (mut sizes, mut hashes, mut refusals) = (0, 0, 0);
    for row in rows(&String::from_utf8_lossy(&index)) {
        let ours = ["raw", "qcow2", "vhd", "iso"].contains(&row.format.as_str());
        // Filesystems of guests are large, and as raw images no different from the others: a few do.
        let skipped = row.file.starts_with("guests/") && !row.file.contains("ubuntu") && !row.file.contains("win2003");
        if !(ours || must_be_refused(&row)) || skipped {
            continue;
        }
        let path = dir.path().join("image");
        unpack(&corpora.join(&row.file), &path);
        let result = disk::open(Arc::new(File::open(&path).unwrap()), None, &Closed);
        if must_be_refused(&row) {
            let error = result.expect_err(&row.file);
            assert!([ErrorKind::Unsupported, ErrorKind::Corrupt, ErrorKind::Refused].contains(&error.kind()));
            refusals += 1;
            continue;
        }
        // A LUKS header on its own is no disk either, though its row tells of blkid only.
        if row.facts.contains("crypto_LUKS") {
            assert_eq!(result.expect_err(&row.file).kind(), ErrorKind::Unsupported);
            refusals += 1;
            continue;
        }
        let disk = result.unwrap_or_else(|error| panic!("{}: {error}", row.file));
        if let Some(size) = row.size {
            assert_eq!(disk.size(), size, "{}", row.file);
            sizes += 1;
        }
        let data: u64 =
            Extents::new(&disk).map(|extent| extent.unwrap()).filter(|e| e.is_data()).map(|e| e.size()).sum();
        if !row.sha256.is_empty() && data <= MAX_HASHED {
            assert_eq!(sha256(&disk), row.sha256, "{}", row.file);
            hashes += 1;
        }
        assert_eq!(findings(Arc::new(File::open(&path).unwrap()), None), [""; 0], "{}", row.file);
    }
    eprintln!("corpus: {sizes} sizes and {hashes} contents equal, {refusals} refused");
    assert!(sizes > 10 && hashes > 10 && refusals > 2);
}
