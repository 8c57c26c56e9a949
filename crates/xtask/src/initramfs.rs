//! An initramfs with files taken out: cpio in the format of the kernel's documentation (newc), compressed by zstd.
//!
//! Archives in front of the compressed one (microcode) are kept. Not supported: other compressions.

use crate::Result;
use std::io::Write;
use std::process::{Command, Stdio};

/// Length of the header of an entry: a magic number and 13 fields of 8 hexadecimal digits.
const HEADER: usize = 110;

/// What a frame of zstd begins with.
const ZSTD: [u8; 4] = 0xFD2F_B528_u32.to_le_bytes();

/// Takes the files out whose name `unwanted` knows, of which there must be some.
pub(crate) fn without(packed: &[u8], unwanted: impl Fn(&str) -> bool) -> Result<Vec<u8>> {
    let start = packed.windows(ZSTD.len()).position(|bytes| bytes == ZSTD).ok_or("the initramfs is not of zstd")?;
    let (early, packed) = packed.split_at(start);
    let plain = pipe(&["-dcq"], packed)?;
    let kept = filter(&plain, unwanted)?;
    if kept.len() == plain.len() {
        return Err("nothing was taken out of the initramfs".into());
    }
    Ok([early, &pipe(&["-cq", "-3"], &kept)?].concat())
}

/// The archive without those entries.
fn filter(cpio: &[u8], unwanted: impl Fn(&str) -> bool) -> Result<Vec<u8>> {
    let mut kept = Vec::with_capacity(cpio.len());
    let mut at = 0;
    loop {
        let header = cpio.get(at..at + HEADER).ok_or("the archive has no end")?;
        let size = field(header, 6)?;
        let name_length = field(header, 11)?;
        let data = (at + HEADER + name_length).next_multiple_of(4);
        let next = (data + size).next_multiple_of(4);
        let name = cpio.get(at + HEADER..(at + HEADER + name_length).saturating_sub(1)).ok_or("a name is cut off")?;
        let entry = cpio.get(at..next).ok_or("a file is cut off")?;
        if !unwanted(std::str::from_utf8(name)?) {
            kept.extend_from_slice(entry);
        }
        if name == b"TRAILER!!!" {
            return Ok(kept);
        }
        at = next;
    }
}

fn field(header: &[u8], number: usize) -> Result<usize> {
    let start = 6 + number * 8;
    Ok(usize::from_str_radix(std::str::from_utf8(&header[start..start + 8])?, 16)?)
}

/// What zstd makes of bytes.
fn pipe(arguments: &[&str], bytes: &[u8]) -> Result<Vec<u8>> {
    let mut zstd = Command::new("zstd").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut stdin = zstd.stdin.take().ok_or("zstd has no input")?;
    let done = std::thread::scope(|scope| {
        let writer = scope.spawn(move || stdin.write_all(bytes));
        let done = zstd.wait_with_output();
        writer.join().map_err(|_| "a thread panicked")??;
        Ok::<_, Box<dyn std::error::Error>>(done?)
    })?;
    if done.status.success() { Ok(done.stdout) } else { Err(format!("zstd: {}", done.status).into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, data: &[u8]) -> Vec<u8> {
        let mut fields = [0; 13];
        (fields[6], fields[11]) = (data.len(), name.len() + 1);
        let mut bytes = b"070701".to_vec();
        for field in fields {
            bytes.extend(format!("{field:08x}").into_bytes());
        }
        bytes.extend(name.as_bytes());
        bytes.push(0);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes.extend(data);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    #[test]
    fn takes_out_what_is_unwanted() {
        let (keep, drop, end) = (entry("keep", b"12345"), entry("drop.ko", b"123"), entry("TRAILER!!!", b""));
        let archive = [keep.clone(), drop, end.clone()].concat();
        assert_eq!(filter(&archive, |name| name.ends_with(".ko")).unwrap(), [keep, end].concat());
    }

    #[test]
    fn an_archive_that_is_cut_off_is_an_error() {
        let archive = entry("keep", b"12345");
        assert!(filter(&archive, |_| false).is_err());
        assert!(filter(&archive[..archive.len() - 8], |_| false).is_err());
    }
}
