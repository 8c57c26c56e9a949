//! Sections and keys: systemd units (systemd.syntax(7)), NetworkManager keyfiles, `loader.conf`-like files.
//!
//! Before the first section a line may also be `key value` with a blank between, as systemd-boot's `loader.conf` has it.

use crate::text::{MAX_ITEMS, decode, lines};

/// Longest name of a section that is kept, in characters; every pair has a copy. Ours: real ones are under 30.
const MAX_SECTION: usize = 128;

/// One `key=value` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Name of the section, empty before the first.
    pub section: String,
    /// Key.
    pub key: String,
    /// Value, continuation lines joined by one space.
    pub value: String,
    /// Line.
    pub line: u32,
}

/// All pairs in order; comments begin with `#` or `;`, also between continued lines.
pub fn parse(text: &[u8]) -> Vec<Pair> {
    let mut pairs: Vec<Pair> = Vec::new();
    let mut section = String::new();
    let mut open = false;
    for (number, line) in lines(&decode(text)) {
        let content = line.trim();
        if content.starts_with(['#', ';']) || (content.is_empty() && !open) {
            continue;
        }
        let (content, continues) = content.strip_suffix('\\').map_or((content, false), |part| (part.trim_end(), true));
        let header = content.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Some(pair) = pairs.last_mut().filter(|_| open) {
            pair.value.push(' ');
            pair.value.push_str(content);
            open = continues;
        } else if let Some(name) = header {
            section = name.chars().take(MAX_SECTION).collect();
        } else if let Some((key, value)) = split(content, section.is_empty()) {
            if pairs.len() == MAX_ITEMS {
                break;
            }
            pairs.push(Pair { section: section.clone(), key, value, line: number });
            open = continues;
        }
    }
    pairs
}

fn split(content: &str, blank_separates: bool) -> Option<(String, String)> {
    let blank = content
        .split_once(char::is_whitespace)
        .filter(|(key, rest)| blank_separates && !key.contains('=') && !rest.trim_start().starts_with('='));
    let (key, value) = blank.or_else(|| content.split_once('='))?;
    let key = key.trim();
    (!key.is_empty()).then(|| (key.to_string(), value.trim().to_string()))
}

/// The last value of a key in a section, names compared without case.
pub fn last<'a>(pairs: &'a [Pair], section: &str, key: &str) -> Option<&'a Pair> {
    pairs.iter().rev().find(|pair| pair.section.eq_ignore_ascii_case(section) && pair.key.eq_ignore_ascii_case(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Vec<(String, String, String, u32)> {
        parse(text.as_bytes()).into_iter().map(|p| (p.section, p.key, p.value, p.line)).collect()
    }

    #[test]
    fn reads_units_and_keyfiles() {
        let text = "\u{feff}# unit\r\n[Match]\r\nName=en* eth*\n\n[Network]\nDHCP = yes\n; note\nDNS=a \\\n# between\n  b \\\n\
                    \n[ipv4]\nmethod=auto\naddress1=1.2.3.4/24,1.2.3.1\nno value\n=x\n";
        let expected = [
            ("Match", "Name", "en* eth*", 3),
            ("Network", "DHCP", "yes", 6),
            ("Network", "DNS", "a b ", 8),
            ("ipv4", "method", "auto", 13),
            ("ipv4", "address1", "1.2.3.4/24,1.2.3.1", 14),
        ];
        let expected: Vec<_> = expected.map(|(s, k, v, n)| (s.to_string(), k.to_string(), v.to_string(), n)).into();
        assert_eq!(parsed(text), expected);
    }

    #[test]
    fn reads_blank_separated_keys_before_a_section() {
        let pairs = parse(b"default  debian-*.conf\ntimeout = 3\nconsole-mode=max\noptions root=x\n");
        assert_eq!(last(&pairs, "", "Default").map(|p| p.value.as_str()), Some("debian-*.conf"));
        assert_eq!(last(&pairs, "", "timeout").map(|p| p.value.as_str()), Some("3"));
        assert_eq!(last(&pairs, "", "console-mode").map(|p| p.value.as_str()), Some("max"));
        assert_eq!(last(&pairs, "", "options").map(|p| p.value.as_str()), Some("root=x"));
    }

    #[test]
    fn long_section_names_are_cut() {
        let pairs = parse(format!("[{}]\na=b\n", "ä".repeat(1000)).as_bytes());
        assert_eq!(pairs[0].section.chars().count(), MAX_SECTION);
    }

    #[test]
    fn the_last_value_counts() {
        let pairs = parse(b"[a]\nk=1\n[b]\nk=2\n[A]\nK=3\n");
        assert_eq!(last(&pairs, "a", "k").map(|p| p.line), Some(6));
        assert_eq!(last(&pairs, "c", "k"), None);
    }
}
