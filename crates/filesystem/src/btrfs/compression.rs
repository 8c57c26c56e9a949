//! Compressed extents: zlib, LZO and zstd, by the crates `flate2` and `zstd` and [`lzo`](super::lzo).
//!
//! An extent is one stream that may be followed by padding; LZO is cut into segments of one sector of content each.

use super::lzo;
use crate::field::le32;
use storage::{Error, Result, to_usize};

/// Content of the longest compressed extent: Linux makes none above 128 KiB (`BTRFS_MAX_UNCOMPRESSED`).
pub(super) const MAX_CONTENT: u64 = 1 << 20;

/// The largest window of zstd that Linux reads here (`ZSTD_BTRFS_MAX_WINDOWLOG`), as a power of two.
const WINDOW_LOG: u32 = 17;

/// Bytes in front of every LZO segment, and of them all.
const LZO_LENGTH: usize = 4;

/// The content of an extent, filled up with zeros to `len` bytes.
pub(super) fn decode(method: u8, bytes: &[u8], len: u64, sector: u64) -> Result<Vec<u8>> {
    if len > MAX_CONTENT {
        return Err(Error::corrupt(0, format!("a compressed extent claims to hold {len} bytes")));
    }
    let len = to_usize(len)?;
    let mut content = match method {
        1 => zlib(bytes, len),
        2 => lzo(bytes, len, to_usize(sector)?),
        3 => zstd(bytes, len),
        other => return Err(Error::unsupported(format!("btrfs: compression of type {other} is not read here"))),
    }?;
    content.resize(len, 0);
    Ok(content)
}

fn zlib(bytes: &[u8], len: usize) -> Result<Vec<u8>> {
    let mut content = Vec::with_capacity(len);
    // A stream that would go on is cut: what is asked for is there.
    let result = flate2::Decompress::new(true).decompress_vec(bytes, &mut content, flate2::FlushDecompress::Finish);
    match result {
        Ok(flate2::Status::StreamEnd) => Ok(content),
        Ok(_) if content.len() == len => Ok(content),
        Ok(_) => Err(Error::corrupt(0, "zlib: the data ends before the stream does")),
        Err(error) => Err(Error::corrupt(0, format!("zlib: {error}"))),
    }
}

fn zstd(bytes: &[u8], len: usize) -> Result<Vec<u8>> {
    use std::io::Read as _;
    let damaged = |error: std::io::Error| Error::corrupt(0, format!("zstd: {error}"));
    let mut decoder = zstd::stream::read::Decoder::with_buffer(bytes).map_err(damaged)?.single_frame();
    decoder.window_log_max(WINDOW_LOG).map_err(damaged)?;
    let mut content = Vec::with_capacity(len);
    decoder.take(len as u64).read_to_end(&mut content).map_err(damaged)?;
    Ok(content)
}

fn lzo(bytes: &[u8], len: usize, sector: usize) -> Result<Vec<u8>> {
    let damaged = || Error::corrupt(0, "LZO: the lengths of an extent's segments do not fit it");
    let total = if bytes.len() < LZO_LENGTH { 0 } else { to_usize(le32(bytes, 0).into())? };
    let bytes = bytes.get(..total).filter(|_| total >= LZO_LENGTH).ok_or_else(damaged)?;
    let mut content = Vec::with_capacity(len);
    let mut at = LZO_LENGTH;
    while content.len() < len && at < total {
        // No length lies across two sectors.
        let left = sector - at % sector;
        if left < LZO_LENGTH {
            at += left;
        }
        let header = bytes.get(at..).filter(|rest| rest.len() >= LZO_LENGTH).ok_or_else(damaged)?;
        let segment = to_usize(le32(header, 0).into())?;
        at += LZO_LENGTH;
        let end = at.checked_add(segment).ok_or_else(damaged)?;
        lzo::decode(bytes.get(at..end).ok_or_else(damaged)?, sector, &mut content)?;
        at = end;
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_with_padding_are_read_and_filled_up() {
        let content = b"content ".repeat(500);
        let mut zstd = zstd::bulk::compress(&content, 3).unwrap();
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, &content).unwrap();
        let mut zlib = encoder.finish().unwrap();
        for (method, stream) in [(1, &mut zlib), (3, &mut zstd)] {
            let half = stream[..stream.len() / 2].to_vec();
            stream.resize(4096, 0);
            let decoded = decode(method, stream, 8192, 4096).unwrap();
            assert!(decoded[..4000] == content && storage::is_zero(&decoded[4000..]) && decoded.len() == 8192);
            assert_eq!(decode(method, stream, 100, 4096).unwrap(), content[..100]);
            assert!(decode(method, &half, 8192, 4096).is_err(), "{method}");
        }
        assert!(decode(4, &zlib, 10, 4096).is_err() && decode(1, &zlib, MAX_CONTENT + 1, 4096).is_err());
    }

    #[test]
    fn segments_of_lzo_do_not_lie_outside() {
        let segment = [17 + 4, b'a', b'b', b'c', b'd', 0x11, 0, 0];
        let stream = |total: u32, len: u32| [&total.to_le_bytes()[..], &len.to_le_bytes(), &segment, &[0; 50]].concat();
        assert_eq!(decode(2, &stream(16, 8), 6, 4096).unwrap(), b"abcd\0\0");
        for (total, len) in [(16, 9), (15, 8), (67, 8), (16, u32::MAX), (2, 8)] {
            assert!(decode(2, &stream(total, len), 6, 4096).is_err(), "{total} {len}");
        }
    }
}
