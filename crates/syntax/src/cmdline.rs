//! Kernel command lines.
//!
//! Split as the kernel's `next_arg` does: at blanks outside double quotes, name and value at the first `=`, quotes
//! removed around a value or around the whole parameter. Names are compared as kernel and systemd do: `-` equals `_`.

use crate::text::MAX_ITEMS;

/// Parameters in order: name and value, double quotes removed.
///
/// What follows `--` is the init program's and is in the list as well, since systemd reads it too.
pub fn parameters(cmdline: &str) -> Vec<(String, Option<String>)> {
    let mut in_quotes = false;
    let words = cmdline.split(|c: char| {
        in_quotes ^= c == '"';
        !in_quotes && (c.is_ascii_whitespace() || c == '\0')
    });
    words.filter(|word| !word.is_empty()).take(MAX_ITEMS).map(parameter).collect()
}

fn parameter(word: &str) -> (String, Option<String>) {
    let word = word.strip_prefix('"').map_or(word, |rest| rest.strip_suffix('"').unwrap_or(rest));
    match word.split_once('=') {
        None => (word.to_string(), None),
        Some((name, value)) => {
            let value = value.strip_prefix('"').map_or(value, |rest| rest.strip_suffix('"').unwrap_or(rest));
            (name.to_string(), Some(value.to_string()))
        }
    }
}

/// The last value of `name=`; `None` where it is not there or has no value.
pub fn last(cmdline: &str, name: &str) -> Option<String> {
    parameters(cmdline).into_iter().rev().find(|(key, _)| same(key, name)).and_then(|(_, value)| value)
}

/// Whether the bare word or `name=` is there.
pub fn has(cmdline: &str, name: &str) -> bool {
    parameters(cmdline).iter().any(|(key, _)| same(key, name))
}

fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).all(|(a, b)| a == b || (dash(a) && dash(b)))
}

fn dash(byte: u8) -> bool {
    byte == b'-' || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    type Case = (&'static str, &'static [(&'static str, Option<&'static str>)]);

    #[test]
    fn splits_as_the_kernel_does() {
        let cases: [Case; 8] = [
            ("", &[]),
            ("root=UUID=ab-c ro  quiet", &[("root", Some("UUID=ab-c")), ("ro", None), ("quiet", None)]),
            ("dyndbg=\"file a.c +p\" x", &[("dyndbg", Some("file a.c +p")), ("x", None)]),
            ("\"a=b c\" d", &[("a", Some("b c")), ("d", None)]),
            ("a=\"open b", &[("a", Some("open b"))]),
            ("a= \tb\n", &[("a", Some("")), ("b", None)]),
            ("-- init", &[("--", None), ("init", None)]),
            ("\"", &[("", None)]),
        ];
        for (line, expected) in cases {
            let got = parameters(line);
            let got: Vec<_> = got.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect();
            assert_eq!(got, expected, "{line}");
        }
    }

    #[test]
    fn the_last_one_counts() {
        let line = "console=tty0 console=ttyS0,115200n8 net.ifnames=0 ro rd-lvm_x=1";
        assert_eq!(last(line, "console").as_deref(), Some("ttyS0,115200n8"));
        assert_eq!(last(line, "rd_lvm_x").as_deref(), Some("1"));
        assert_eq!(last(line, "ro"), None);
        assert!(has(line, "ro") && has(line, "net.ifnames") && !has(line, "net"));
    }
}
