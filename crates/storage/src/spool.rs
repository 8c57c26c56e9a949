//! A stream into a file, so that it can be read at any place.

use crate::{Error, NewFile, Result, WriteAt, is_zero};
use std::io::Read;

/// Bytes read before they are written.
const STEP: usize = 1 << 20;

/// Aligned blocks of zeros of this length become holes.
const BLOCK: usize = 4096;

/// Writes all of `input` to `into` from the first byte; blocks of zeros become holes. The bytes that the stream had.
///
/// More than `limit` bytes are an error of kind Refused. Asks `stop` before every megabyte; the error of a stop
/// [is interrupted](Error::is_interrupted).
pub fn spool(input: &mut dyn Read, limit: u64, into: &NewFile, stop: &dyn Fn() -> bool) -> Result<u64> {
    let mut buffer = vec![0; STEP];
    let mut at = 0u64;
    loop {
        if stop() {
            return Err(Error::interrupted());
        }
        let len = fill(input, &mut buffer).map_err(|error| error.within(format!("the stream, after {at} bytes")))?;
        if len == 0 {
            break;
        }
        if len as u64 > limit.saturating_sub(at) {
            return Err(Error::refused(format!("the stream is longer than {limit} bytes, which is the limit")));
        }
        write_data(&buffer[..len], at, into)?;
        at += len as u64;
    }
    into.set_len(at)?;
    Ok(at)
}

/// Reads until `buffer` is full or the stream ends; how much that was.
fn fill(input: &mut dyn Read, buffer: &mut [u8]) -> Result<usize> {
    let mut len = 0;
    while len < buffer.len() {
        match input.read(&mut buffer[len..]) {
            Ok(0) => break,
            Ok(n) => len += n,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(len)
}

/// Writes the blocks that are not zeros, neighbours together.
fn write_data(bytes: &[u8], offset: u64, into: &NewFile) -> Result<()> {
    let mut blocks = bytes.chunks(BLOCK).map(|block| (block.len(), is_zero(block))).peekable();
    let mut at = 0;
    while let Some((mut len, zero)) = blocks.next() {
        while let Some((more, _)) = blocks.next_if(|(_, next)| *next == zero) {
            len += more;
        }
        if !zero {
            into.write_at(&bytes[at..at + len], offset + at as u64)?;
        }
        at += len;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorKind, Extents, ReadAt, read_vec};
    use std::cell::Cell;

    /// Gives its bytes in pieces of odd lengths, with interruptions.
    struct Pieces<'a>(&'a [u8], usize);
    impl Read for Pieces<'_> {
        fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
            self.1 += 1;
            if self.1.is_multiple_of(7) {
                return Err(std::io::ErrorKind::Interrupted.into());
            }
            let len = self.0.len().min(buf.len()).min(1 + self.1 * 997);
            buf[..len].copy_from_slice(&self.0[..len]);
            self.0 = &self.0[len..];
            Ok(len)
        }
    }

    fn scratch() -> NewFile {
        NewFile::scratch(std::env::temp_dir()).unwrap()
    }

    #[test]
    fn holds_what_came_with_holes_for_zeros() {
        for len in [0, 1, 4096, 1 << 20, (1 << 20) + 1, 5_000_000] {
            let mut bytes = vec![0; len];
            bytes.iter_mut().step_by(1_500_000).for_each(|byte| *byte = 1);
            let file = scratch();
            assert_eq!(spool(&mut Pieces(&bytes, 0), len as u64, &file, &|| false).unwrap(), len as u64);
            assert_eq!(file.size(), len as u64);
            assert!(read_vec(&file, 0, len as u64).unwrap() == bytes);
            let data: u64 =
                Extents::new(&file).map(|run| run.unwrap()).filter(|run| run.is_data()).map(|run| run.size()).sum();
            assert!(data <= 4 * 65_536, "{data}");
        }
    }

    #[test]
    fn the_limit_is_named() {
        let error = spool(&mut &[1u8; 5000][..], 4999, &scratch(), &|| false).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert!(error.to_string().contains("4999"), "{error}");
        let mut endless = std::io::repeat(0);
        assert!(spool(&mut endless, 10 << 20, &scratch(), &|| false).is_err());
    }

    #[test]
    fn stops_and_failures_come_out() {
        let left = Cell::new(3);
        let stop = || left.replace(left.get() - 1) == 0;
        assert!(spool(&mut std::io::repeat(1), u64::MAX, &scratch(), &stop).unwrap_err().is_interrupted());
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(Error::corrupt(7, "bad block").into())
            }
        }
        let error = spool(&mut Broken, 10, &scratch(), &|| false).unwrap_err();
        assert_eq!((error.kind(), error.offset()), (ErrorKind::Corrupt, Some(7)));
    }

    #[test]
    fn a_full_disk_is_exhaustion() {
        // Past the largest file there is.
        let file = scratch();
        let error = file.write_at(&[1], i64::MAX as u64 - 10).map(|()| file.set_len(1 << 62)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
    }
}
