//! The end of a stream: marker, grain directory, marker, footer, and the marker of the end.

use super::SECTOR;
use super::header::{AT_END, Header};
use super::marker::{DIRECTORY, END_OF_STREAM, FOOTER, Gap, Marker};
use storage::{Error, ReadAt, Result, read_array, read_vec};

/// Bytes from the footer's marker to the end of the file.
const FOOTER_LEN: u64 = 3 * SECTOR;

/// Most bytes between directory and footer: nobody leaves any.
const MAX_GAP: u64 = 64 << 10;

/// The end of a stream.
#[derive(Clone, Debug)]
pub(super) struct End {
    /// The header with what is known at the end only: where the directory is.
    pub(super) footer: Header,
    /// Sector of the directory's marker, behind the last grain and table.
    pub(super) start: u64,
}

impl End {
    /// The end of the stream that begins with `header`.
    pub(super) fn read(file: &dyn ReadAt, header: &Header) -> Result<Self> {
        let size = file.size();
        let at = size.checked_sub(FOOTER_LEN).filter(|at| at % SECTOR == 0 && *at > 0).unwrap_or(0);
        let cut = |what: &str| {
            let what = format!("VMDK stream: {what}; the file was cut short, or is not finished: transfer it again");
            Err(Error::corrupt(at, what))
        };
        if at == 0 {
            return cut("the file is not whole sectors");
        }
        if sector(file, at)? != (Marker::Metadata { kind: FOOTER, sectors: 1 }) {
            return cut("there is no footer at the end");
        }
        if sector(file, size - SECTOR)? != (Marker::Metadata { kind: END_OF_STREAM, sectors: 0 }) {
            return cut("the marker of its end is missing");
        }
        let footer = Header::parse(&read_array(file, at + SECTOR)?, at + SECTOR)?;
        Self::new(header, footer, at / SECTOR, |at| sector(file, at)).and_then(|end| end.check_gap(file, at))
    }

    /// That `footer`, whose marker is at sector `marker_at`, leads to a directory before it.
    fn new(header: &Header, footer: Header, marker_at: u64, read: impl Fn(u64) -> Result<Marker>) -> Result<Self> {
        let at = (marker_at + 1) * SECTOR;
        header.compare_footer(&footer, at)?;
        let sectors = header.directory_sectors();
        let end = footer.gd_offset.checked_add(sectors);
        if footer.gd_offset == AT_END || footer.gd_offset < 2 || end.is_none_or(|end| end > marker_at) {
            let what = format!("VMDK footer: the grain directory cannot be at sector {}", footer.gd_offset);
            return Err(Error::corrupt(at + 56, what));
        }
        let start = footer.gd_offset - 1;
        if read(start * SECTOR)? != (Marker::Metadata { kind: DIRECTORY, sectors }) {
            let what = format!("VMDK footer: there is no grain directory at sector {}", footer.gd_offset);
            return Err(Error::corrupt(at + 56, what));
        }
        Ok(End { footer, start })
    }

    /// That nothing stands between the directory and the footer's marker at byte `marker_at`.
    fn check_gap(self, file: &dyn ReadAt, marker_at: u64) -> Result<Self> {
        let start = (self.footer.gd_offset + self.footer.directory_sectors()) * SECTOR;
        if marker_at - start > MAX_GAP {
            let what = format!("VMDK footer: {} bytes lie between it and the grain directory", marker_at - start);
            return Err(Error::corrupt(start, what));
        }
        Gap::new(start).check(&read_vec(file, start, marker_at - start)?)?;
        Ok(self)
    }
}

fn sector(file: &dyn ReadAt, at: u64) -> Result<Marker> {
    Ok(Marker::parse(&read_array::<512>(file, at)?))
}
