//! What loads a program: the interpreter that an ELF file names (PT_INTERP), with whose C library it runs.
//!
//! ELF-64 and ELF-32, little-endian (System V ABI, chapters 4 and 5). What is linked statically names none.

use crate::look::{Gap, Look, Outcome as _, first};
use crate::passwords::LIBRARIES;
use crate::tree::Tree;

/// Program headers and the name lie near the beginning.
const HEAD: u64 = 16 << 10;
const PT_INTERP: u32 = 3;
/// Program headers that are looked at.
const MAX_HEADERS: usize = 64;
/// Longest name.
const MAX_NAME: usize = 256;

/// Of what the program at one of these paths needs to be loaded, what is not there.
pub(crate) fn missing(tree: &Tree<'_>, paths: &[&str]) -> Look<Vec<String>> {
    let program = match first(paths, |path| tree.read_start(path, HEAD)) {
        Ok(program) => program,
        Err(Gap::Absent) => return Ok(Vec::new()),
        Err(gap) => return Err(gap),
    };
    let Some(loader) = of_elf(&program.bytes) else { return Ok(Vec::new()) };
    let mut missing = Vec::new();
    if !tree.find(&loader).found()? {
        missing.push(loader.clone());
    }
    // musl's loader is its C library.
    let glibc = loader.contains("/ld-linux") || loader.contains("/ld64.so");
    if glibc && !first(LIBRARIES, |directory| tree.find(&format!("{directory}/libc.so.6"))).found()? {
        missing.push("libc.so.6".into());
    }
    Ok(missing)
}

/// The interpreter that the program names.
fn of_elf(bytes: &[u8]) -> Option<String> {
    let (class, order) = (*bytes.get(4)?, *bytes.get(5)?);
    if !bytes.starts_with(b"\x7fELF") || order != 1 {
        return None;
    }
    let wide = match class {
        1 => false,
        2 => true,
        _ => return None,
    };
    let address = |at: usize| if wide { number(bytes, at, 8) } else { number(bytes, at, 4) };
    let table = address(if wide { 32 } else { 28 })?;
    let entry = number(bytes, if wide { 54 } else { 42 }, 2)?;
    let count = number(bytes, if wide { 56 } else { 44 }, 2)?;
    for index in 0..count.min(MAX_HEADERS) {
        let at = index.checked_mul(entry)?.checked_add(table)?;
        if number(bytes, at, 4)? == PT_INTERP as usize {
            let (offset, size) = if wide { (8, 32) } else { (4, 16) };
            let (start, len) = (address(at.checked_add(offset)?)?, address(at.checked_add(size)?)?);
            let name = bytes.get(start..start.checked_add(len.min(MAX_NAME))?)?;
            let name = name.split(|&byte| byte == 0).next()?;
            return String::from_utf8(name.to_vec()).ok().filter(|name| name.starts_with('/'));
        }
    }
    None
}

/// A little-endian number of so many bytes.
fn number(bytes: &[u8], at: usize, len: usize) -> Option<usize> {
    let field = bytes.get(at..at.checked_add(len)?)?;
    let value = field.iter().rev().fold(0_u64, |value, &byte| value << 8 | u64::from(byte));
    usize::try_from(value).ok()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A program of 64 bits that names its interpreter.
    pub(crate) fn program(interpreter: &str) -> Vec<u8> {
        let mut bytes = vec![0; 64 + 56];
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        bytes[32] = 64;
        bytes[54] = 56;
        bytes[56] = 1;
        bytes[64] = 3;
        bytes[64 + 8] = 120;
        bytes[64 + 32] = u8::try_from(interpreter.len() + 1).unwrap();
        bytes.extend(interpreter.bytes().chain([0]));
        bytes
    }

    #[test]
    fn the_name_is_read_and_nothing_beyond_the_file() {
        let sound = program("/lib64/ld-linux-x86-64.so.2");
        assert_eq!(of_elf(&sound).as_deref(), Some("/lib64/ld-linux-x86-64.so.2"));
        for len in 0..sound.len() {
            assert_eq!(of_elf(&sound[..len]), None, "{len}");
        }
        for at in 0..sound.len() {
            let mut flipped = sound.clone();
            flipped[at] ^= 0xff;
            let _ = of_elf(&flipped);
        }
        assert_eq!(of_elf(b"#!/bin/sh\n"), None);
    }

    #[test]
    fn fields_of_32_bits_lie_elsewhere() {
        let mut bytes = vec![0; 52 + 32];
        bytes[..6].copy_from_slice(b"\x7fELF\x01\x01");
        (bytes[28], bytes[42], bytes[44]) = (52, 32, 1);
        (bytes[52], bytes[52 + 4], bytes[52 + 16]) = (3, 84, 19);
        bytes.extend(b"/lib/ld-linux.so.2\0");
        assert_eq!(of_elf(&bytes).as_deref(), Some("/lib/ld-linux.so.2"));
    }
}
