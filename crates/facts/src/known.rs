//! "Not there" is not "could not look".

use serde::{Deserialize, Serialize};

/// What is known about something.
///
/// In JSON: `{"is": …}`, `"absent"` or `{"unknown": {"why": "…"}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Known<T> {
    /// It is there, and this is it.
    Is(T),
    /// It was looked for where it would be, and is not there.
    Absent,
    /// It could not be looked for, or not well enough to tell.
    Unknown(Reason),
}

/// Why something is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// A phrase that completes "unknown: …".
    pub why: String,
}

impl Reason {
    /// A reason in words.
    pub fn new(why: impl Into<String>) -> Self {
        Reason { why: why.into() }
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&crate::printable(&self.why))
    }
}

/// What nobody has looked at is unknown.
impl<T> Default for Known<T> {
    fn default() -> Self {
        Known::unknown("not examined")
    }
}

impl<T> Known<T> {
    /// Not known, and why.
    pub fn unknown(why: impl Into<String>) -> Self {
        Known::Unknown(Reason::new(why))
    }

    /// The value, if it is there.
    pub fn value(&self) -> Option<&T> {
        match self {
            Known::Is(value) => Some(value),
            Known::Absent | Known::Unknown(_) => None,
        }
    }

    /// Whether it was looked for and is not there.
    pub fn is_absent(&self) -> bool {
        matches!(self, Known::Absent)
    }

    /// Why it is not known, if it is not.
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Known::Unknown(reason) => Some(reason),
            Known::Is(_) | Known::Absent => None,
        }
    }

    /// The same knowledge by reference.
    pub fn as_ref(&self) -> Known<&T> {
        match self {
            Known::Is(value) => Known::Is(value),
            Known::Absent => Known::Absent,
            Known::Unknown(reason) => Known::Unknown(reason.clone()),
        }
    }

    /// The same knowledge of something derived.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Known<U> {
        match self {
            Known::Is(value) => Known::Is(f(value)),
            Known::Absent => Known::Absent,
            Known::Unknown(reason) => Known::Unknown(reason),
        }
    }

    /// What follows from it, where that may itself be absent or unknown.
    pub fn and_then<U>(self, f: impl FnOnce(T) -> Known<U>) -> Known<U> {
        match self {
            Known::Is(value) => f(value),
            Known::Absent => Known::Absent,
            Known::Unknown(reason) => Known::Unknown(reason),
        }
    }
}

/// `None` means that it was looked for.
impl<T> From<Option<T>> for Known<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Known::Absent, Known::Is)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_the_three_apart() {
        let all = [Known::Is(3), Known::Absent, Known::unknown("locked")];
        let text = serde_json::to_string(&all).unwrap();
        assert_eq!(text, r#"[{"is":3},"absent",{"unknown":{"why":"locked"}}]"#);
        assert_eq!(serde_json::from_str::<[Known<i32>; 3]>(&text).unwrap(), all);
    }

    #[test]
    fn nothing_is_a_pass_by_default() {
        assert!(Known::<bool>::default().reason().is_some());
    }
}
