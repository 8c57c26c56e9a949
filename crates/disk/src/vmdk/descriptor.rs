//! The descriptor: text with `key=value` lines and a line for each extent, in a file of its own or inside a sparse one.
//!
//! Source: "Virtual Disk Format 5.0", VMware, section "The Descriptor File".

use super::extent_line::ExtentLine;
use super::header::Header;
use super::{MAX_SECTORS, SECTOR};
use std::collections::HashMap;
use storage::{Error, ReadAt, Result, read_vec};

/// Longest descriptor, in bytes. VMware's have 20 sectors; one with 64 Ki extents still fits in here.
pub(super) const MAX_BYTES: u64 = 1 << 20;

/// Most extents of a disk: 128 TiB in extents of 2 GB.
const MAX_EXTENTS: usize = 1 << 16;

/// Letters that may follow the end of the text.
const MAX_REST: usize = 64;

/// `parentCID` of a disk that has no parent.
pub(super) const NO_PARENT: u32 = u32::MAX;

/// What is not known of a content id.
const NO_CID: u32 = u32::MAX - 1;

/// Keys that count; the others describe the machine and its tools.
const KEYS: &[&str] =
    &["version", "cid", "parentcid", "createtype", "parentfilenamehint", "encoding", "ddb.adaptertype"];

/// What a descriptor says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Descriptor {
    pub(super) create_type: String,
    pub(super) cid: u32,
    pub(super) parent_cid: u32,
    pub(super) parent_hint: Option<String>,
    pub(super) encoding: Option<String>,
    pub(super) adapter_type: Option<String>,
    pub(super) extents: Vec<ExtentLine>,
    pub(super) notes: Vec<String>,
}

impl Descriptor {
    /// The descriptor that is a file.
    pub(super) fn of_file(file: &dyn ReadAt) -> Result<Self> {
        if file.size() > MAX_BYTES {
            let what = format!("VMDK descriptor: is {} bytes long, and {MAX_BYTES} at most are possible", file.size());
            return Err(Error::corrupt(MAX_BYTES, what));
        }
        Self::parse(&read_vec(file, 0, file.size())?, 0)
    }

    /// The descriptor inside a sparse extent; `None` where there is none, as in extents of a set.
    pub(super) fn inside(file: &dyn ReadAt, header: &Header) -> Result<Option<Self>> {
        let (start, sectors) = (header.descriptor_offset, header.descriptor_size);
        if start == 0 || sectors == 0 {
            return Ok(None);
        }
        let (Some(at), Some(len)) =
            (start.checked_mul(SECTOR), sectors.checked_mul(SECTOR).filter(|&n| n <= MAX_BYTES))
        else {
            let what = format!("VMDK header: a descriptor of {sectors} sectors at sector {start} is not possible");
            return Err(Error::corrupt(28, what));
        };
        let bytes = read_vec(file, at, len).map_err(|error| error.within("VMDK descriptor"))?;
        if storage::is_zero(&bytes) {
            return Ok(None);
        }
        Self::parse(&bytes, at).map(Some)
    }

    /// `text` was found at byte `at`. It ends at the first zero; zeros may follow, and a few letters, which qemu leaves
    /// there when it writes a shorter content id.
    pub(super) fn parse(text: &[u8], at: u64) -> Result<Self> {
        let end = text.iter().position(|&byte| byte == 0).unwrap_or(text.len());
        let rest = text[end..].iter().filter(|&&byte| byte != 0);
        if rest.clone().count() > MAX_REST
            || rest.clone().any(|byte| !byte.is_ascii_graphic() && !byte.is_ascii_whitespace())
        {
            return Err(Error::corrupt(at + end as u64, "VMDK descriptor: something follows the end of the text"));
        }
        let mut lines = Lines::default();
        let mut offset = at;
        for line in text[..end].split(|&byte| byte == b'\n') {
            lines.add(line, offset).map_err(|what| Error::corrupt(offset, format!("VMDK descriptor: {what}")))?;
            offset += line.len() as u64 + 1;
        }
        lines.descriptor().map_err(|what| Error::corrupt(at, format!("VMDK descriptor: {what}")))
    }

    /// Length of the disk in bytes.
    pub(super) fn size(&self) -> u64 {
        self.extents.iter().map(|extent| extent.sectors).sum::<u64>() * SECTOR
    }

    /// It holds only what changed since another disk.
    pub(super) fn has_parent(&self) -> bool {
        self.parent_cid != NO_PARENT || self.parent_hint.is_some()
    }
}

/// The lines that were read.
#[derive(Default)]
struct Lines {
    /// By the key in lower case, and the line's text as it was.
    values: HashMap<&'static str, String>,
    extents: Vec<ExtentLine>,
    sectors: u64,
    notes: Vec<String>,
}

impl Lines {
    fn add(&mut self, line: &[u8], offset: u64) -> Result<(), String> {
        // A descriptor in some national encoding differs from UTF-8 in names only.
        let text = String::from_utf8_lossy(line);
        let line = text.trim_start_matches('\u{feff}').trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        if let Some(extent) = ExtentLine::parse(line, offset)? {
            return self.add_extent(extent);
        }
        let (key, value) = line.split_once('=').ok_or_else(|| format!("the line {line:?} means nothing"))?;
        self.add_value(key.trim(), value.trim())
    }

    fn add_extent(&mut self, extent: ExtentLine) -> Result<(), String> {
        self.sectors = self
            .sectors
            .checked_add(extent.sectors)
            .filter(|&sum| sum <= MAX_SECTORS)
            .ok_or_else(|| format!("the extents have more than {MAX_SECTORS} sectors together"))?;
        if self.extents.len() == MAX_EXTENTS {
            return Err(format!("there are more than {MAX_EXTENTS} extents"));
        }
        self.extents.push(extent);
        Ok(())
    }

    /// A key that comes twice must say the same both times: programs differ in which of them they take.
    fn add_value(&mut self, key: &str, value: &str) -> Result<(), String> {
        let Some(&known) = KEYS.iter().find(|known| known.eq_ignore_ascii_case(key)) else { return Ok(()) };
        let value = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
        match self.values.get(known) {
            None => {
                self.values.insert(known, value.to_owned());
            }
            Some(first) if first == value => self.notes.push(format!("the VMDK's descriptor says {key} twice")),
            Some(first) => return Err(format!("{key} is both {first:?} and {value:?}")),
        }
        Ok(())
    }

    fn number(&mut self, key: &str, name: &str, default: u32) -> Result<u32, String> {
        match self.values.remove(key) {
            Some(text) => u32::from_str_radix(&text, 16).map_err(|_| format!("{name}={text} is not a number")),
            None => {
                self.notes.push(format!("the VMDK's descriptor has no {name}"));
                Ok(default)
            }
        }
    }

    fn descriptor(mut self) -> Result<Descriptor, String> {
        if let Some(version) =
            self.values.remove("version").filter(|version| !matches!(version.as_str(), "1" | "2" | "3"))
        {
            return Err(format!("version={version:?} is not known"));
        }
        let create_type = self.values.remove("createtype").ok_or("there is no createType")?;
        let cid = self.number("cid", "CID", NO_CID)?;
        let parent_cid = self.number("parentcid", "parentCID", NO_PARENT)?;
        if self.extents.is_empty() {
            return Err("there are no extents".to_owned());
        }
        Ok(Descriptor {
            create_type,
            cid,
            parent_cid,
            parent_hint: self.values.remove("parentfilenamehint").filter(|hint| !hint.is_empty()),
            encoding: self.values.remove("encoding"),
            adapter_type: self.values.remove("ddb.adaptertype"),
            extents: self.extents,
            notes: self.notes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = "# Disk DescriptorFile\nversion=1\nCID=0000000a\nparentCID=ffffffff\ncreateType=\"vmfs\"\n\
                         RW 10 VMFS \"a-flat.vmdk\"\nddb.adapterType = \"ide\"\n";

    fn error(text: &str) -> String {
        Descriptor::parse(text.as_bytes(), 0).unwrap_err().to_string()
    }

    #[test]
    fn a_plain_one() {
        let plain = Descriptor::parse(PLAIN.as_bytes(), 0).unwrap();
        assert_eq!((plain.create_type.as_str(), plain.cid, plain.parent_cid), ("vmfs", 10, NO_PARENT));
        assert_eq!((plain.adapter_type.as_deref(), plain.extents.len(), plain.size()), (Some("ide"), 1, 5120));
        assert!(!plain.has_parent() && plain.notes.is_empty());
    }

    #[test]
    fn line_ends_spaces_encodings_and_padding_do_no_harm() {
        let plain = Descriptor::parse(PLAIN.as_bytes(), 0).unwrap();
        let variants = [
            PLAIN.replace('\n', "\r\n"),
            PLAIN.replace('\n', " \n\n"),
            PLAIN.replace('=', " = "),
            format!("\u{feff}{PLAIN}"),
            format!("{PLAIN}{}", "\0".repeat(300)),
            format!("{PLAIN}\0\0 \"647\"\n\0"),
            format!("{PLAIN}ddb.comment = \"\u{e9}\"\n# \u{4e2d}"),
        ];
        for text in variants {
            let other = Descriptor::parse(text.as_bytes(), 0).unwrap();
            assert_eq!(other.extents[0].name, plain.extents[0].name, "{text:?}");
            assert_eq!(
                (other.create_type, other.cid, other.notes),
                (plain.create_type.clone(), 10, vec![]),
                "{text:?}"
            );
        }
        let latin = [PLAIN.as_bytes(), b"encoding=\"windows-1252\"\nddb.comment = \"\xe9\"\n"].concat();
        assert_eq!(Descriptor::parse(&latin, 0).unwrap().encoding.as_deref(), Some("windows-1252"));
    }

    #[test]
    fn keys_that_contradict_each_other() {
        let twice = Descriptor::parse(format!("{PLAIN}createType=\"vmfs\"\n").as_bytes(), 0).unwrap();
        assert!(twice.notes[0].contains("createType twice"));
        assert!(error(&format!("{PLAIN}CREATETYPE=\"monolithicFlat\"\n")).contains("both \"vmfs\" and"));
        assert!(error(&format!("{PLAIN}parentCID=12345678\n")).contains("both"));
    }

    #[test]
    fn what_is_missing_or_wrong() {
        assert!(error(&PLAIN.replace("createType", "ddb.x")).contains("no createType"));
        assert!(error(&PLAIN.replace("RW 10", "# RW 10")).contains("no extents"));
        assert!(error(&PLAIN.replace("version=1", "version=9")).contains("version"));
        assert!(error(&PLAIN.replace("0000000a", "no")).contains("CID=no"));
        assert!(error(&format!("{PLAIN}stray words\n")).contains("stray words"));
        assert!(error(&format!("{PLAIN}\0\0\x01")).contains("follows the end"));
        assert!(error(&format!("{PLAIN}\0RW 8 ZERO{}", "x".repeat(60))).contains("follows the end"));
        let no_ids = PLAIN.replace("CID=0000000a\nparentCID=ffffffff\n", "");
        assert_eq!(Descriptor::parse(no_ids.as_bytes(), 0).unwrap().notes.len(), 2);
    }

    #[test]
    fn sums_and_counts_are_limited() {
        let all = (MAX_SECTORS - 10).to_string();
        assert!(Descriptor::parse(format!("{PLAIN}RW {all} ZERO\n").as_bytes(), 0).is_ok());
        assert!(error(&format!("{PLAIN}RW {all} ZERO\nRW 1 ZERO\n")).contains("sectors together"));
        assert!(error(&format!("{PLAIN}RW {} ZERO\n", 1u64 << 63)).contains("together"));
        assert!(error(&format!("{PLAIN}{}", "RW 1 ZERO\n".repeat(MAX_EXTENTS))).contains("more than 65536 extents"));
    }
}
