//! Processor architectures, by the headers of programs and kernels.
//!
//! ELF: System V ABI, `e_machine`. PE: Microsoft PE format, `Machine`. x86 kernels: Linux
//! Documentation/arch/x86/boot.rst. arm64 kernels: Documentation/arch/arm64/booting.rst.

use facts::Architecture;

/// Bytes from the start of a program that hold all that is looked at here.
pub(crate) const HEADER: u64 = 4096;

/// `N` bytes at an offset.
fn at<const N: usize>(bytes: &[u8], offset: usize) -> Option<[u8; N]> {
    bytes.get(offset..)?.first_chunk().copied()
}

/// Of an ELF program or module.
pub(crate) fn of_elf(bytes: &[u8]) -> Option<Architecture> {
    if !bytes.starts_with(b"\x7fELF") {
        return None;
    }
    let machine: [u8; 2] = at(bytes, 18)?;
    let machine = if bytes.get(5) == Some(&2) { u16::from_be_bytes(machine) } else { u16::from_le_bytes(machine) };
    Some(match machine {
        3 => Architecture::I386,
        62 => Architecture::X86_64,
        183 => Architecture::Arm64,
        _ => Architecture::Other,
    })
}

/// Of a PE program, such as an EFI loader.
pub(crate) fn of_pe(bytes: &[u8]) -> Option<Architecture> {
    if !bytes.starts_with(b"MZ") {
        return None;
    }
    let header = usize::try_from(u32::from_le_bytes(at(bytes, 0x3c)?)).ok()?;
    if at(bytes, header)? != *b"PE\0\0" {
        return None;
    }
    Some(match u16::from_le_bytes(at(bytes, header.checked_add(4)?)?) {
        0x014c => Architecture::I386,
        0x8664 => Architecture::X86_64,
        0xaa64 => Architecture::Arm64,
        _ => Architecture::Other,
    })
}

/// Of a kernel's file, as far as its header tells: a compressed arm64 kernel or an x86 kernel with a boot protocol
/// before 2.12 does not.
pub(crate) fn of_kernel(bytes: &[u8]) -> Option<Architecture> {
    if at(bytes, 56) == Some(*b"ARM\x64") {
        return Some(Architecture::Arm64);
    }
    if at(bytes, 0x202) == Some(*b"HdrS") {
        let protocol = u16::from_le_bytes(at(bytes, 0x206)?);
        let flags = u16::from_le_bytes(at(bytes, 0x236)?);
        return match (protocol, flags & 1) {
            (..0x20c, _) => None,
            (_, 1) => Some(Architecture::X86_64),
            _ => Some(Architecture::I386),
        };
    }
    of_pe(bytes).or_else(|| of_elf(bytes))
}

/// The version in the header of an x86 kernel: the first word of its banner, which stands in the first 64 KiB.
pub(crate) fn kernel_version(bytes: &[u8]) -> Option<String> {
    if at(bytes, 0x202) != Some(*b"HdrS") {
        return None;
    }
    let start = 0x200 + usize::from(u16::from_le_bytes(at(bytes, 0x20e)?));
    let banner = bytes.get(start..)?.split(|byte| *byte == 0 || *byte == b' ').next()?;
    let text = std::str::from_utf8(banner.get(..banner.len().min(128))?).ok()?;
    text.starts_with(|c: char| c.is_ascii_digit()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elf(machine: u16) -> Vec<u8> {
        let mut bytes = vec![0; 64];
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        bytes[18..20].copy_from_slice(&machine.to_le_bytes());
        bytes
    }

    fn pe(machine: u16) -> Vec<u8> {
        let mut bytes = vec![0; 256];
        bytes[..2].copy_from_slice(b"MZ");
        bytes[0x3c] = 0x80;
        bytes[0x80..0x84].copy_from_slice(b"PE\0\0");
        bytes[0x84..0x86].copy_from_slice(&machine.to_le_bytes());
        bytes
    }

    #[test]
    fn programs() {
        assert_eq!(of_elf(&elf(62)), Some(Architecture::X86_64));
        assert_eq!(of_elf(&elf(183)), Some(Architecture::Arm64));
        assert_eq!(of_elf(&elf(243)), Some(Architecture::Other));
        assert_eq!(of_elf(b"#!/bin/sh"), None);
        assert_eq!(of_pe(&pe(0xaa64)), Some(Architecture::Arm64));
        assert_eq!(of_pe(&pe(0x8664)[..0x82]), None);
        let mut wild = pe(0x8664);
        wild[0x3c..0x40].copy_from_slice(&[0xff; 4]);
        assert_eq!(of_pe(&wild), None);
    }

    #[test]
    fn kernels() {
        let mut bytes = vec![0; 1024];
        bytes[0x202..0x206].copy_from_slice(b"HdrS");
        bytes[0x206..0x208].copy_from_slice(&0x20fu16.to_le_bytes());
        bytes[0x236] = 0x7f;
        assert_eq!(of_kernel(&bytes), Some(Architecture::X86_64));
        bytes[0x236] = 0x7e;
        assert_eq!(of_kernel(&bytes), Some(Architecture::I386));
        bytes[0x206..0x208].copy_from_slice(&0x202u16.to_le_bytes());
        assert_eq!(of_kernel(&bytes), None);
    }
}
