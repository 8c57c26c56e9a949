//! Raw: the file is the disk, byte for byte.
//!
//! Nothing marks a raw image, so raw is what bears no format's marks. A guest can write any header into its own first
//! sector; such a disk is opened as raw only where the caller says so, and then noted.

use crate::options::Options;
use crate::signatures::{Ends, disk_marks};
use crate::zeros::write_zeros;
use crate::{CreateOptions, Disk, Format, Info, Mapping, Opener, Ranges, probe, vhd};
use std::ops::Range;
use std::sync::Arc;
use storage::{Error, Extent, ReadAt, Result, Source, State, Turn, WriteAt, check_range};

pub(crate) const NAME: &str = "raw";

/// What `create` knows, and what it is.
const OPTIONS: &[(&str, &str)] =
    &[("preallocation", "falloc, full: the whole disk is written with zeros first (default off)")];

const SECTOR: u64 = 512;

/// Largest disk: offsets in files are signed.
const MAX_SIZE: u64 = i64::MAX as u64;

/// The format.
#[derive(Debug)]
pub(crate) struct Driver;

impl Format for Driver {
    fn name(&self) -> &'static str {
        NAME
    }

    /// A partition table or filesystem where a disk has it, or what may be the footer of a former VHD.
    fn probe(&self, file: &dyn ReadAt) -> Result<bool> {
        match vhd::fixed_footer(file)? {
            // The start is the guest's, whatever stands there.
            Some(true) => Ok(false),
            Some(false) => Ok(true),
            None => Ok(disk_marks(&Ends::read(file)?).is_some()),
        }
    }

    fn info(&self, file: &dyn ReadAt) -> Result<Info> {
        let mut notes = Vec::new();
        let size = file.size();
        if !size.is_multiple_of(SECTOR) {
            notes.push(format!("the file is {size} bytes long, which is not a multiple of {SECTOR}"));
        }
        for name in probe(file)?.formats {
            notes.push(match name {
                NAME => continue,
                "iso" => "the file is optical media, such as an installer, read as a disk".to_owned(),
                _ => format!("the file looks like {name}, and is read as raw all the same"),
            });
        }
        Ok(Info { format: NAME, virtual_size: size, notes, ..Info::default() })
    }

    fn open(&self, file: Source, _: &dyn Opener) -> Result<Arc<dyn Disk>> {
        Ok(Arc::new(Raw { info: self.info(&file)?, file }))
    }

    fn options(&self) -> &'static [(&'static str, &'static str)] {
        OPTIONS
    }

    fn measure(&self, options: &CreateOptions, _: &mut Ranges<'_>) -> Result<u64> {
        Ok(options.size)
    }

    fn create(&self, file: Arc<dyn WriteAt>, options: &CreateOptions) -> Result<Box<dyn WriteAt>> {
        Options::refuse_compression(options, NAME)?;
        let full = Options::new(options, NAME, OPTIONS)?
            .choose("preallocation", &[("off", false), ("falloc", true), ("full", true)])?;
        if options.size > MAX_SIZE {
            return Err(Error::unsupported(format!("a file cannot be {} bytes long", options.size)));
        }
        if let Some(last) = options.size.checked_sub(1) {
            // Gives the file its length, now: threads that write into a file of fixed length do not wait for another.
            file.write_at(&[0], last)?;
        }
        if full {
            write_zeros(&*file, 0..options.size)?;
        }
        Ok(Box::new(Writer { file, size: options.size }))
    }
}

#[derive(Debug)]
struct Raw {
    info: Info,
    file: Source,
}

impl ReadAt for Raw {
    fn size(&self) -> u64 {
        self.info.virtual_size
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        self.file.read_at(buf, offset)
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        self.file.extent_at(offset)
    }
}

impl Disk for Raw {
    fn info(&self) -> &Info {
        &self.info
    }

    /// A hole is as present as data: it is known to be zeros.
    fn mapping_at(&self, offset: u64) -> Result<Mapping> {
        let Extent { range, state } = self.extent_at(offset)?;
        let state = if state == State::Data { state } else { State::Zero };
        Ok(Mapping { offset: Some(offset), ..Mapping::of(Extent { range, state }) })
    }
}

struct Writer {
    file: Arc<dyn WriteAt>,
    size: u64,
}

impl WriteAt for Writer {
    fn write_at(&self, buf: &[u8], offset: u64) -> Result<()> {
        check_range(self.size, offset, buf.len() as u64)?;
        self.file.write_at(buf, offset)
    }

    /// The order of the disk is that of the file, which may have a use for turns.
    fn write_segment(&self, pieces: &[(u64, &[u8])], turn: &dyn Turn) -> Result<()> {
        pieces.iter().try_for_each(|(offset, bytes)| check_range(self.size, *offset, bytes.len() as u64))?;
        self.file.write_segment(pieces, turn)
    }

    fn zero_at(&self, range: Range<u64>) -> Result<()> {
        check_range(self.size, range.start, range.end.saturating_sub(range.start))?;
        self.file.zero_at(range)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}
