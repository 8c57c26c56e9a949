//! What a guest says, made harmless in each format.
//!
//! In texts for people what hides is written out first, so that no format has to know what a terminal or a browser does
//! with a control character. Programs get the characters themselves where the format can write them in another way.

use facts::is_hidden;
use serde::Serialize;
use std::fmt::Write as _;
use std::io;

/// A text in which all that hides is written out. Unlike on a terminal, backslashes stay as they are: paths and commands
/// are copied from these pages.
pub(crate) fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

/// A JSON document, in which all that hides is written as `\uXXXX`.
pub(crate) fn json(document: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    let text = serde_json::to_string_pretty(document)?;
    let mut rest = text.as_str();
    // Line ends are between strings; within them the writer has escaped all below a space.
    while let Some((at, hidden)) = rest.char_indices().find(|(_, c)| is_hidden(*c) && *c != '\n') {
        out.write_all(&rest.as_bytes()[..at])?;
        for unit in hidden.encode_utf16(&mut [0; 2]) {
            write!(out, "\\u{unit:04x}")?;
        }
        rest = &rest[at + hidden.len_utf8()..];
    }
    out.write_all(rest.as_bytes())?;
    out.write_all(b"\n")
}

/// Text or a value of an attribute in XML. What XML 1.0 cannot hold becomes the replacement character.
pub(crate) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => drop(write!(out, "&#{};", u32::from(character))),
            control if control < ' ' || matches!(control, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            hidden if is_hidden(hidden) => drop(write!(out, "&#{};", u32::from(hidden))),
            other => out.push(other),
        }
    }
    out
}

/// Text or a quoted value of an attribute in HTML.
pub(crate) fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in shown(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// Text in a paragraph or a cell of GitHub's and GitLab's Markdown. An entity is never a mark, so each character that
/// can be part of one is written as an entity; a comment keeps a name from being called upon.
pub(crate) fn markdown(text: &str) -> String {
    let text = shown(text).replace("www.", "www\u{1}");
    let mut out = String::with_capacity(text.len());
    let list = begins_list(&text);
    let mut characters = text.chars().enumerate().peekable();
    while let Some((index, character)) = characters.next() {
        let next = characters.peek().map(|(_, next)| *next);
        match character {
            '@' => out.push_str("@<!-- -->"),
            // Between `www` and a name, where it would make a link; it cannot be in printable text.
            '\u{1}' => out.push_str("&#46;"),
            // Before a space it can neither be of an address nor of an emoji.
            ':' if next.is_none_or(|next| next == ' ') => out.push(':'),
            first if index == 0 && list => drop(write!(out, "&#{};", u32::from(first))),
            '&' | '<' | '>' | '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '$' | ':' | '!' | '"' | '{'
            | '}' | '^' => drop(write!(out, "&#{};", u32::from(character))),
            other => out.push(other),
        }
    }
    out
}

/// Whether it would be an item of a list or underline what is above it, where a line begins.
fn begins_list(text: &str) -> bool {
    let after = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = after.len() < text.len() && after.starts_with(['.', ')']);
    numbered && matches!(after[1..].chars().next(), None | Some(' ')) || text.starts_with(['-', '+', '='])
}

/// The message of a workflow command.
pub(crate) fn command_message(text: &str) -> String {
    unmarked(&shown(text)).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property of a workflow command.
pub(crate) fn command_property(text: &str) -> String {
    command_message(text).replace(':', "%3A").replace(',', "%2C")
}

/// The older form of commands, which counts anywhere in a line.
const OLD_COMMAND: &str = "##[";

/// One line that the runner of a workflow takes for no command: printable text, which may stand where a line begins.
pub(crate) fn unmarked(line: &str) -> String {
    let line = line.replace(OLD_COMMAND, "\\u{23}#[");
    let start = line.len() - line.trim_start().len();
    match line[start..].strip_prefix("::") {
        Some(rest) => format!("{}\\u{{3a}}:{rest}", &line[..start]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_the_same_and_hides_nothing() {
        let text = "a\u{202e}\u{9b}\u{e0041}\u{7f}\n\u{1b}é";
        let mut out = Vec::new();
        json(&[text], &mut out).unwrap();
        let written = String::from_utf8(out).unwrap();
        assert!(written.contains(r"a\u202e\u009b\udb40\udc41\u007f\n\u001bé"), "{written}");
        assert_eq!(serde_json::from_str::<[String; 1]>(&written).unwrap()[0], text);
    }

    #[test]
    fn marks_of_each_format_are_none() {
        assert_eq!(shown("C:\\a\u{202e}"), "C:\\a\\u{202e}");
        assert_eq!(xml("]]><a b=\"\u{0}\u{202e}\n"), "]]&gt;&lt;a b=&quot;\u{fffd}&#8238;&#10;");
        assert_eq!(html("<script>'\u{202e}"), "&lt;script&gt;&#39;\\u{202e}");
        assert_eq!(markdown("|a|`@x"), "&#124;a&#124;&#96;@<!-- -->x");
        assert_eq!(markdown("1. www.x"), "&#49;. www&#46;x");
        assert_eq!(markdown("6.1.0: http://x :x:"), "6.1.0: http&#58;//x &#58;x:");
        assert_eq!(command_property("50%:a,b\n"), "50%25%3Aa%2Cb\\n");
    }

    #[test]
    fn no_line_is_a_command() {
        assert_eq!(unmarked("  ::error::x"), "  \\u{3a}:error::x");
        assert_eq!(unmarked("a ##[error]b"), "a \\u{23}#[error]b");
        assert_eq!(unmarked("fe80::1"), "fe80::1");
    }
}
