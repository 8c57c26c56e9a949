//! ISO 9660 and UDF: descriptors of 2 KiB from byte 32768 on.
//!
//! Specification: ECMA-119 section 8, ECMA-167 part 2. Of UDF only the presence is told.

use crate::field::{be_units, label, label_utf16, le16, le32};
use crate::tree::Info;
use storage::{ReadAt, Result};

const DESCRIPTOR: usize = 2048;
const PRIMARY: u8 = 1;
const SUPPLEMENTARY: u8 = 2;

/// Whether a sequence of descriptors names UDF beside or instead of ISO 9660. With larger blocks they lie further apart.
pub(super) fn is_udf(b: &[u8]) -> bool {
    let names = |step| descriptors(b, step).any(|descriptor| matches!(&descriptor[1..6], b"NSR02" | b"NSR03"));
    names(DESCRIPTOR) || names(2 * DESCRIPTOR)
}

/// Descriptors, `step` bytes from each to the next, up to the first that is none.
fn descriptors(b: &[u8], step: usize) -> impl Iterator<Item = &[u8]> {
    let known: [&[u8]; 7] = [b"CD001", b"BEA01", b"NSR02", b"NSR03", b"TEA01", b"BOOT2", b"CDW02"];
    b.chunks_exact(step).take_while(move |descriptor| known.contains(&&descriptor[1..6]))
}

/// Label (Joliet's, unless it is only the beginning of the other), date of making as `UUID=`, size.
pub(super) fn fill_iso(_: &dyn ReadAt, b: &[u8], info: &mut Info) -> Result<()> {
    for descriptor in descriptors(b, DESCRIPTOR) {
        match descriptor[0] {
            PRIMARY => {
                info.label = label(&descriptor[40..72]);
                info.size = Some(u64::from(le32(descriptor, 80)) * u64::from(le16(descriptor, 128)));
                info.uuid = date(&descriptor[830..846]).or_else(|| date(&descriptor[813..829]));
            }
            SUPPLEMENTARY if matches!(&descriptor[88..91], b"%/@" | b"%/C" | b"%/E") => {
                let (joliet, plain) = (label_utf16(be_units(&descriptor[40..72])), info.label.take());
                info.label = match (joliet, plain) {
                    (Some(joliet), Some(plain)) if plain.starts_with(&joliet) => Some(plain),
                    (joliet, plain) => joliet.or(plain),
                };
            }
            _ => {}
        }
    }
    Ok(())
}

/// Sixteen digits as `2012-08-17-11-24-56-00`.
fn date(digits: &[u8]) -> Option<String> {
    if !digits.iter().all(u8::is_ascii_digit) || digits.iter().all(|&digit| digit == b'0') {
        return None;
    }
    let text = String::from_utf8_lossy(digits);
    let parts = [&text[..4], &text[4..6], &text[6..8], &text[8..10], &text[10..12], &text[12..14], &text[14..16]];
    Some(parts.join("-"))
}
