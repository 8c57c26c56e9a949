//! Files that the Windows Overlay Filter compresses: those of Windows itself, with CompactOS.
//!
//! Specification: [MS-FSCC] 2.1.2 for the reparse point, `wof.h` of Windows for what is in it. The file's own data is a
//! hole of the right size; a stream `WofCompressedData` has a table of where each chunk but the first begins, and the
//! chunks, each by itself. A chunk that did not become shorter is as it was. Not supported: files that are kept in an image
//! elsewhere (WIMBoot).

use super::stream::Stream;
use super::{lzx, xpress};
use crate::field::{le32, le64, zeros};
use storage::{Error, ReadAt, Result, to_usize};

/// The stream with the chunks.
pub(super) const STREAM: &str = "WofCompressedData";
/// Who keeps the content: a file's own stream.
const PROVIDER_FILE: u32 = 2;

/// How a file is compressed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Method {
    /// Bytes in a chunk.
    chunk: u64,
    unpack: Unpack,
}

type Unpack = fn(&[u8], &mut [u8]) -> Option<()>;

/// By the bytes of a reparse point.
pub(super) fn method(point: &[u8]) -> Result<Method> {
    let unknown = |what: String| Err(Error::unsupported(format!("NTFS: its content is compressed (WOF) {what}")));
    let Some(words) = point.get(8..24) else { return unknown("in a way that is not said".to_owned()) };
    if le32(words, 4) != PROVIDER_FILE {
        return unknown("and kept in an image elsewhere, which is not read".to_owned());
    }
    match le32(words, 12) {
        0 => Ok(Method { chunk: 4096, unpack: xpress::unpack }),
        1 => Ok(Method { chunk: lzx::CHUNK as u64, unpack: lzx::unpack }),
        2 => Ok(Method { chunk: 8192, unpack: xpress::unpack }),
        3 => Ok(Method { chunk: 16384, unpack: xpress::unpack }),
        other => unknown(format!("with method {other}, which is not read")),
    }
}

/// The first `len` bytes of a file of `size` bytes; who calls has held `len` to a limit.
pub(super) fn read(volume: &dyn ReadAt, method: Method, packed: &Stream, size: u64, len: u64) -> Result<Vec<u8>> {
    let damaged = |what| Error::corrupt(packed.place(0).unwrap_or(0), format!("NTFS: compressed content (WOF) {what}"));
    let chunks = size.div_ceil(method.chunk);
    let entry = if size > u32::MAX.into() { 8 } else { 4 };
    let table_len = chunks.saturating_sub(1).checked_mul(entry).filter(|&len| len <= packed.size);
    let table_len = table_len.ok_or_else(|| damaged("is shorter than its table"))?;
    let needed = len.div_ceil(method.chunk);
    let table = packed.read(volume, 0, needed.min(chunks.saturating_sub(1)) * entry)?;
    let ends = table.chunks_exact(to_usize(entry)?);
    let ends = ends.map(|end| if entry == 8 { le64(end, 0) } else { le32(end, 0).into() });
    let mut content = zeros(len)?;
    let (mut start, mut chunk) = (0, vec![0; to_usize(method.chunk)?]);
    for (number, (end, to)) in
        ends.chain([packed.size - table_len]).zip(content.chunks_mut(to_usize(method.chunk)?)).enumerate()
    {
        let whole = method.chunk.min(size - number as u64 * method.chunk);
        let packed_len = end.checked_sub(start).filter(|len| (1..=whole).contains(len));
        let packed_len = packed_len.ok_or_else(|| damaged("has a chunk of no possible size"))?;
        let bytes = packed.read(volume, table_len + start, packed_len)?;
        let whole = &mut chunk[..to_usize(whole)?];
        match bytes.len() == whole.len() {
            true => whole.copy_from_slice(&bytes),
            false => (method.unpack)(&bytes, whole).ok_or_else(|| damaged("is damaged"))?,
        }
        to.copy_from_slice(&whole[..to.len()]);
        start = end;
    }
    Ok(content)
}
