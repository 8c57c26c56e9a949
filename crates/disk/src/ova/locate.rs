//! Where the bytes of a disk are, and what they are.

use super::header::Kind;
use super::ovf::Drive;
use super::package::Package;
use super::tar::Member;
use super::{has_extension, label, sibling};
use crate::Info;
use storage::{Error, ReadAt, Result, check_range};

const RAW: &str = "raw";

/// Formats that a disk of an OVA may have. No archive is among them: they could lie in each other without end.
const FORMATS: &[&str] = &[RAW, "qcow2", "vhd", "vhdx", "vmdk", "vdi", "iso"];

/// A range of a file, borrowed.
#[derive(Debug)]
pub(super) struct Part<'a> {
    file: &'a dyn ReadAt,
    start: u64,
    len: u64,
}

impl ReadAt for Part<'_> {
    fn size(&self) -> u64 {
        self.len
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        check_range(self.len, offset, buf.len() as u64)?;
        self.file.read_at(buf, self.start + offset)
    }
}

impl Package {
    /// The member that the descriptor names: as it is written, or with its `%20` resolved.
    pub(super) fn member(&self, drive: &Drive) -> Option<&Member> {
        let get = |href: &str| self.archive.get(&sibling(&self.member.name, href));
        get(&drive.href).or_else(|| get(&percent_decoded(&drive.href)?))
    }

    /// The member, if its bytes are the disk's file as they stand.
    fn place(&self, drive: &Drive) -> Result<&Member> {
        let name = label(&drive.href);
        if drive.chunked {
            return Err(Error::unsupported(format!(
                "the disk {name:?} is cut into pieces, which are not joined; join them first"
            )));
        }
        let member = self.member(drive).ok_or_else(|| {
            Error::corrupt(
                self.member.start,
                format!("the descriptor names the disk {name:?}, which is not in the archive; truncated?"),
            )
        })?;
        if member.kind != Kind::File {
            let what = format!(
                "the disk {name:?} is {} in the archive; pack the OVA again with plain files",
                member.kind.words()
            );
            return Err(Error::refused(what));
        }
        let compression = drive.compression.as_deref().or_else(|| has_extension(&drive.href, "gz").then_some("gzip"));
        if let Some(method) = compression {
            return Err(packed(&name, method));
        }
        if drive.differencing {
            return Err(Error::unsupported(format!("the disk {name:?} holds only what changed since another disk")));
        }
        Ok(member)
    }

    /// Where a disk is, and its format; refuses what is not a disk.
    pub(super) fn locate(&self, file: &dyn ReadAt, drive: &Drive) -> Result<(&Member, &'static str)> {
        let (member, name) = (self.place(drive)?, label(&drive.href));
        let formats = by_content(file, member)?;
        let [format] = formats[..] else {
            let what = format!("the disk {name:?} bears the marks of {} at once", formats.join(" and "));
            return Err(Error::refused(what + ": its bytes can be read in more than one way"));
        };
        match declared_format(drive) {
            Some(declared) if format == RAW => Err(Error::corrupt(
                member.start,
                format!("the disk {name:?} should be a {declared} image, and bears none of its marks"),
            )),
            // What is not read at all is refused when it is opened, by its name.
            _ if FORMATS.contains(&format) || crate::format(format).is_none() => Ok((member, format)),
            _ => Err(packed(&name, format)),
        }
    }

    /// What the disk says about itself.
    pub(super) fn header(&self, file: &dyn ReadAt, drive: &Drive) -> Result<Info> {
        let (member, format) = self.locate(file, drive)?;
        let mut info = crate::info(&Part { file, start: member.start, len: member.size }, Some(format))?;
        info.notes.extend(format_note(drive, format));
        Ok(info)
    }
}

/// A word where the descriptor says another format than the content is.
pub(super) fn format_note(drive: &Drive, format: &str) -> Option<String> {
    let declared = declared_format(drive).filter(|&declared| declared != format)?;
    Some(format!("the descriptor says that {:?} is {declared}, and it is {format}", label(&drive.href)))
}

fn packed(name: &str, method: &str) -> Error {
    let tool = match method {
        "gzip" => " and gunzip",
        _ => "",
    };
    Error::unsupported(format!(
        "the disk {name:?} of the OVA is packed ({}); unpack it first (tar -x{tool}), and name the disk itself",
        label(method)
    ))
}

/// The formats that a member may have by its content: one, but for what is ambiguous.
pub(super) fn by_content(file: &dyn ReadAt, member: &Member) -> Result<Vec<&'static str>> {
    let formats = crate::probe(&Part { file, start: member.start, len: member.size })?.formats;
    Ok(if formats.is_empty() { vec![RAW] } else { formats })
}

/// What the descriptor says the format is, where it is one that is known by a word of its address.
pub(super) fn declared_format(drive: &Drive) -> Option<&'static str> {
    let address = drive.format.to_ascii_lowercase();
    let words = [
        ("vmdk", "vmdk"),
        ("qcow", "qcow2"),
        ("vhdx", "vhdx"),
        ("vhd", "vhd"),
        ("linkid=137171", "vhd"),
        ("vdi", "vdi"),
    ];
    words.iter().find(|(word, _)| address.contains(word)).map(|&(_, name)| name)
}

/// `None` where nothing is encoded.
fn percent_decoded(text: &str) -> Option<String> {
    let (first, rest) = text.split_once('%')?;
    let mut bytes = first.as_bytes().to_vec();
    for part in rest.split('%') {
        let digits = part.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
