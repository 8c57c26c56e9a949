//! A line of a descriptor that says where a part of the disk is:
//! `access sectors type "name" offset`, of which `ZERO` has neither name nor offset.

use super::MAX_SECTORS;
use storage::{Error, Result};

/// A part of the disk, as the descriptor says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ExtentLine {
    /// Where the line begins in the descriptor's file.
    pub(super) at: u64,
    /// The part may not be read.
    pub(super) no_access: bool,
    /// Length of the part.
    pub(super) sectors: u64,
    /// The type, in capitals.
    pub(super) kind: String,
    /// Name of the file; hostile.
    pub(super) name: String,
    /// Where the part begins in a flat file, in sectors.
    pub(super) offset: u64,
}

impl ExtentLine {
    /// `None` for a line that is no extent's.
    pub(super) fn parse(line: &str, at: u64) -> Result<Option<Self>, String> {
        let mut words = line.splitn(3, char::is_whitespace);
        let access = words.next().unwrap_or_default().to_ascii_uppercase();
        if !matches!(access.as_str(), "RW" | "RDONLY" | "NOACCESS") {
            return Ok(None);
        }
        let wrong = |what: &str| format!("the extent {line:?} {what}");
        let sectors = words.next().and_then(|word| word.parse().ok()).ok_or_else(|| wrong("has no length"))?;
        let rest = words.next().unwrap_or_default().trim();
        let (kind, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let kind = kind.to_ascii_uppercase();
        if kind.is_empty() {
            return Err(wrong("has no type"));
        }
        let mut extent = ExtentLine { at, no_access: access == "NOACCESS", sectors, kind, ..Self::default() };
        if extent.kind == "ZERO" {
            return if rest.trim().is_empty() { Ok(Some(extent)) } else { Err(wrong("is zeros, and has a file")) };
        }
        let quoted = rest.trim().strip_prefix('"').and_then(|rest| rest.rsplit_once('"'));
        let (name, offset) = quoted.ok_or_else(|| wrong("has no name in quotes"))?;
        extent.name = name.to_owned();
        if let Some(word) = offset.split_whitespace().next() {
            let number = word.parse().ok().filter(|&sectors: &u64| sectors <= MAX_SECTORS);
            extent.offset = number.ok_or_else(|| wrong("has an impossible offset"))?;
        } else if extent.kind == "FLAT" {
            return Err(wrong("is flat and has no offset"));
        }
        Ok(Some(extent))
    }

    /// Refuses every name but that of a file beside the descriptor: a descriptor must not reach what its directory does
    /// not hold, and no name is to be taken for a protocol or a drive.
    pub(super) fn check_name(&self, encoding: Option<&str>) -> Result<()> {
        let name = self.name.as_str();
        if name.contains(char::REPLACEMENT_CHARACTER) {
            return Err(Error::unsupported(format!(
                "the name of the VMDK's extent {name:?} is not UTF-8 (its descriptor says encoding={}); give the file \
                 a plain name, and write that into the descriptor",
                encoding.unwrap_or("nothing")
            )));
        }
        let strange = |c: char| matches!(c, '/' | '\\' | ':') || c.is_control();
        if name.is_empty() || matches!(name, "." | "..") || name.contains(strange) {
            return Err(Error::refused(format!(
                "the VMDK's descriptor names {name:?} as an extent, and only files beside it are opened (no path, \
                 device or address); put the file there and write its plain name into the descriptor"
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> ExtentLine {
        ExtentLine::parse(line, 0).unwrap().unwrap()
    }

    #[test]
    fn lines_of_extents() {
        let flat = parse("RW 4192256 FLAT \"a b-f001.vmdk\" 63");
        assert_eq!(
            (flat.sectors, flat.kind.as_str(), flat.name.as_str(), flat.offset),
            (4_192_256, "FLAT", "a b-f001.vmdk", 63)
        );
        assert_eq!(parse("rdonly 5  sparse  \"a\"").kind, "SPARSE");
        assert_eq!(parse("RW 5 VMFS \"a\"").offset, 0);
        assert_eq!(parse("RW 8 FLAT \"sda\" 0 partitionUUID device").offset, 0);
        assert_eq!(parse("RW 5 ZERO").name, "");
        assert!(parse("NOACCESS 5 ZERO").no_access);
        assert_eq!(ExtentLine::parse("CID=5", 0), Ok(None));
        for wrong in [
            "RW",
            "RW x FLAT \"a\" 0",
            "RW 5",
            "RW -5 ZERO",
            "RW 5 FLAT a 0",
            "RW 5 FLAT \"a\"",
            "RW 5 FLAT \"a\" -1",
            "RW 5 ZERO \"a\"",
            "RW 5 SPARSE \"a",
        ] {
            assert!(ExtentLine::parse(wrong, 0).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_that_are_not_beside() {
        let check = |name: &str| ExtentLine { name: name.to_owned(), ..ExtentLine::default() }.check_name(None);
        for fine in ["a", "a b-flat.vmdk", "..a", "a..vmdk", "-", "中文.vmdk"] {
            assert!(check(fine).is_ok(), "{fine}");
        }
        for bad in [
            "",
            ".",
            "..",
            "/etc/passwd",
            "../a",
            "a/b",
            "..\\a",
            "\\\\.\\PhysicalDrive0",
            "c:a",
            "json:{}",
            "nbd:x",
            "a\0",
            "a\n",
        ] {
            assert_eq!(check(bad).unwrap_err().kind(), storage::ErrorKind::Refused, "{bad}");
        }
        assert_eq!(check("a\u{fffd}").unwrap_err().kind(), storage::ErrorKind::Unsupported);
    }
}
