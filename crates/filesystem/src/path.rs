//! Paths inside a guest.

use std::fmt;

/// A path inside a guest, in bytes: absolute, normalised, `/` between names. It cannot become a path of this machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GuestPath(Vec<u8>);

impl GuestPath {
    /// The root.
    pub fn root() -> Self {
        GuestPath(b"/".to_vec())
    }

    /// The names on the way, none of them empty, `.` or `..`.
    pub fn names(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.0.split(|&byte| byte == b'/').filter(|name| !name.is_empty())
    }

    /// One name further. A name with `/` in it counts as several.
    #[must_use]
    pub fn join(&self, name: &[u8]) -> Self {
        let mut bytes = self.0.clone();
        bytes.push(b'/');
        bytes.extend_from_slice(name);
        GuestPath::from(bytes.as_slice())
    }

    /// One name less; the root is its own parent.
    #[must_use]
    pub fn parent(&self) -> Self {
        let names: Vec<_> = self.names().collect();
        let mut parent = GuestPath::root();
        for name in names.iter().take(names.len().saturating_sub(1)) {
            parent = parent.join(name);
        }
        parent
    }

    /// The last name; none for the root.
    pub fn name(&self) -> Option<&[u8]> {
        self.names().next_back()
    }

    /// As bytes, beginning with `/`.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Normalises: `..` stops at the root.
impl From<&[u8]> for GuestPath {
    fn from(bytes: &[u8]) -> Self {
        let mut names: Vec<&[u8]> = Vec::new();
        for name in bytes.split(|&byte| byte == b'/') {
            match name {
                b"" | b"." => {}
                b".." => drop(names.pop()),
                name => names.push(name),
            }
        }
        let mut path = vec![b'/'];
        path.extend_from_slice(&names.join(&b'/'));
        GuestPath(path)
    }
}

impl From<&str> for GuestPath {
    fn from(text: &str) -> Self {
        GuestPath::from(text.as_bytes())
    }
}

/// With bytes that are not UTF-8 replaced; escape it before printing.
impl fmt::Display for GuestPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_normalised() {
        for (written, meant) in [
            ("", "/"),
            ("/", "/"),
            ("etc//fstab", "/etc/fstab"),
            ("/a/./b/", "/a/b"),
            ("/a/../b", "/b"),
            ("/../../etc/passwd", "/etc/passwd"),
            ("..", "/"),
            ("/...", "/..."),
        ] {
            assert_eq!(GuestPath::from(written).as_bytes(), meant.as_bytes(), "{written}");
        }
    }

    #[test]
    fn joins_never_leave_the_root() {
        let etc = GuestPath::from("/etc");
        assert_eq!(etc.join(b"a/b").as_bytes(), b"/etc/a/b");
        assert_eq!(etc.join(b"../../..").as_bytes(), b"/");
        assert_eq!(etc.join(b"/shadow").as_bytes(), b"/etc/shadow");
        assert_eq!(GuestPath::root().join(b"x").as_bytes(), b"/x");
    }

    #[test]
    fn parents_end_at_the_root() {
        let path = GuestPath::from("/a/b/c");
        assert_eq!(path.parent().as_bytes(), b"/a/b");
        assert_eq!(path.name(), Some(&b"c"[..]));
        assert_eq!(GuestPath::from("/a").parent(), GuestPath::root());
        assert_eq!((GuestPath::root().parent(), GuestPath::root().name()), (GuestPath::root(), None));
    }

    #[test]
    fn keeps_bytes_that_are_not_text() {
        let path = GuestPath::from(&b"/caf\xE9/\xFF\x01"[..]);
        assert_eq!(path.as_bytes(), b"/caf\xE9/\xFF\x01");
        assert_eq!(path.names().collect::<Vec<_>>(), [&b"caf\xE9"[..], &b"\xFF\x01"[..]]);
        assert_eq!(path.to_string(), "/caf\u{FFFD}/\u{FFFD}\u{1}");
    }
}
