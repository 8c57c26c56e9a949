//! Where in the image a claim comes from.

use crate::VolumeId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A place in the image: a file and line in a volume, or a byte of the disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The volume; none for the disk as a whole or the image file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub volume: Option<VolumeId>,
    /// The path from the root of the guest as it would be seen when running, or of the volume where that is unknown.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub path: Option<String>,
    /// Line in that file, from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<u32>,
    /// Byte in the volume, or in the disk where no volume is named.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub offset: Option<u64>,
    /// What stands there: the line, or what was seen, in words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<String>,
}

impl Evidence {
    /// A file of a volume.
    pub fn file(volume: &VolumeId, path: impl Into<String>) -> Self {
        Evidence { volume: Some(volume.clone()), path: Some(path.into()), ..Evidence::default() }
    }

    /// A byte of the disk.
    pub fn disk(offset: u64, text: impl Into<String>) -> Self {
        Evidence { offset: Some(offset), text: Some(text.into()), ..Evidence::default() }
    }

    /// A volume as a whole.
    pub fn volume(volume: &VolumeId, text: impl Into<String>) -> Self {
        Evidence { volume: Some(volume.clone()), text: Some(text.into()), ..Evidence::default() }
    }

    /// Only words, where there is no place to point at.
    pub fn words(text: impl Into<String>) -> Self {
        Evidence { text: Some(text.into()), ..Evidence::default() }
    }

    /// The same file at a line.
    #[must_use]
    pub fn at_line(mut self, line: u32) -> Self {
        self.line = Some(line);
        self
    }

    /// The same place, with what stands there.
    #[must_use]
    pub fn saying(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }
}

/// `partition 1: /etc/fstab:4: UUID=… / ext4 defaults 0 1`, with the guest's strings escaped.
impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if let Some(volume) = &self.volume {
            parts.push(volume.to_string());
        }
        if let Some(path) = &self.path {
            let line = self.line.map_or(String::new(), |line| format!(":{line}"));
            parts.push(printable(path) + &line);
        }
        if let Some(offset) = self.offset {
            parts.push(format!("byte {offset}"));
        }
        if let Some(text) = &self.text {
            parts.push(printable(text));
        }
        f.write_str(&parts.join(": "))
    }
}

/// A value and where it comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub evidence: Vec<Evidence>,
}

impl<T> Claim<T> {
    /// A value that one place shows.
    pub fn new(value: T, evidence: Evidence) -> Self {
        Claim { value, evidence: vec![evidence] }
    }
}

/// A guest's string made safe to print on a terminal or in a log: control and direction-changing characters escaped.
/// Backslashes stay as they are, for the sake of the paths of Windows.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

/// Whether a character does something else than to be seen: controls, and those that change the direction of a text,
/// hide in it or are tags.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_a_place() {
        let place = Evidence::file(&VolumeId::partition(1), "/etc/fstab").at_line(4).saying("a\u{1b}[31mb");
        assert_eq!(place.to_string(), r"partition 1: /etc/fstab:4: a\u{1b}[31mb");
    }

    #[test]
    fn bidi_and_controls_are_escaped() {
        assert_eq!(printable("a\u{202e}b\nC:\\Windows"), r"a\u{202e}b\nC:\Windows");
        assert_eq!(printable("ärger 你好"), "ärger 你好");
    }
}
