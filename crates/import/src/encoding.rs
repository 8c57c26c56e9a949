//! Percent-encoding as the services sign it (RFC 3986, unreserved characters as they are), hexadecimal, Base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write as _;

/// Everything but unreserved characters and those in `kept` as `%XX`.
pub(crate) fn percent(text: &str, kept: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || kept.as_bytes().contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// The other way round; what is no encoding stays.
pub(crate) fn unpercent(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let decoded = (first == b'%').then(|| tail.get(..2)).flatten();
        let decoded = decoded.and_then(|digits| std::str::from_utf8(digits).ok());
        match decoded.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => (bytes.push(byte), rest = &tail[2..]),
            None => (bytes.push(first), rest = tail),
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `k=v&k=v` in the order of the encoded pairs.
pub(crate) fn query<K: AsRef<str>, V: AsRef<str>>(pairs: &[(K, V)]) -> String {
    let mut encoded: Vec<_> =
        pairs.iter().map(|(key, value)| (percent(key.as_ref(), ""), percent(value.as_ref(), ""))).collect();
    encoded.sort();
    let pairs: Vec<_> = encoded.iter().map(|(key, value)| format!("{key}={value}")).collect();
    pairs.join("&")
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Base64 with padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes of Base64, if it is that.
pub(crate) fn unbase64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.trim()).ok()
}

/// Text of a server for a person's terminal: no control characters, not too long.
pub(crate) fn shown(text: &str) -> String {
    /// Characters of a server's words that are shown: ours.
    const MOST: usize = 400;
    text.chars().take(MOST).flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_encoding_goes_both_ways() {
        let odd = "dir/a b~(1)*é+.qcow2";
        assert_eq!(percent(odd, "/"), "dir/a%20b~%281%29%2A%C3%A9%2B.qcow2");
        assert_eq!(unpercent(&percent(odd, "")), odd);
        assert_eq!(unpercent("100%"), "100%");
        assert_eq!(unpercent("%zz%é"), "%zz%é");
    }

    #[test]
    fn arrays_sort_as_text() {
        let pairs = [("D.2.K", "b"), ("D.10.K", "j"), ("D.1.K", "a c")];
        assert_eq!(query(&pairs), "D.1.K=a%20c&D.10.K=j&D.2.K=b");
    }

    #[test]
    fn what_is_shown_cannot_steer_a_terminal() {
        assert_eq!(shown("a\u{1b}[2Jb\n"), "a\\u{1b}[2Jb\\n");
        assert_eq!(shown(&"x".repeat(10_000)).len(), 400);
    }
}
