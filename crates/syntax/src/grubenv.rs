//! GRUB's environment block: 1024 bytes, `# GRUB Environment Block`, `KEY=value` lines, padded with `#`.
//!
//! A backslash before a backslash or a line feed makes it part of the value, as grub-editenv(1) writes it. The fixed
//! size is not insisted on: a block that an editor has cut or grown is still read by GRUB.

use std::collections::BTreeMap;

use crate::text::{MAX_ITEMS, decode};

/// First line of every block.
const SIGNATURE: &str = "# GRUB Environment Block\n";

/// The variables; none where it is no environment block.
pub fn parse(bytes: &[u8]) -> Option<BTreeMap<String, String>> {
    let text = decode(bytes);
    let body = text.strip_prefix(SIGNATURE)?;
    let assignments = logical_lines(body).into_iter().take(MAX_ITEMS).filter(|line| !line.starts_with('#'));
    let pairs = assignments.filter_map(|line| {
        let (key, value) = line.split_once('=')?;
        (!key.is_empty()).then(|| (key.to_string(), value.to_string()))
    });
    Some(pairs.collect())
}

/// Lines with the escapes removed.
fn logical_lines(body: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut chars = body.chars();
    while let Some(c) = chars.next() {
        let line = match lines.last_mut() {
            Some(line) if c != '\n' => line,
            _ => {
                lines.push(String::new());
                continue;
            }
        };
        line.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(body: &str) -> Vec<u8> {
        let mut bytes = format!("{SIGNATURE}{body}").into_bytes();
        bytes.resize(1024.max(bytes.len()), b'#');
        bytes
    }

    #[test]
    fn reads_variables_and_padding() {
        let variables =
            parse(&block("saved_entry=abc-5.14\nkernelopts=root=/dev/x ro\n# c=d\nempty=\nline\n")).unwrap();
        assert_eq!(variables["saved_entry"], "abc-5.14");
        assert_eq!(variables["kernelopts"], "root=/dev/x ro");
        assert_eq!((variables["empty"].as_str(), variables.len()), ("", 3));
    }

    #[test]
    fn removes_escapes() {
        assert_eq!(parse(&block("a=b\\\\c\\\nd\n")).unwrap()["a"], "b\\c\nd");
    }

    #[test]
    fn knows_what_is_no_block() {
        assert_eq!(parse(b""), None);
        assert_eq!(parse(b"saved_entry=1\n"), None);
        assert_eq!(parse(&[0; 1024]), None);
        assert_eq!(parse(SIGNATURE.as_bytes()), Some(BTreeMap::new()));
    }
}
