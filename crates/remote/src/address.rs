//! Addresses, and what of them may be shown.

use std::fmt;

/// An `http` or `https` address.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(String);

impl Address {
    /// Whether the name of an image is an address.
    pub fn of(name: &str) -> Option<Self> {
        let (scheme, rest) = name.split_once("://")?;
        let known = ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
        (known && !rest.is_empty()).then(|| Address(name.to_owned()))
    }

    /// All of it, with the query that may hold a signature.
    pub(crate) fn secret(&self) -> &str {
        &self.0
    }
}

/// Without user, password, query and fragment, any of which may hold a secret.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let public = self.0.split(['?', '#']).next().unwrap_or_default();
        let (scheme, rest) = public.split_once("://").unwrap_or(("", public));
        let (host, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
        let host = host.rsplit('@').next().unwrap_or_default();
        write!(f, "{scheme}://{host}{path}")
    }
}

/// As it is displayed.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_show() {
        for (name, shown) in [
            ("https://host/disk.qcow2", "https://host/disk.qcow2"),
            ("HTTP://user:canary@host:80/a/b?Signature=canary#canary", "HTTP://host:80/a/b"),
            ("https://host?canary", "https://host"),
            ("https://a@canary@host/x@y", "https://host/x@y"),
        ] {
            let address = Address::of(name).unwrap();
            assert_eq!(address.to_string(), shown);
            assert_eq!(format!("{address:?}"), shown);
        }
    }

    #[test]
    fn names_of_files_are_no_addresses() {
        for name in ["disk.raw", "/http://x", "http:/x", "https://", "oss://bucket/key", "file:///etc/passwd", "-"] {
            assert!(Address::of(name).is_none(), "{name}");
        }
    }
}
