//! fstab(5).
//!
//! Fields separated by blanks, `#` comments only at the beginning of a line, octal escapes (`\040`), fields four to six
//! optional. Follows libmount, which is stricter than getmntent(3), in what counts as malformed.

use crate::text::{MAX_ITEMS, MAX_TEXT};

/// One entry, octal escapes (`\040`) removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// First field, surrounding quotes of a `UUID="…"` removed.
    pub spec: String,
    /// Second.
    pub mount_point: String,
    /// Third.
    pub fs_type: String,
    /// Fourth, split at commas; `defaults` where there is none.
    pub options: Vec<String>,
    /// Fifth.
    pub dump: Option<u32>,
    /// Sixth.
    pub pass: Option<u32>,
    /// Line.
    pub line: u32,
    /// The line as it stands.
    pub text: String,
}

/// A line that is no entry, or an entry that something is wrong with: then it stands in both lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Line.
    pub line: u32,
    /// The line as it stands.
    pub text: String,
    /// What is wrong: fewer than three fields, a carriage return, a byte order mark, a number that is none.
    pub why: String,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Its entries in order.
    pub entries: Vec<Entry>,
    /// What is wrong with lines, in order; a line may be there more than once.
    pub malformed: Vec<Malformed>,
}

/// Reads an fstab.
pub fn parse(text: &[u8]) -> Table {
    let mut table = Table::default();
    let decoded = String::from_utf8_lossy(text.get(..MAX_TEXT).unwrap_or(text));
    for (number, line) in (1..).zip(decoded.split('\n')) {
        if table.entries.len() + table.malformed.len() >= MAX_ITEMS {
            table.complain(number, line, "too many lines to read: the rest was not looked at");
            return table;
        }
        table.read_line(number, line);
    }
    if text.len() > MAX_TEXT {
        table.complain(1, "", "longer than 4 MiB: the rest was not looked at");
    }
    table
}

impl Table {
    fn complain(&mut self, line: u32, text: &str, why: &str) {
        self.malformed.push(Malformed { line, text: text.trim_end_matches('\r').to_string(), why: why.to_string() });
    }

    fn read_line(&mut self, number: u32, whole: &str) {
        let line = whole.trim_start_matches('\u{feff}');
        if line.len() != whole.len() {
            self.complain(number, whole, "a byte order mark stands before the first field");
        }
        let line = line.trim_end_matches('\r');
        let content = line.trim_matches(is_blank);
        if content.is_empty() || content.starts_with('#') {
            return;
        }
        if line.len() != whole.trim_start_matches('\u{feff}').len() {
            self.complain(number, whole, "the line ends with a carriage return, which becomes part of the last field");
        }
        if content.contains('\0') {
            return self.complain(number, whole, "the line contains a NUL byte");
        }
        if content.chars().any(|c| c.is_whitespace() && !is_blank(c)) {
            self.complain(number, whole, "the line contains a space that is not ASCII, which separates no fields");
        }
        let fields: Vec<&str> = content.split(is_blank).filter(|field| !field.is_empty()).take(6).collect();
        let [spec, mount_point, fs_type, rest @ ..] = fields.as_slice() else {
            return self.complain(number, whole, "fewer than three fields");
        };
        let entry = Entry {
            spec: unquote(&unescape(spec)),
            mount_point: unescape(mount_point),
            fs_type: unescape(fs_type),
            options: options(rest.first()),
            dump: self.number(number, whole, rest.get(1), "fifth"),
            pass: self.number(number, whole, rest.get(2), "sixth"),
            line: number,
            text: line.to_string(),
        };
        self.entries.push(entry);
    }

    fn number(&mut self, line: u32, text: &str, field: Option<&&str>, which: &str) -> Option<u32> {
        let field = field?;
        let number = field.parse().ok();
        if number.is_none() {
            self.complain(line, text, &format!("the {which} field is no number"));
        }
        number
    }
}

/// The blanks that separate fields.
fn is_blank(c: char) -> bool {
    c == ' ' || c == '\t'
}

fn options(field: Option<&&str>) -> Vec<String> {
    let field = field.map_or_else(|| "defaults".to_string(), |field| unescape(field));
    field.split(',').filter(|option| !option.is_empty()).map(str::to_string).collect()
}

/// `UUID="x"` and `UUID='x'` to `UUID=x`, `"x"` to `x`.
fn unquote(spec: &str) -> String {
    let (tag, value) = spec.split_once('=').map_or(("", spec), |(tag, value)| (tag, value));
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return if tag.is_empty() { inner.to_string() } else { format!("{tag}={inner}") };
        }
    }
    spec.to_string()
}

/// Removes octal escapes: a backslash and three octal digits; any other backslash stands for itself.
pub(crate) fn unescape(field: &str) -> String {
    let bytes = field.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = bytes.get(at + 1..at + 4).filter(|_| bytes[at] == b'\\').and_then(octal);
        plain.push(escaped.unwrap_or(bytes[at]));
        at += if escaped.is_some() { 4 } else { 1 };
    }
    String::from_utf8_lossy(&plain).into_owned()
}

fn octal(digits: &[u8]) -> Option<u8> {
    let value = digits.iter().try_fold(0u32, |value, digit| match digit {
        b'0'..=b'7' => Some(value * 8 + u32::from(digit - b'0')),
        _ => None,
    })?;
    u8::try_from(value).ok().filter(|&byte| byte != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_an_installer_writes() {
        let table = parse(
            b"# /etc/fstab: static file system information.\n\
              UUID=0f1e-aa /               ext4    errors=remount-ro 0       1\n\
              \n\
              \t UUID=\"BBBB-CCCC\"  /boot/efi  vfat  umask=0077,shortname=winnt  0  2\n\
              /dev/mapper/vg-data /srv/my\\040data xfs defaults,nofail\n\
              tmpfs /tmp tmpfs\n",
        );
        assert_eq!(table.malformed, []);
        let specs: Vec<_> = table.entries.iter().map(|e| (e.line, e.spec.as_str(), e.mount_point.as_str())).collect();
        assert_eq!(
            specs,
            [
                (2, "UUID=0f1e-aa", "/"),
                (4, "UUID=BBBB-CCCC", "/boot/efi"),
                (5, "/dev/mapper/vg-data", "/srv/my data"),
                (6, "tmpfs", "/tmp"),
            ]
        );
        assert_eq!((table.entries[0].dump, table.entries[0].pass), (Some(0), Some(1)));
        assert_eq!(table.entries[2].options, ["defaults", "nofail"]);
        assert_eq!((table.entries[3].options.as_slice(), table.entries[3].pass), (&["defaults".to_string()][..], None));
        assert_eq!(table.entries[3].text, "tmpfs /tmp tmpfs");
    }

    #[test]
    fn keeps_both_of_two_root_lines_in_order() {
        let table = parse(b"/dev/sda1 / ext4\n/dev/sda2 / xfs\n");
        assert_eq!(table.entries.iter().map(|e| e.fs_type.as_str()).collect::<Vec<_>>(), ["ext4", "xfs"]);
    }

    #[test]
    fn complains_of_carriage_returns_and_still_gives_the_entry() {
        let table = parse(b"UUID=a / ext4 defaults\r\n\r\n# c\r\n");
        assert_eq!(table.entries[0].options, ["defaults"]);
        assert_eq!(table.malformed.len(), 1);
        assert_eq!((table.malformed[0].line, table.malformed[0].why.contains("carriage return")), (1, true));
    }

    #[test]
    fn complains_of_what_is_no_entry() {
        let cases: [(&[u8], u32, &str, usize); 6] = [
            (b"\n/dev/sda1 /\n", 2, "three fields", 0),
            (b"\xef\xbb\xbfUUID=a / ext4\n", 1, "byte order mark", 1),
            (b"a b c d x 0\n", 1, "fifth field", 1),
            (b"a b c d 0 1x\n", 1, "sixth field", 1),
            (b"a b\0 c\n", 1, "NUL", 0),
            ("a\u{a0}b c d\n".as_bytes(), 1, "not ASCII", 1),
        ];
        for (text, line, why, entries) in cases {
            let table = parse(text);
            assert_eq!(table.malformed.len(), 1, "{text:?}: {table:?}");
            assert_eq!((table.malformed[0].line, table.malformed[0].why.contains(why)), (line, true), "{table:?}");
            assert_eq!(table.entries.len(), entries, "{text:?}");
        }
    }

    #[test]
    fn removes_only_octal_escapes() {
        for (field, plain) in [
            ("a\\040b", "a b"),
            ("\\011\\012\\134", "\t\n\\"),
            ("\\x20", "\\x20"),
            ("\\04", "\\04"),
            ("\\777", "\\777"),
            ("\\000", "\\000"),
            ("\\", "\\"),
            ("\\303\\244", "ä"),
        ] {
            assert_eq!(unescape(field), plain, "{field}");
        }
    }

    #[test]
    fn stops_after_a_bounded_number_of_lines() {
        let table = parse("a\n".repeat(MAX_ITEMS + 5).as_bytes());
        assert_eq!(table.malformed.len(), MAX_ITEMS + 1);
        assert!(table.malformed[MAX_ITEMS].why.contains("not looked at"));
    }
}
