//! The boot code in the first sector of the disk: 440 bytes that BIOS runs.
//!
//! Recognised by the words and bytes that each loader's code holds; nothing is executed or followed.

use facts::{BootCode, Claim, Evidence, Known};
use storage::{ErrorKind, Result, Source};

/// Bytes of boot code before the disk signature.
const CODE: usize = 440;

/// How FreeBSD's `mbr` begins, whose words are those of Windows' (`stand/i386/mbr/mbr.S`).
const FREEBSD_MBR: [u8; 12] = [0xfc, 0x31, 0xc0, 0x8e, 0xc0, 0x8e, 0xd8, 0x8e, 0xd0, 0xbc, 0x00, 0x7c];

/// The first sector and what its code is.
pub(crate) struct Code {
    /// The whole sector; zeros where the disk is too short or cannot be read there.
    pub(crate) sector: [u8; 512],
    /// Whose code it is.
    pub(crate) known: Known<Claim<BootCode>>,
}

/// Reads the first sector.
pub(crate) fn classify(disk: &Source) -> Result<Code> {
    match storage::read_array(disk, 0) {
        Ok(sector) => Ok(Code { sector, known: of(&sector) }),
        Err(error) if error.kind() == ErrorKind::Io => Err(error),
        Err(error) => Ok(Code { sector: [0; 512], known: Known::unknown(crate::look::words(&error)) }),
    }
}

fn of(sector: &[u8; 512]) -> Known<Claim<BootCode>> {
    let code = &sector[..CODE];
    if !runs(code) {
        return Known::Absent;
    }
    let says = |text: &str| code.windows(text.len()).any(|window| window == text.as_bytes());
    let found = if says("GRUB ") && says("Geom") && says("Read") {
        // Stage 1 of GRUB 0.9x keeps its version, 3.2, where boot.img has BIOS parameters.
        if sector[0x3e..0x40] == [3, 2] { BootCode::GrubLegacy } else { BootCode::Grub2 }
    } else if code[6..10] == *b"LILO" || code[2..6] == *b"LILO" {
        BootCode::Lilo
    } else if says("Operating system load error") || (says("isolinux") || says("SYSLINUX")) {
        BootCode::Syslinux
    } else if code.starts_with(&FREEBSD_MBR) || is_boot1(sector) {
        BootCode::FreeBsd
    } else if (says("Invalid partition table") && says("Error loading operating system")) || says("TCPA") {
        BootCode::Windows
    } else if says("Missing boot loader") || says("Boot loader too large") || says("Drive ") && says("FreeBS") {
        BootCode::FreeBsd
    } else {
        BootCode::Other
    };
    Known::Is(Claim::new(found, Evidence::disk(0, format!("boot code of {}", name(found)))))
}

/// Whether it is FreeBSD's `boot1`, which lies at the start of a slice, or of a disk without slices, and starts `boot2`
/// in the sectors behind it (`stand/i386/boot2/boot1.S`).
pub(super) fn is_boot1(sector: &[u8; 512]) -> bool {
    let says = |text: &[u8]| sector.windows(text.len()).any(|window| window == text);
    sector[0] == 0xeb && says(b"Read\0Boot\0 error\r\n")
}

/// Whether there is more than a jump into zeros, as partitioning tools and copied stubs leave it.
fn runs(code: &[u8]) -> bool {
    match code {
        [0xeb, distance, ..] if *distance < 0x80 => {
            code.get(2 + usize::from(*distance)..).is_some_and(|target| !storage::is_zero(target))
        }
        _ => !storage::is_zero(code),
    }
}

/// As a person would say it.
pub(crate) fn name(code: BootCode) -> &'static str {
    match code {
        BootCode::Grub2 => "GRUB 2",
        BootCode::GrubLegacy => "GRUB 0.9x",
        BootCode::Lilo => "LILO",
        BootCode::Syslinux => "syslinux",
        BootCode::Windows => "Windows",
        BootCode::FreeBsd => "FreeBSD",
        BootCode::Other => "an unknown kind",
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A first sector with GRUB's words and a kernel sector.
    pub(crate) fn grub_sector(kernel_sector: u64) -> [u8; 512] {
        let mut sector = [0; 512];
        sector[..3].copy_from_slice(&[0xeb, 0x63, 0x90]);
        sector[0x65] = 0xfa;
        sector[0x5c..0x64].copy_from_slice(&kernel_sector.to_le_bytes());
        let words = b"GRUB \0Geom\0Hard Disk\0Read\0 Error\r\n\0";
        sector[0x180..0x180 + words.len()].copy_from_slice(words);
        sector[510..].copy_from_slice(&[0x55, 0xaa]);
        sector
    }

    #[test]
    fn whose_code() {
        let mut sector = grub_sector(1);
        assert_eq!(of(&sector).value().unwrap().value, BootCode::Grub2);
        sector[0x3e..0x40].copy_from_slice(&[3, 2]);
        assert_eq!(of(&sector).value().unwrap().value, BootCode::GrubLegacy);
        assert!(of(&[0; 512]).is_absent());
        sector = [0; 512];
        sector[..3].copy_from_slice(&[0xeb, 0x63, 0x90]);
        assert!(of(&sector).is_absent(), "a jump into zeros is no code");
        sector[0x65] = 1;
        assert_eq!(of(&sector).value().unwrap().value, BootCode::Other);
    }

    #[test]
    fn code_of_freebsd() {
        let with = |at: usize, words: &[u8]| {
            let mut sector = [0; 512];
            sector[0] = 0xfc;
            sector[at..at + words.len()].copy_from_slice(words);
            of(&sector).value().unwrap().value
        };
        let words = b"Invalid partition table\0Error loading operating system\0";
        assert_eq!(with(0x100, words), BootCode::Windows);
        let mut sector = [0; 512];
        sector[..12].copy_from_slice(&FREEBSD_MBR);
        sector[0x100..0x100 + words.len()].copy_from_slice(words);
        assert_eq!(of(&sector).value().unwrap().value, BootCode::FreeBsd);
        assert_eq!(with(0x160, b"Boot loader too large\0Invalid partition table\0"), BootCode::FreeBsd);
        let mut boot1 = [0; 512];
        boot1[..3].copy_from_slice(&[0xeb, 0x3c, 0x90]);
        boot1[0x3e] = 0xfc;
        boot1[0x19e..0x19e + 18].copy_from_slice(b"Read\0Boot\0 error\r\n");
        assert!(is_boot1(&boot1));
        assert_eq!(of(&boot1).value().unwrap().value, BootCode::FreeBsd);
    }
}
