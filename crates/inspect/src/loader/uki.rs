//! Unified kernel images: an EFI program with the kernel, its initramfs and its command line as sections.
//!
//! UAPI.5, "Unified Kernel Image"; sections by the Microsoft PE format. Not read: profiles (`.profile`), add-ons.

/// Bytes from the start of the file in which the sections of text lie; those of the kernel come after them.
pub(crate) const TEXT_REACH: u64 = 4 << 20;

/// Most sections that are looked at; the format's own limit for images is 96.
const MAX_SECTIONS: usize = 96;

/// The content of a section, as far as `bytes` reach; none where there is no such section, or the file is no EFI
/// program.
pub(crate) fn section<'a>(bytes: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let u16_at = |at: usize| Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    let u32_at = |at: usize| usize::try_from(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?)).ok();
    if !bytes.starts_with(b"MZ") {
        return None;
    }
    let header = u32_at(0x3c)?;
    if !bytes.get(header..)?.starts_with(b"PE\0\0") {
        return None;
    }
    let count = usize::from(u16_at(header.checked_add(6)?)?).min(MAX_SECTIONS);
    let table = header.checked_add(24)?.checked_add(usize::from(u16_at(header.checked_add(20)?)?))?;
    for index in 0..count {
        let at = table.checked_add(index * 40)?;
        let own = bytes.get(at..)?.first_chunk::<8>()?;
        if own.split(|&byte| byte == 0).next() != Some(name.as_bytes()) {
            continue;
        }
        let (used, stored, start) = (u32_at(at + 8)?, u32_at(at + 16)?, u32_at(at + 20)?);
        let whole = bytes.get(start..)?;
        return Some(&whole[..used.min(stored).min(whole.len())]);
    }
    None
}

/// Whether it is one: it has a kernel.
pub(crate) fn is_one(bytes: &[u8]) -> bool {
    let reached = bytes.len() as u64 >= TEXT_REACH;
    // The kernel itself lies beyond what is read of a long file; the command line or the version stand for it.
    section(bytes, ".linux").is_some() || reached && section(bytes, ".uname").is_some()
}

/// A section of text.
pub(crate) fn text(bytes: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(section(bytes, name)?).into_owned();
    Some(text.trim_matches(['\0', '\n', ' ']).to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An EFI program with these sections, each stored after the headers.
    pub(crate) fn program(sections: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes = vec![0; 0x400];
        bytes[..2].copy_from_slice(b"MZ");
        bytes[0x3c] = 0x40;
        bytes[0x40..0x44].copy_from_slice(b"PE\0\0");
        bytes[0x44..0x46].copy_from_slice(&0x8664u16.to_le_bytes());
        bytes[0x46] = u8::try_from(sections.len()).unwrap();
        bytes[0x54] = 0x10;
        for (index, (name, content)) in sections.iter().enumerate() {
            let at = 0x40 + 24 + 0x10 + index * 40;
            let (start, len) = (u32::try_from(bytes.len()).unwrap(), u32::try_from(content.len()).unwrap());
            bytes[at..at + name.len()].copy_from_slice(name.as_bytes());
            bytes[at + 8..at + 12].copy_from_slice(&len.to_le_bytes());
            bytes[at + 16..at + 20].copy_from_slice(&len.to_le_bytes());
            bytes[at + 20..at + 24].copy_from_slice(&start.to_le_bytes());
            bytes.extend_from_slice(content);
        }
        bytes
    }

    #[test]
    fn sections_by_name() {
        let bytes = program(&[(".cmdline", b"root=/dev/vda1\n\0"), (".linux", b"kernel")]);
        assert_eq!(section(&bytes, ".linux"), Some(b"kernel".as_slice()));
        assert_eq!(text(&bytes, ".cmdline").as_deref(), Some("root=/dev/vda1"));
        assert!(is_one(&bytes) && section(&bytes, ".initrd").is_none());
        assert!(!is_one(&program(&[(".text", b"x")])));
    }

    #[test]
    fn no_number_in_it_is_trusted() {
        let bytes = program(&[(".cmdline", b"a"), (".linux", b"kernel")]);
        for end in 0..bytes.len() {
            let _ = (is_one(&bytes[..end]), text(&bytes[..end], ".cmdline"));
        }
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] = 0xff;
            let _ = (is_one(&flipped), text(&flipped, ".cmdline"));
        }
    }
}
