//! Disks to measure with: a filesystem full of real files.

use crate::Result;
use crate::process::output;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const SEED: u64 = 0x626f_6f74_776f_7274;

/// Where the disks are made, and of what.
#[derive(Debug)]
pub(crate) struct Data {
    pub(crate) directory: PathBuf,
    pub(crate) files: PathBuf,
    pub(crate) size: u64,
}

impl Data {
    /// An ext4 with a copy of the files.
    pub(crate) fn filesystem(&self, path: &Path) -> Result<()> {
        let blocks = format!("{}k", self.size >> 10);
        let mut mke2fs = Command::new("mke2fs");
        mke2fs.args(["-q", "-F", "-t", "ext4", "-U", "00000000-0000-4000-8000-000000000001", "-d"]).arg(&self.files);
        output(mke2fs.arg(path).arg(blocks))?;
        Ok(())
    }

    /// A qcow2 of `raw` whose clusters were written in pieces of 1 MiB in no order (splitmix64 from a fixed seed).
    pub(crate) fn fragmented(&self, raw: &Path, path: &Path) -> Result<()> {
        const PIECE: u64 = 1 << 20;
        let pieces = self.size / PIECE;
        let mut order: Vec<_> = (0..pieces).collect();
        let mut state = SEED;
        for i in (1..pieces).rev() {
            let j = next(&mut state) % (i + 1);
            order.swap(usize::try_from(i)?, usize::try_from(j)?);
        }
        output(Command::new("qemu-img").args(["create", "-f", "qcow2"]).arg(path).arg(self.size.to_string()))?;
        let source = File::open(raw)?;
        let piece_file = path.with_extension("piece");
        // qemu-io writes what a file holds, at any place; zeros are left out, as they would be.
        for group in order.chunks(64) {
            let mut qemu_io = Command::new("qemu-io");
            for (i, &number) in group.iter().enumerate() {
                let mut bytes = vec![0; usize::try_from(PIECE)?];
                source.read_exact_at(&mut bytes, number * PIECE)?;
                if bytes.iter().all(|&byte| byte == 0) {
                    continue;
                }
                let name = piece_file.with_extension(i.to_string());
                std::fs::write(&name, &bytes)?;
                qemu_io.args(["-c", &format!("write -s {} {} {PIECE}", name.display(), number * PIECE)]);
            }
            output(qemu_io.args(["-f", "qcow2"]).arg(path))?;
        }
        (0..64).for_each(|i| drop(std::fs::remove_file(piece_file.with_extension(i.to_string()))));
        Ok(())
    }
}

fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// `4G`, `512M`, `1T` or plain bytes.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    let (digits, shift) = match text.bytes().last() {
        Some(b'K' | b'k') => (&text[..text.len() - 1], 10),
        Some(b'M' | b'm') => (&text[..text.len() - 1], 20),
        Some(b'G' | b'g') => (&text[..text.len() - 1], 30),
        Some(b'T' | b't') => (&text[..text.len() - 1], 40),
        _ => (text, 0),
    };
    let number: u64 = digits.parse().map_err(|_| format!("{text:?} is no size"))?;
    number.checked_mul(1 << shift).ok_or_else(|| format!("{text:?} is too large"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(parse_size("4G"), Ok(4 << 30));
        assert_eq!(parse_size("512"), Ok(512));
        assert!(parse_size("G").is_err() && parse_size("99999999T").is_err());
    }
}
