//! The two lz4 formats.
//!
//! Legacy, the one that Linux unpacks: `02 21 4C 18`, then blocks of a little-endian length and that many bytes, each
//! of which unpacks to 8 MiB, the last to less. There is no end mark and no checksum: a length that no block can have
//! ends the frame. Source: lz4_Frame_format.md "Legacy frame", Linux lib/decompress_unlz4.c.
//!
//! Modern, magic `04 22 4D 18`: written by `lz4` without `-l`; tools read it, Linux does not.

use lz4_flex::block::{decompress_into, get_maximum_output_size};
use lz4_flex::frame::FrameDecoder;
use std::io::{self, BufRead, ErrorKind, Read};

/// First bytes of a legacy frame; may be repeated between its blocks.
pub(crate) const LEGACY_MAGIC: [u8; 4] = [0x02, 0x21, 0x4c, 0x18];

/// Unpacked size of each legacy block but the last.
const LEGACY_BLOCK: usize = 8 << 20;

/// Opens a legacy frame.
pub(crate) fn legacy<'a>(rest: &'a mut &[u8]) -> io::Result<Box<dyn BufRead + 'a>> {
    Ok(Box::new(Legacy { rest, block: vec![0; LEGACY_BLOCK], end: 0, read: 0 }))
}

struct Legacy<'a, 'b> {
    rest: &'a mut &'b [u8],
    /// The last unpacked block lies in its first `end` bytes; `read` of them were taken.
    block: Vec<u8>,
    end: usize,
    read: usize,
}

impl Legacy<'_, '_> {
    /// Unpacks the next block; false at the end of the frame.
    fn next_block(&mut self) -> io::Result<bool> {
        while self.rest.starts_with(&LEGACY_MAGIC) {
            *self.rest = &self.rest[4..];
        }
        let Some((len, after)) = self.rest.split_first_chunk::<4>() else {
            return if self.rest.iter().all(|&byte| byte == 0) { Ok(false) } else { Err(cut_off()) };
        };
        let len = usize::try_from(u32::from_le_bytes(*len)).unwrap_or(usize::MAX);
        if len == 0 || len > get_maximum_output_size(LEGACY_BLOCK) {
            return Ok(false);
        }
        let (packed, after) = after.split_at_checked(len).ok_or_else(cut_off)?;
        self.end = decompress_into(packed, &mut self.block)
            .map_err(|error| io::Error::new(ErrorKind::InvalidData, format!("a damaged lz4 block: {error}")))?;
        self.read = 0;
        *self.rest = after;
        Ok(true)
    }
}

fn cut_off() -> io::Error {
    io::Error::new(ErrorKind::UnexpectedEof, "the lz4 frame is cut off")
}

impl BufRead for Legacy<'_, '_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.read == self.end && self.next_block()? {}
        Ok(&self.block[self.read..self.end])
    }

    fn consume(&mut self, len: usize) {
        self.read += len;
    }
}

impl Read for Legacy<'_, '_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let len = self.fill_buf()?.read(buf)?;
        self.consume(len);
        Ok(len)
    }
}

/// Opens a modern frame.
pub(crate) fn frame<'a>(rest: &'a mut &[u8]) -> io::Result<Box<dyn BufRead + 'a>> {
    let all = *rest;
    Ok(Box::new(Frame { all, decoder: FrameDecoder::new(rest), ended: false }))
}

/// A modern frame whose end is checked: [`FrameDecoder`] takes a missing end mark for the end.
struct Frame<'a, 'b> {
    all: &'b [u8],
    decoder: FrameDecoder<&'a mut &'b [u8]>,
    /// Asked again after the end, the decoder would begin with what follows.
    ended: bool,
}

impl Frame<'_, '_> {
    /// Whether what was read ends with the mark of four zeros, and the checksum that the flags announce.
    fn is_whole(&self) -> bool {
        let frame = &self.all[..self.all.len() - self.decoder.get_ref().len()];
        let checksum = if frame.get(4).is_some_and(|flags| flags & 4 != 0) { 4 } else { 0 };
        let mark = frame.len().checked_sub(checksum + 4).and_then(|at| frame.get(at..at + 4));
        frame.len() >= 11 + checksum && mark == Some(&[0; 4])
    }
}

impl BufRead for Frame<'_, '_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if !self.ended && self.decoder.fill_buf()?.is_empty() {
            self.ended = true;
            if !self.is_whole() {
                return Err(cut_off());
            }
        }
        if self.ended { Ok(&[]) } else { self.decoder.fill_buf() }
    }

    fn consume(&mut self, len: usize) {
        self.decoder.consume(len);
    }
}

impl Read for Frame<'_, '_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let len = self.fill_buf()?.read(buf)?;
        self.consume(len);
        Ok(len)
    }
}
