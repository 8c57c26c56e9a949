//! The whole disk through a pipe, in order.

use crate::disks::{Disk, LAYOUTS, Layout, content, options};
use crate::hanging::within_limits;
use convert::copy;
use std::io::Read;
use storage::Sequential;

const SIZE: u64 = (9 << 20) + 4096;

#[test]
fn a_pipe_gets_the_whole_disk_in_order() {
    for (seed, size) in [(1, 0), (2, 1), (3, 5 << 20), (4, SIZE + 77)] {
        let bytes = content(size, seed);
        for layout in LAYOUTS {
            for (workers, sparse) in [(1, 4096), (2, 512), (8, 4096), (3, 0)] {
                let disk = Disk::new(bytes.clone(), layout);
                let (mut reader, writer) = std::io::pipe().unwrap();
                let got = within_limits(|| {
                    std::thread::scope(|scope| {
                        let reading = scope.spawn(move || {
                            let mut got = Vec::new();
                            reader.read_to_end(&mut got).map(|_| got)
                        });
                        let target = Sequential::new(writer, size);
                        copy(&disk, &target, &options(workers, sparse), &()).unwrap();
                        assert_eq!(target.close().unwrap().1, size);
                        reading.join().unwrap().unwrap()
                    })
                });
                assert!(got == bytes, "{size} {layout:?} {workers} {sparse}");
            }
        }
    }
}

#[test]
fn a_reader_that_goes_away_ends_the_copy() {
    let source = Disk::new(content(SIZE, 4711), Layout::Blocks(4096));
    for workers in [1, 2, 8] {
        let (mut reader, writer) = std::io::pipe().unwrap();
        let error = within_limits(|| {
            std::thread::scope(|scope| {
                scope.spawn(move || {
                    let mut some = vec![0; 3_000_000];
                    reader.read_exact(&mut some)
                });
                let target = Sequential::new(writer, SIZE);
                copy(&source, &target, &options(workers, 4096), &()).and_then(|_| target.close()).unwrap_err()
            })
        });
        assert_eq!(std::io::Error::from(error).kind(), std::io::ErrorKind::BrokenPipe);
    }
}
