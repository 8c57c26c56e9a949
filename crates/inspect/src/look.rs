//! The outcome of looking for something, as a `Result` so that `?` can be used on it.
//!
//! Facts say [`Known`]; the facets compute with [`Look`] and turn it into `Known` where a fact is stored.

use facts::{Known, Reason};
use std::error::Error as _;
use storage::Error;

/// Why there is no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Gap {
    /// It was looked for, and is not there.
    Absent,
    /// It could not be looked for.
    Unknown(Reason),
}

/// A value, or why there is none.
pub(crate) type Look<T> = Result<T, Gap>;

impl Gap {
    /// Unknown, and why.
    pub(crate) fn unknown(why: impl Into<String>) -> Self {
        Gap::Unknown(Reason::new(why))
    }
}

/// What can be done with an outcome.
pub(crate) trait Outcome<T> {
    /// As a fact.
    fn known(self) -> Known<T>;
    /// Keeps "not there" as a value: only what could not be looked for is left as an error.
    fn optional(self) -> Look<Option<T>>;
    /// Whether it is there.
    fn found(self) -> Look<bool>;
}

impl<T> Outcome<T> for Look<T> {
    fn known(self) -> Known<T> {
        match self {
            Ok(value) => Known::Is(value),
            Err(Gap::Absent) => Known::Absent,
            Err(Gap::Unknown(reason)) => Known::Unknown(reason),
        }
    }

    fn optional(self) -> Look<Option<T>> {
        match self {
            Ok(value) => Ok(Some(value)),
            Err(Gap::Absent) => Ok(None),
            Err(unknown) => Err(unknown),
        }
    }

    fn found(self) -> Look<bool> {
        self.optional().map(|value| value.is_some())
    }
}

/// The first of several places where something is. Unknown only if it is in none and one could not be looked into.
pub(crate) fn first<I, T>(places: I, mut look: impl FnMut(I::Item) -> Look<T>) -> Look<T>
where
    I: IntoIterator,
{
    let mut gap = Gap::Absent;
    for place in places {
        match look(place) {
            Ok(value) => return Ok(value),
            Err(Gap::Absent) => {}
            Err(unknown) => gap = unknown,
        }
    }
    Err(gap)
}

/// An error in words for a report. That names the image already: the path is left out.
pub(crate) fn words(error: &Error) -> String {
    let place = error.offset().map_or_else(String::new, |offset| format!("at byte {offset}: "));
    let cause = error.source().map_or_else(String::new, |cause| format!(": {cause}"));
    format!("{place}{}{cause}", error.what())
}

/// A list as a fact: an empty one is absent.
pub(crate) fn non_empty<T>(items: Vec<T>) -> Known<Vec<T>> {
    if items.is_empty() { Known::Absent } else { Known::Is(items) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_looked_into_is_not_absent() {
        let look = |place: &str| match place {
            "here" => Ok(1),
            "locked" => Err(Gap::unknown("locked")),
            _ => Err(Gap::Absent),
        };
        assert_eq!(first(["no", "here"], look), Ok(1));
        assert_eq!(first(["locked", "here"], look), Ok(1));
        assert_eq!(first(["locked", "no"], look), Err(Gap::unknown("locked")));
        assert_eq!(first(["no"], look).known(), Known::Absent);
    }

    #[test]
    fn errors_do_not_repeat_the_path() {
        assert_eq!(
            words(&Error::corrupt(512, "entry past the end").at_path("a.raw")),
            "at byte 512: entry past the end"
        );
        assert_eq!(words(&Error::refused("a backing file").at_path("a.raw")), "a backing file");
        let machine = Error::io("unpacking", std::io::Error::other("a bad block")).at_path("a.raw");
        assert_eq!(words(&machine), "unpacking: a bad block");
    }
}
