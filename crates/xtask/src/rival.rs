//! `rival`: what other libraries make of the same job, and the plainest copy as a yardstick; run by `versus`.

use crate::Result;
use clap::{Args, ValueEnum};
use imago::{FormatAccess, FormatDriverBuilder, PermissiveImplicitOpenGate};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes that are dealt with at a time.
const PIECE: u64 = 1 << 20;

/// As many as machines that images are converted on have at least.
const THREADS: usize = 2;

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Which {
    /// Reads a qcow2 by imago, leaves zeros out, writes raw.
    Imago,
    /// Copies the file as it is: no format, no zeros left out, no digest.
    Copy,
}

/// Does one job by other means.
#[derive(Debug, Args)]
pub(crate) struct Rival {
    which: Which,
    source: PathBuf,
    target: PathBuf,
}

impl Rival {
    pub(crate) fn run(&self) -> Result<()> {
        let target = File::create(&self.target)?;
        match self.which {
            Which::Copy => {
                let source = File::open(&self.source)?;
                let size = source.metadata()?.len();
                target.set_len(size)?;
                pieces(size, |buf, offset| {
                    source.read_exact_at(buf, offset)?;
                    target.write_all_at(buf, offset)
                })
            }
            Which::Imago => {
                let image = imago::qcow2::Qcow2::<imago::file::File>::builder_path(&self.source);
                let image = FormatAccess::new(image.open(PermissiveImplicitOpenGate::default())?);
                let size = image.size();
                target.set_len(size)?;
                pieces(size, |buf, offset| {
                    image.read(&mut *buf, offset)?;
                    let zero = buf.iter().all(|&byte| byte == 0);
                    if zero { Ok(()) } else { target.write_all_at(buf, offset) }
                })
            }
        }
    }
}

/// Deals with all pieces by several threads.
fn pieces(size: u64, work: impl Fn(&mut [u8], u64) -> std::io::Result<()> + Sync) -> Result<()> {
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let run = || -> std::io::Result<()> {
            let mut buf = vec![0; 1 << 20];
            loop {
                let offset = next.fetch_add(PIECE, Ordering::Relaxed);
                if offset >= size {
                    return Ok(());
                }
                let len = usize::try_from(PIECE.min(size - offset)).expect("at most a piece");
                work(&mut buf[..len], offset)?;
            }
        };
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(run)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| "a thread panicked")?.map_err(Into::into))
    })
}
