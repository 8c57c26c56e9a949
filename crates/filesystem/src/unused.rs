//! What the filesystem on a volume does not use.

use crate::identify::{self, Content};
use crate::tree::See;
use std::ops::Range;
use storage::{ErrorKind, ReadAt, Result};

/// Whether it is known what a volume's filesystem does not use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unused {
    /// It has all been given.
    Known {
        /// As in [`Info::fs_type`](crate::Info::fs_type), or `swap`.
        fs_type: &'static str,
        /// Bytes in all ranges together.
        bytes: u64,
    },
    /// Nothing has been given.
    Unknown {
        /// Why, as a sentence without its dot.
        why: String,
    },
}

/// Gives `see` the bytes of `volume` that its filesystem marks free, in order, apart and not empty.
///
/// Only of a filesystem that is clean and shows no damage: all that can be checked has been checked before the first
/// range is given. What lies behind the end of the filesystem is not free but somebody else's. The volume must not change
/// meanwhile, or an error may come after some ranges.
///
/// # Errors
///
/// Those of reading the volume, and those of `see`. Damage is no error but [`Unused::Unknown`].
pub fn unused(volume: &dyn ReadAt, see: &mut See<'_>) -> Result<Unused> {
    let found = match identify::find(volume) {
        Ok(Some(found)) => found,
        Ok(None) => return unknown("there is no filesystem here that is known"),
        Err(error) if error.kind() == ErrorKind::Io => return Err(error),
        Err(error) => return unknown(error.to_string()),
    };
    let walk = |see: &mut See<'_>| -> Result<u64> {
        let mut joined = Joined { see, open: 0..0, bytes: 0 };
        match (&found.content, found.driver) {
            (Content::Swap { .. }, _) => identify::swap::unused(volume, &mut |range| joined.put(range)),
            (_, Some(driver)) => driver.unused(volume, &mut |range| joined.put(range)),
            _ => Err(storage::Error::unsupported(format!("what {} does not use is not known here", found.name()))),
        }?;
        joined.finish()
    };
    // Damage may lie behind much that is free: the first walk only looks for it.
    match walk(&mut |_| Ok(())) {
        Ok(_) => walk(see).map(|bytes| Unused::Known { fs_type: found.name(), bytes }),
        Err(error) if error.kind() == ErrorKind::Io => Err(error),
        Err(error) => unknown(error.to_string()),
    }
}

fn unknown(why: impl Into<String>) -> Result<Unused> {
    Ok(Unused::Unknown { why: why.into() })
}

/// Joins neighbouring ranges.
struct Joined<'a, 'b> {
    see: &'a mut See<'b>,
    open: Range<u64>,
    bytes: u64,
}

impl Joined<'_, '_> {
    fn put(&mut self, range: Range<u64>) -> Result<()> {
        if self.open.end == range.start && !self.open.is_empty() {
            self.open.end = range.end;
            return Ok(());
        }
        self.flush()?;
        self.open = range;
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        match self.open.is_empty() {
            true => Ok(()),
            false => {
                self.bytes += self.open.end - self.open.start;
                (self.see)(self.open.clone())
            }
        }
    }

    fn finish(mut self) -> Result<u64> {
        self.flush()?;
        Ok(self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_joined_and_what_is_empty_is_left_out() {
        let mut seen = Vec::new();
        let mut see = |range| {
            seen.push(range);
            Ok(())
        };
        let mut joined = Joined { see: &mut see, open: 0..0, bytes: 0 };
        for range in [0..10, 10..20, 25..25, 30..40, 40..41, 50..50] {
            joined.put(range).unwrap();
        }
        assert_eq!(joined.finish().unwrap(), 31);
        assert_eq!(seen, [0..20, 30..41]);
    }

    #[test]
    fn what_is_not_known_is_said() {
        for (volume, word) in [(vec![0u8; 1 << 16], "no filesystem"), (Vec::new(), "no filesystem")] {
            match unused(&volume, &mut |_| panic!("nothing is free")).unwrap() {
                Unused::Unknown { why } => assert!(why.contains(word), "{why}"),
                known => panic!("{known:?}"),
            }
        }
    }
}
