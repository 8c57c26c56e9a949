//! A file that is cut short is refused, or has the same content: never zeros instead of what was there.

use super::build::{BLOCKS, SECTOR, model, sound};
use super::log::harmless;
use super::open;
use crate::support::{content, refused};
use std::sync::Arc;
use storage::{ErrorKind, Slice, Source};

/// The first `len` bytes of a file.
fn cut(file: &Source, len: u64) -> Source {
    Arc::new(Slice::new(file.clone(), 0, len).unwrap())
}

/// An image that is cut is refused, or has the same content.
pub(crate) fn cut_at(file: &[u8], wanted: &[u8], step: usize) {
    let source: Source = Arc::new(file.to_vec());
    let mut refusals = 0;
    for len in (0..file.len()).step_by(step) {
        match open(cut(&source, len as u64)).and_then(|disk| content(&disk)) {
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Corrupt, "{len}: {error}");
                refusals += 1;
            }
            Ok(bytes) => assert!(bytes == wanted, "{len}"),
        }
    }
    assert!(refusals > 0);
}

#[test]
fn cut_images_are_refused() {
    // What is behind the last byte of the disk need not be there.
    const NEEDED: usize = BLOCKS[2] + 3 * SECTOR;
    for (image, step) in [(sound(), 512), (sound().log(0, &harmless(NEEDED)), 4096)] {
        let wanted = content(&image.open().unwrap()).unwrap();
        assert!(wanted == model());
        let file: Source = Arc::new(image.0);
        for len in (0..NEEDED + 3 * SECTOR).step_by(step) {
            match open(cut(&file, len as u64)).and_then(|disk| content(&disk)) {
                Err(error) => assert!(error.kind() == ErrorKind::Corrupt && len < NEEDED, "{len}: {error}"),
                Ok(bytes) => assert!(len >= NEEDED && bytes == wanted, "{len}"),
            }
        }
        refused(open(cut(&file, NEEDED as u64 - 1)), ErrorKind::Corrupt, "truncated");
    }
}
