//! loader.conf(5) of FreeBSD: `variable="value"`, one a line; names may have dots. Nothing is expanded.

use crate::shell::Assignment;
use crate::text::{MAX_ITEMS, decode, lines};

/// All assignments in order; other lines are passed over.
pub fn assignments(text: &[u8]) -> Vec<Assignment> {
    let text = decode(text);
    let found = lines(&text).filter_map(|(line, content)| {
        let (key, rest) = content.split_once('=')?;
        let key = key.trim();
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '%');
        let named = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && key.chars().all(is_name);
        named.then(|| Assignment { key: key.to_owned(), value: value(rest.trim_start()), line })
    });
    found.take(MAX_ITEMS).collect()
}

/// Between quotes, where a backslash keeps the next character; or one word.
fn value(text: &str) -> String {
    let Some(quoted) = text.strip_prefix('"') else {
        return text.split(|c: char| c.is_whitespace() || c == '#').next().unwrap_or_default().to_owned();
    };
    let mut value = String::new();
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => value.extend(chars.next()),
            c => value.push(c),
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_variables_of_the_loader() {
        let text = "# comment\nvirtio_load=\"YES\"\nvfs.root.mountfrom=\"ufs:/dev/gpt/rootfs\" # why\r\n\
                    autoboot_delay = 3\nhint.uart.0.at=isa#x\nexec=\"a \\\"b\\\"\"\nif x\n=y\n2=3\nopen=\"a b\n";
        let found: Vec<_> = assignments(text.as_bytes()).into_iter().map(|a| (a.key, a.value, a.line)).collect();
        let expected = [
            ("virtio_load", "YES", 2),
            ("vfs.root.mountfrom", "ufs:/dev/gpt/rootfs", 3),
            ("autoboot_delay", "3", 4),
            ("hint.uart.0.at", "isa", 5),
            ("exec", "a \"b\"", 6),
            ("open", "a b", 10),
        ];
        assert_eq!(found, expected.map(|(key, value, line)| (key.to_owned(), value.to_owned(), line)));
    }
}
