//! Writing streams (`streamOptimized`): the file is only ever added to, so that it may be a pipe.
//!
//! Header and descriptor, then grains in the order of the disk, each table behind its last grain, then directory,
//! footer and the marker of the end. Grains of zeros are not stored. The last grain is filled up with zeros.

mod output;
mod packed;
mod text;

use super::header::Header;
use super::{MAX_SECTORS, NAME, SECTOR};
use crate::CreateOptions;
use crate::options::Options;
use output::Output;
use packed::{Packed, When};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use storage::{Error, Result, Turn, WriteAt, check_range};

/// Bytes of a grain, as of all programs.
const GRAIN: u64 = 64 << 10;

/// Where the descriptor stands, and its length, in sectors.
const DESCRIPTOR: (u64, u64) = (1, 20);

/// Sectors before the first grain: one grain.
const OVER_HEAD: u64 = GRAIN / SECTOR;

/// By qemu-img's names.
pub(super) const OPTIONS: &[(&str, &str)] = &[
    ("subformat", "streamOptimized, which is the default and the only one"),
    ("adapter_type", "lsilogic (default), ide, buslogic or legacyESX"),
    ("hwversion", "version of VMware's virtual hardware, default 4"),
];

pub(super) fn create(file: Arc<dyn WriteAt>, options: &CreateOptions) -> Result<Box<dyn WriteAt>> {
    let given = Options::new(options, NAME, OPTIONS)?;
    given.choose("subformat", &[("streamOptimized", ())])?;
    let adapters = ["lsilogic", "ide", "buslogic", "legacyESX"].map(|name| (name, name));
    let adapter = given.choose("adapter_type", &adapters)?;
    let hardware = given.get("hwversion").unwrap_or("4");
    if hardware.is_empty() || hardware.len() > 3 || !hardware.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::unsupported(format!(
            "hwversion={hardware} is not possible; write a number such as 4 or 21"
        )));
    }
    let sectors = options.size / SECTOR;
    if !options.size.is_multiple_of(SECTOR) || sectors > MAX_SECTORS {
        return Err(Error::unsupported(format!(
            "a VMDK is whole sectors of {SECTOR} bytes long, and {} is not; pad the disk with zeros first",
            options.size
        )));
    }
    let header = Header::of_stream(sectors, GRAIN / SECTOR, DESCRIPTOR, OVER_HEAD);
    // A reader takes the limits of a header for damage; better not to write one that it refuses.
    Header::parse(&header.to_bytes(), 0)
        .map_err(|_| Error::unsupported(format!("a VMDK of {} bytes would be too large", options.size)))?;
    let mut head = header.to_bytes().to_vec();
    head.extend_from_slice(text::descriptor(sectors, adapter, hardware).as_bytes());
    head.resize(usize::try_from(OVER_HEAD * SECTOR).expect("a grain is small"), 0);
    file.write_at(&head, 0)?;
    Ok(Box::new(Stream { size: options.size, output: Mutex::new(Output::new(file, header, OVER_HEAD)) }))
}

struct Stream {
    size: u64,
    output: Mutex<Output>,
}

impl Stream {
    fn output(&self) -> MutexGuard<'_, Output> {
        self.output.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check(&self, range: Range<u64>) -> Result<()> {
        check_range(self.size, range.start, range.end.saturating_sub(range.start))
    }

    fn write(&self, pieces: &[(u64, &[u8])], when: When, turn: &dyn Turn) -> Result<()> {
        for &(offset, bytes) in pieces {
            check_range(self.size, offset, bytes.len() as u64)?;
        }
        let packed = Packed::new(pieces, self.size, when)?;
        // The grains have their places in the order of writing, which is that of the disk: who writes takes turns.
        turn.take(&mut || self.output().add(&packed))
    }
}

impl WriteAt for Stream {
    fn write_at(&self, buf: &[u8], offset: u64) -> Result<()> {
        self.write(&[(offset, buf)], When::Whole, &())
    }

    fn write_segment(&self, pieces: &[(u64, &[u8])], turn: &dyn Turn) -> Result<()> {
        self.write(pieces, When::Now, turn)
    }

    fn zero_at(&self, range: Range<u64>) -> Result<()> {
        self.check(range.clone())?;
        self.output().zero(range)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.output.into_inner().unwrap_or_else(PoisonError::into_inner).finish()
    }
}
