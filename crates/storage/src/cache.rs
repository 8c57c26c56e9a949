//! How files use the page cache: the words of `-t` and `-T`.

use crate::{Error, Result};
use std::str::FromStr;

/// How a file uses the page cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Cache {
    /// Through the page cache, and what went by is dropped from it, so that a large image does not push out what the
    /// machine works with. A source of which most was in the cache already is left there.
    #[default]
    Behind,
    /// `writeback`: through the page cache, which keeps what went by; flushed at the end.
    Writeback,
    /// `writethrough`: through the page cache, and every write is durable before the next.
    Writethrough,
    /// `none`: past the page cache (`O_DIRECT`); flushed at the end.
    Direct,
    /// `directsync`: past the page cache, and every write is durable before the next.
    DirectSync,
    /// `unsafe`: through the page cache, and never flushed: a power cut may leave rubbish under the new name.
    Unsafe,
}

/// The words, in the order of their documentation.
const WORDS: [(&str, Cache); 5] = [
    ("none", Cache::Direct),
    ("writeback", Cache::Writeback),
    ("writethrough", Cache::Writethrough),
    ("directsync", Cache::DirectSync),
    ("unsafe", Cache::Unsafe),
];

impl Cache {
    pub(crate) fn is_direct(self) -> bool {
        matches!(self, Cache::Direct | Cache::DirectSync)
    }

    /// Whether each write waits until it is durable.
    pub(crate) fn is_sync(self) -> bool {
        matches!(self, Cache::Writethrough | Cache::DirectSync)
    }
}

impl FromStr for Cache {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        WORDS.iter().find(|(word, _)| *word == text).map(|(_, cache)| *cache).ok_or_else(|| {
            let words = WORDS.map(|(word, _)| word).join(", ");
            Error::unsupported(format!("{text:?} is no cache mode; there are {words}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_qemu() {
        assert_eq!("none".parse::<Cache>().unwrap(), Cache::Direct);
        assert_eq!("unsafe".parse::<Cache>().unwrap(), Cache::Unsafe);
        let error = "fast".parse::<Cache>().unwrap_err();
        assert!(error.what().contains("writethrough"), "{error}");
    }
}
