//! cpio archives of the `newc` format.
//!
//! On disk: per entry a header of 110 ASCII characters (magic `070701`, or `070702` where the last field is the sum of
//! the content's bytes; then 13 numbers of eight hexadecimal digits), the name with its NUL padded with zeros to a
//! multiple of four from the header's start, the content padded likewise. The entry `TRAILER!!!` ends an archive; zeros
//! may stand between entries. Source: buffer-format.rst, cpio(5), and Linux init/initramfs.c, which this follows.

use crate::bytes::Bytes;
use crate::{CONTENT_LIMIT, Entry, Limits, Visitor};
use std::io::{self, BufRead, ErrorKind};

/// What every ASCII cpio header begins with, those that Linux refuses included.
pub(crate) const MAGIC_STEM: &[u8] = b"0707";

const HEADER: usize = 110;
const TRAILER: &[u8] = b"TRAILER!!!";

/// Longest name with its NUL: `PATH_MAX` of Linux, which takes no longer one.
const MAX_NAME: u32 = 4096;

/// Most hard links remembered until their content comes.
const MAX_LINKS: usize = 1024;

const TYPE_MASK: u32 = 0o170_000;
const REGULAR: u32 = 0o100_000;
const SYMLINK: u32 = 0o120_000;

/// The walk over all archives of a file: what was counted, and buffers that are used again for each entry.
pub(crate) struct Walk<'a> {
    limits: &'a Limits,
    visitor: &'a mut dyn Visitor,
    pub(crate) unpacked: u64,
    pub(crate) entries: u64,
    /// The visitor has seen enough.
    pub(crate) ended: bool,
    name: Vec<u8>,
    content: Vec<u8>,
    links: Vec<Link>,
}

/// A hard link whose content was asked for and comes with a later entry.
struct Link {
    file: FileId,
    path: Vec<u8>,
    mode: u32,
}

/// Inode, device major and device minor.
type FileId = (u32, u32, u32);

impl<'a> Walk<'a> {
    pub(crate) fn new(limits: &'a Limits, visitor: &'a mut dyn Visitor) -> Self {
        let (name, content, links) = (Vec::new(), Vec::new(), Vec::new());
        Walk { limits, visitor, unpacked: 0, entries: 0, ended: false, name, content, links }
    }

    /// Reads archives and zeros to the end of `input`.
    pub(crate) fn archives(&mut self, input: &mut dyn BufRead) -> io::Result<()> {
        self.counted(input, |walk, bytes| {
            while !walk.ended && bytes.after_zeros()?.is_some() {
                walk.archive_in(bytes)?;
            }
            match bytes.position() {
                0 => Err(io::Error::new(ErrorKind::UnexpectedEof, "it unpacks to nothing")),
                _ => Ok(()),
            }
        })
    }

    /// Reads one archive, to its trailer.
    pub(crate) fn archive(&mut self, input: &mut dyn BufRead) -> io::Result<()> {
        self.counted(input, Self::archive_in)
    }

    fn counted(
        &mut self,
        input: &mut dyn BufRead,
        read: impl FnOnce(&mut Self, &mut Bytes<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut bytes = Bytes::new(input, self.limits.unpacked - self.unpacked);
        let result = read(self, &mut bytes);
        self.unpacked += bytes.position();
        result
    }

    fn archive_in(&mut self, bytes: &mut Bytes<'_>) -> io::Result<()> {
        self.links.clear();
        loop {
            if bytes.after_zeros()?.is_none() {
                let what = format!("it ends at unpacked byte {} without the trailer of its archive", bytes.position());
                return Err(io::Error::new(ErrorKind::UnexpectedEof, what));
            }
            let at = bytes.position();
            let header = Header::read(bytes).map_err(|error| within(error, "header", at))?;
            self.read_name(bytes, &header).map_err(|error| within(error, "name", at))?;
            if self.name == TRAILER {
                return Ok(());
            }
            if self.entries == self.limits.entries {
                let what = format!("the limit of {} entries ends at unpacked byte {at}", self.limits.entries);
                return Err(io::Error::new(ErrorKind::QuotaExceeded, what));
            }
            bytes.each(padding(HEADER as u64 + u64::from(header.name_size)), |_| {})?;
            self.entries += 1;
            self.entry(bytes, &header).map_err(|error| within(error, "content", at))?;
            self.ended = self.visitor.is_done();
            if self.ended {
                return Ok(());
            }
        }
    }

    fn read_name(&mut self, bytes: &mut Bytes<'_>, header: &Header) -> io::Result<()> {
        self.name.clear();
        bytes.each(header.name_size.into(), |piece| self.name.extend_from_slice(piece))?;
        let end = self.name.iter().position(|&byte| byte == 0).unwrap_or(self.name.len());
        self.name.truncate(end);
        Ok(())
    }

    fn entry(&mut self, bytes: &mut Bytes<'_>, header: &Header) -> io::Result<()> {
        let entry = Entry { path: relative(&self.name), mode: header.mode, size: header.size.into() };
        let wanted = self.visitor.entry(&entry) && header.has_content();
        let comes_later = header.is_link() && header.size == 0;
        if wanted && comes_later && self.links.len() < MAX_LINKS {
            self.links.push(Link { file: header.file, path: entry.path.to_vec(), mode: header.mode });
        }
        let resolves = header.is_link() && !comes_later && self.links.iter().any(|link| link.file == header.file);
        read_content(bytes, header, (wanted || resolves).then_some(&mut self.content))?;
        if resolves {
            for link in self.links.extract_if(.., |link| link.file == header.file) {
                let entry = Entry { path: &link.path, mode: link.mode, size: entry.size };
                self.visitor.content(&entry, &self.content);
            }
        }
        if wanted && !comes_later {
            self.visitor.content(&entry, &self.content);
        }
        bytes.each(padding(entry.size), |_| {})
    }
}

/// The content goes by; it is kept where somewhere `into` is given, and summed where a sum was promised.
fn read_content(bytes: &mut Bytes<'_>, header: &Header, mut into: Option<&mut Vec<u8>>) -> io::Result<()> {
    if let Some(content) = &mut into {
        content.clear();
    }
    let mut sum = 0u32;
    bytes.each(header.size.into(), |piece| {
        if let Some(content) = &mut into {
            let room = CONTENT_LIMIT - content.len();
            content.extend_from_slice(&piece[..piece.len().min(room)]);
        }
        if header.sum.is_some() {
            sum = piece.iter().fold(sum, |sum, &byte| sum.wrapping_add(byte.into()));
        }
    })?;
    match header.sum {
        Some(promised) if promised != sum && header.is_regular() && header.size > 0 => {
            Err(io::Error::new(ErrorKind::InvalidData, "its checksum is wrong"))
        }
        _ => Ok(()),
    }
}

/// The numbers of a header that matter here.
struct Header {
    file: FileId,
    mode: u32,
    links: u32,
    size: u32,
    name_size: u32,
    sum: Option<u32>,
}

impl Header {
    fn read(bytes: &mut Bytes<'_>) -> io::Result<Self> {
        let mut raw = [0; HEADER];
        let mut filled = 0;
        bytes.each(HEADER as u64, |piece| {
            raw[filled..filled + piece.len()].copy_from_slice(piece);
            filled += piece.len();
        })?;
        Self::parse(&raw).map_err(|what| io::Error::new(ErrorKind::InvalidData, what))
    }

    fn parse(raw: &[u8; HEADER]) -> Result<Self, &'static str> {
        let (magic, numbers) = raw.split_at(6);
        let checked = match magic {
            b"070701" => false,
            b"070702" => true,
            b"070707" => return Err("it is of the old cpio format, which Linux refuses: write it with `cpio -H newc`"),
            _ => return Err("the cpio magic is missing"),
        };
        let mut fields = [0; 13];
        for (field, digits) in fields.iter_mut().zip(numbers.chunks_exact(8)) {
            *field = hexadecimal(digits).ok_or("a field is not hexadecimal")?;
        }
        let [inode, mode, _, _, links, _, size, major, minor, _, _, name_size, sum] = fields;
        if name_size == 0 || name_size > MAX_NAME {
            return Err("the name is empty or longer than Linux takes");
        }
        Ok(Header { file: (inode, major, minor), mode, links, size, name_size, sum: checked.then_some(sum) })
    }

    fn is_regular(&self) -> bool {
        self.mode & TYPE_MASK == REGULAR
    }

    fn is_link(&self) -> bool {
        self.is_regular() && self.links > 1
    }

    fn has_content(&self) -> bool {
        self.is_regular() || self.mode & TYPE_MASK == SYMLINK
    }
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number: u32, &digit| Some(number << 4 | char::from(digit).to_digit(16)?))
}

/// Zeros that follow `len` bytes.
fn padding(len: u64) -> u64 {
    len.wrapping_neg() % 4
}

fn relative(mut path: &[u8]) -> &[u8] {
    while let Some(shorter) = path.strip_prefix(b"./").or_else(|| path.strip_prefix(b"/")) {
        path = shorter;
    }
    path
}

/// Names the part of the entry; its own words stay.
fn within(error: io::Error, part: &str, at: u64) -> io::Error {
    io::Error::new(error.kind(), format!("{part} of the entry at unpacked byte {at}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_root() {
        for (given, path) in
            [("./usr/bin", "usr/bin"), ("/././/etc", "etc"), (".", "."), (".hidden", ".hidden"), ("/", "")]
        {
            assert_eq!(relative(given.as_bytes()), path.as_bytes(), "{given}");
        }
    }

    #[test]
    fn numbers_are_hexadecimal_and_nothing_else() {
        assert_eq!(hexadecimal(b"0000A1ff"), Some(0xa1ff));
        assert_eq!(hexadecimal(b"ffffffff"), Some(u32::MAX));
        for bad in [b"0000000g", b"+0000001", b"0x000001", b"       1"] {
            assert_eq!(hexadecimal(bad), None);
        }
    }

    #[test]
    fn padding_reaches_the_next_multiple_of_four() {
        assert_eq!([0, 1, 2, 3, 4, 110, u64::MAX].map(padding), [0, 3, 2, 1, 0, 2, 1]);
    }

    #[test]
    fn headers_say_what_is_wrong() {
        let good = format!("070701{}00000003{:08}", "00000000".repeat(11), 0);
        let parse = |text: &str| Header::parse(text.as_bytes().try_into().unwrap()).map(|header| header.name_size);
        assert_eq!(parse(&good), Ok(3));
        assert!(parse(&good.replace("070701", "070707")).unwrap_err().contains("old cpio format"));
        assert!(parse(&good.replace("070701", "070703")).unwrap_err().contains("magic"));
        assert!(parse(&good.replace("00000003", "00001001")).unwrap_err().contains("longer"));
        assert!(parse(&good.replace("00000003", "00000000")).unwrap_err().contains("empty"));
        assert!(parse(&good.replace("00000003", "0000000 ")).unwrap_err().contains("hexadecimal"));
    }
}
