//! Words on a page: escaping, cutting, wrapping, sizes.

use crate::Style;
use crate::escape::unmarked;
use facts::{Evidence, printable};
use std::fmt::Write as _;

/// Characters of a guest's line that are quoted.
const QUOTED: usize = 160;

/// Where the text of a row begins.
const COLUMN: usize = 16;
/// Where it begins at most, for the sake of a long name.
const WIDEST: usize = 32;

/// Text under construction, wrapped at the width of the style.
pub(crate) struct Page<'a> {
    pub(crate) style: &'a Style,
    text: String,
}

impl<'a> Page<'a> {
    pub(crate) fn new(style: &'a Style) -> Self {
        Page { style, text: String::new() }
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }

    /// A line as it is: no escaping, no wrapping.
    pub(crate) fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// An empty line.
    pub(crate) fn gap(&mut self) {
        self.text.push('\n');
    }

    /// A painted heading on the left, then text, escaped and wrapped so that it stays right of the heading.
    /// `heading` is (what is printed, columns it takes).
    pub(crate) fn hanging(&mut self, heading: &str, columns: usize, text: &str) {
        let room = self.style.width.max(40).saturating_sub(columns).max(20);
        let mut lines = wrap(&printable(text), room).into_iter().map(|line| unmarked(&line));
        let first = lines.next().unwrap_or_default();
        self.line(format!("{heading}{first}").trim_end());
        for line in lines {
            self.line(&format!("{:columns$}{line}", ""));
        }
    }

    /// `name`, which is safe to print, and text in two columns.
    pub(crate) fn row(&mut self, name: &str, text: &str) {
        self.row_at(COLUMN, name, text);
    }

    /// The same for rows that belong together: as wide as their names need, within reason.
    pub(crate) fn rows(&mut self, rows: &[(String, String)]) {
        let widest = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let column = (widest + 4).clamp(COLUMN, WIDEST);
        for (name, text) in rows {
            self.row_at(column, name, text);
        }
    }

    /// A name that the column cannot hold has a line of its own.
    fn row_at(&mut self, column: usize, name: &str, text: &str) {
        let name = unmarked(name);
        if name.chars().count() + 3 > column {
            self.line(&format!("  {name}"));
            return self.hanging(&" ".repeat(column), column, text);
        }
        self.hanging(&format!("  {name:<0$}", column - 2), column, text);
    }
}

/// Lines of at most `room` characters, cut between words where there are any.
fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let width = line.chars().count();
        if width > 0 && width + 1 + word.chars().count() > room {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

/// A place, with what stands there cut to a length that can be read. Escaping is for the page to do.
pub(crate) fn place(evidence: &Evidence) -> String {
    let mut out = Vec::new();
    if let Some(volume) = &evidence.volume {
        out.push(volume.to_string());
    }
    if let Some(path) = &evidence.path {
        out.push(cut(path) + &evidence.line.map_or(String::new(), |line| format!(":{line}")));
    }
    if let Some(offset) = evidence.offset {
        out.push(format!("byte {offset}"));
    }
    if let Some(text) = evidence.text.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        out.push(cut(text));
    }
    out.join(": ")
}

/// At most so much of a guest's string.
pub(crate) fn cut(text: &str) -> String {
    if text.chars().count() <= QUOTED {
        return text.into();
    }
    text.chars().take(QUOTED).chain(['…']).collect()
}

/// A length for people: `4 GiB`, `571.5 MiB`, `300 bytes`.
pub(crate) fn size(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let power = (1..=6).rev().find(|power| bytes >> (10 * power) > 0);
    let Some(power) = power else { return format!("{bytes} bytes") };
    let tenths = (u128::from(bytes) * 10) >> (10 * power);
    let mut text = (tenths / 10).to_string();
    if tenths % 10 > 0 {
        let _ = write!(text, ".{}", tenths % 10);
    }
    format!("{text} {}", units[power - 1])
}

/// `1 rule`, `2 rules`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_well() {
        assert_eq!(size(0), "0 bytes");
        assert_eq!(size(1023), "1023 bytes");
        assert_eq!(size(4 << 30), "4 GiB");
        assert_eq!(size(1_610_612_736), "1.5 GiB");
        assert_eq!(size(u64::MAX), "15.9 EiB");
    }

    #[test]
    fn wraps_between_words_and_never_loses_one() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("supercalifragilistic", 7), ["supercalifragilistic"]);
        assert_eq!(wrap("", 7), [""]);
    }

    #[test]
    fn a_page_escapes_what_it_prints() {
        let style = Style::default();
        let mut page = Page::new(&style);
        page.row("name", "a\u{1b}[2J\nb");
        assert_eq!(page.finish(), "  name          a\\u{1b}[2J\\nb\n");
    }

    #[test]
    fn a_long_name_pushes_its_text_aside() {
        let style = Style::default();
        let mut page = Page::new(&style);
        page.row("fourteen chars", "one");
        page.rows(&[("slice 1 partition a".into(), "two".into()), ("disk".into(), "three".into())]);
        page.rows(&[("x".repeat(40), "four".into())]);
        let long = "x".repeat(40);
        let expected = format!(
            "  fourteen chars\n                one\n  slice 1 partition a  two\n  disk                 three\n  {long}\n{:32}four\n",
            ""
        );
        assert_eq!(page.finish(), expected);
    }

    #[test]
    fn long_lines_of_a_guest_are_cut() {
        let long = Evidence::words("x".repeat(1000));
        assert_eq!(place(&long).chars().count(), QUOTED + 1);
    }
}
