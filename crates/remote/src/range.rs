//! What a server says that it sends: `Content-Range: bytes FIRST-LAST/LENGTH` (RFC 9110, section 14.4).

/// The range of a partial answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ContentRange {
    /// The first byte, and the one behind the last; none where the range that was asked for does not exist.
    pub(crate) bytes: Option<(u64, u64)>,
    /// Length of the whole.
    pub(crate) length: u64,
}

impl ContentRange {
    /// None for what is not of that form, and for a whole of unknown length.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (bytes, length) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
        let length = length.parse().ok()?;
        if bytes == "*" {
            return Some(ContentRange { bytes: None, length });
        }
        let (first, last) = bytes.split_once('-')?;
        let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
        (first <= last && last < length).then_some(ContentRange { bytes: Some((first, last + 1)), length })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_servers_say() {
        let some = |bytes, length| Some(ContentRange { bytes, length });
        assert_eq!(ContentRange::parse("bytes 0-9/100"), some(Some((0, 10)), 100));
        assert_eq!(ContentRange::parse("bytes */0"), some(None, 0));
        for odd in ["", "bytes 5-4/9", "bytes 0-9/9", "bytes 0-9/*", "bytes 0-/9", "items 0-1/9", "bytes -1-2/9"] {
            assert_eq!(ContentRange::parse(odd), None, "{odd}");
        }
    }
}
