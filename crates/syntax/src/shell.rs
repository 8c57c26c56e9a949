//! Shell-like assignments: os-release, `/etc/default/*`, `/etc/sysconfig/*`, ifcfg, rc.conf. os-release(5).
//!
//! Quotes and backslashes as in sh(1); quoted values may span lines. Nothing is expanded or run: `$x`, `$(…)` and
//! backquotes stay as they are written. An unquoted value with blanks (`NAME=Red Hat`) is read as systemd reads it, to
//! the end of the line. Assignments inside `if` or functions count as if they stood alone.

use std::collections::BTreeMap;

use crate::text::{MAX_ITEMS, MAX_TEXT, decode};

/// One `KEY=value` line, quotes and escapes removed, nothing expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Name.
    pub key: String,
    /// Value.
    pub value: String,
    /// Line.
    pub line: u32,
}

/// All assignments in order (`export` before one is skipped, `+=` appends); other lines are passed over.
pub fn assignments(text: &[u8]) -> Vec<Assignment> {
    let text = decode(text);
    let mut reader = Reader { rest: &text, line: 1, found: Vec::new(), latest: BTreeMap::new(), value_bytes: 0 };
    while !reader.rest.is_empty() && reader.found.len() < MAX_ITEMS && reader.value_bytes < 4 * MAX_TEXT {
        reader.line();
    }
    reader.found
}

/// The last assignment of `key`.
pub fn last<'a>(assignments: &'a [Assignment], key: &str) -> Option<&'a Assignment> {
    assignments.iter().rev().find(|assignment| assignment.key == key)
}

struct Reader<'a> {
    rest: &'a str,
    line: u32,
    found: Vec<Assignment>,
    /// Where in `found` each name was last assigned.
    latest: BTreeMap<String, usize>,
    value_bytes: usize,
}

impl Reader<'_> {
    /// Reads the assignments of the line at hand and goes to the next.
    fn line(&mut self) {
        loop {
            self.skip(|c| c == ' ' || c == '\t' || c == ';');
            if let Some(rest) = self.rest.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t'])) {
                self.rest = rest;
                continue;
            }
            let Some((key, appends, value)) = head(self.rest) else { break };
            let line = self.line;
            self.rest = value;
            let value = self.value();
            self.add(key, appends, value, line);
        }
        self.skip(|c| c != '\n');
        self.rest = self.rest.strip_prefix('\n').unwrap_or_default();
        self.line += 1;
    }

    fn skip(&mut self, passed: impl Fn(char) -> bool) {
        self.rest = self.rest.trim_start_matches(passed);
    }

    fn add(&mut self, key: &str, appends: bool, value: String, line: u32) {
        let before = self.latest.insert(key.to_string(), self.found.len()).filter(|_| appends);
        let before = before.map_or("", |index| self.found[index].value.as_str());
        let value = format!("{before}{value}");
        self.value_bytes += value.len();
        self.found.push(Assignment { key: key.to_string(), value, line });
    }

    /// Reads one value; stands after it then.
    fn value(&mut self) -> String {
        let (line_text, _) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        let start = self.rest;
        let word = self.word();
        let plain = !word.contains(['"', '\'', '\\']) && start.starts_with(word.as_str());
        let (after, _) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        let after = after.trim();
        let ends = after.is_empty() || after.starts_with(['#', ';', '&', '|', ')', '}']) || head(after).is_some();
        if ends || !plain {
            return word;
        }
        self.skip(|c| c != '\n');
        line_text.trim().to_string()
    }

    /// Reads one word of the shell.
    fn word(&mut self) -> String {
        let mut word = String::new();
        while let Some(c) = self.rest.chars().next() {
            let after = &self.rest[c.len_utf8()..];
            match c {
                ' ' | '\t' | '\n' | '\r' | ';' | '&' | '|' => break,
                '\'' | '"' => self.quoted(c, after, &mut word),
                '\\' => self.escaped(after, &mut word),
                '`' => self.raw_until('`', 1, &mut word),
                '$' if after.starts_with('(') => self.raw_until(')', 2, &mut word),
                _ => {
                    word.push(c);
                    self.rest = after;
                }
            }
        }
        word
    }

    /// A backslash outside quotes: the next character as it is, nothing for a line end.
    fn escaped(&mut self, after: &str, word: &mut String) {
        let Some(c) = after.chars().next() else { return self.advance(1) };
        if c == '\n' {
            self.line += 1;
        } else {
            word.push(c);
        }
        self.advance(1 + c.len_utf8());
    }

    /// A quoted part. Where the quote is never closed it ends with the line.
    fn quoted(&mut self, quote: char, after: &str, word: &mut String) {
        let mut escape = false;
        let closing = after.find(|c| {
            let closes = c == quote && !escape;
            escape = quote == '"' && c == '\\' && !escape;
            closes
        });
        let end = closing.or_else(|| after.find('\n')).unwrap_or(after.len());
        let inner = &after[..end];
        self.line += u32::try_from(inner.matches('\n').count()).unwrap_or(u32::MAX);
        if quote == '"' {
            unescape(inner, word)
        } else {
            word.push_str(inner)
        }
        self.advance(1 + end + usize::from(closing.is_some()));
    }

    /// A command substitution, as it stands, to its end or that of the line.
    fn raw_until(&mut self, end: char, opening: usize, word: &mut String) {
        let (line, _) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        let length = line[opening..].find(end).map_or(line.len(), |at| opening + at + 1);
        word.push_str(&line[..length]);
        self.advance(length);
    }

    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }
}

/// Removes the backslashes that count inside double quotes: before `$`, `` ` ``, `"`, `\` and a line end.
fn unescape(inner: &str, word: &mut String) {
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match (c, chars.clone().next()) {
            ('\\', Some(next @ ('$' | '`' | '"' | '\\'))) => {
                word.push(next);
                chars.next();
            }
            ('\\', Some('\n')) => drop(chars.next()),
            _ => word.push(c),
        }
    }
}

/// Name, whether it is `+=`, and what follows the `=`.
fn head(text: &str) -> Option<(&str, bool, &str)> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
    let (key, rest) = text.split_at(end);
    let named = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let (appends, value) = match rest.strip_prefix("+=") {
        Some(value) => (true, value),
        None => (false, rest.strip_prefix('=')?),
    };
    named.then_some((key, appends, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String, u32)> {
        assignments(text.as_bytes()).into_iter().map(|a| (a.key, a.value, a.line)).collect()
    }

    #[test]
    fn reads_values_as_the_shell_does() {
        let cases = [
            ("ID=debian", "debian"),
            ("ID=\"centos\"", "centos"),
            ("ID='a b'", "a b"),
            ("ID=a\"b c\"'d e'f", "ab cd ef"),
            ("ID=\"\\$x \\\"q\\\" \\\\ \\` \\n\"", "$x \"q\" \\ ` \\n"),
            ("ID='\\$x'", "\\$x"),
            ("ID=a\\ b", "a b"),
            ("ID=", ""),
            ("ID=yes   ", "yes"),
            ("ID=yes # a comment", "yes"),
            ("ID=yes#no", "yes#no"),
            ("  export ID=x", "x"),
            ("ID=Red Hat Linux  ", "Red Hat Linux"),
            ("ID=`lsb_release -i -s 2> /dev/null || echo Debian`", "`lsb_release -i -s 2> /dev/null || echo Debian`"),
            ("ID=\"$(sed 's, release .*$,,g' /etc/system-release)\"", "$(sed 's, release .*$,,g' /etc/system-release)"),
            ("ID=$(cat x y) # z", "$(cat x y)"),
            ("ID=\"open", "open"),
            ("ID='open\r", "open\r"),
            ("ID=x\r", "x"),
            ("ID=V7Update6;", "V7Update6"),
            ("ID=\\", ""),
            ("ID=\"", ""),
        ];
        for (text, value) in cases {
            assert_eq!(pairs(text), [("ID".to_string(), value.to_string(), 1)], "{text}");
        }
    }

    #[test]
    fn passes_over_what_is_no_assignment() {
        for text in ["", "# ID=x", "ID", "1D=x", "ID x", "ID = x", "=x", "if [ a = b ]; then", "\0", "\u{feff}"] {
            assert_eq!(pairs(text), [], "{text}");
        }
    }

    #[test]
    fn counts_lines_over_quoted_line_ends() {
        let text = "\u{feff}A=1\r\n\nB=\"x\ny\"\nC=a\\\nb\nD=1 E=2; F=3\n";
        let expected = [("A", "1", 1), ("B", "x\ny", 3), ("C", "ab", 5), ("D", "1", 7), ("E", "2", 7), ("F", "3", 7)];
        let expected: Vec<_> = expected.map(|(k, v, n)| (k.to_string(), v.to_string(), n)).into();
        assert_eq!(pairs(text), expected);
    }

    #[test]
    fn appends_and_finds_the_last() {
        let found = assignments(b"A=x\nB=q\nA+=\" y\"\n");
        assert_eq!(last(&found, "A").map(|a| (a.value.as_str(), a.line)), Some(("x y", 3)));
        assert_eq!(last(&found, "C"), None);
    }

    #[test]
    fn bounds_what_appending_can_grow_to() {
        let found = assignments("A+=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n".repeat(90_000).as_bytes());
        let bytes: usize = found.iter().map(|a| a.value.len()).sum();
        assert!(found.len() > 100 && bytes < 5 * MAX_TEXT, "{} {bytes}", found.len());
    }
}
