//! The name of a file as a URI reference (RFC 3986).

use std::fmt::Write as _;

/// A relative path stays relative; an absolute one is a `file:` URI; an address of the web is one already.
pub(crate) fn uri(path: &str) -> String {
    for scheme in ["https://", "http://"] {
        if let Some(rest) = path.strip_prefix(scheme) {
            return format!("{scheme}{}", encoded(rest, b"-._~/:?=&"));
        }
    }
    let start = if path.starts_with('/') { "file://" } else { "" };
    format!("{start}{}", encoded(path.strip_prefix("./").unwrap_or(path), b"-._~/"))
}

/// All but letters, digits and those characters as `%XX`.
fn encoded(text: &str, plain: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn names_become_references() {
        assert_eq!(uri("./a b/c:d.qcow2"), "a%20b/c%3Ad.qcow2");
        assert_eq!(uri("/srv/ä.raw"), "file:///srv/%C3%A4.raw");
        assert_eq!(uri("https://host:8/x?y=1#<"), "https://host:8/x?y=1%23%3C");
    }
}
