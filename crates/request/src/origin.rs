//! Where a parameter comes from.

use facts::{Evidence, Known};
use serde::Serialize;

/// A parameter that the disk has a say in: what is sent, what was stated, what the disk says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Origin {
    /// Name of the parameter.
    pub parameter: String,
    /// What is sent. None: it is left out.
    pub sent: Option<String>,
    /// What the user states.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stated: Option<String>,
    /// What the disk says. Absent: nothing.
    pub found: Known<Found>,
    /// What is stated is not what the disk says.
    pub differs: bool,
}

/// What the disk says a parameter must be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The value.
    pub value: String,
    /// Others that would be as true.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// Why, in words that complete "because".
    pub why: String,
    /// Where it shows.
    pub evidence: Vec<Evidence>,
}

impl Found {
    /// A value and why.
    pub(crate) fn new(value: impl Into<String>, why: impl Into<String>) -> Self {
        Found { value: value.into(), why: why.into(), ..Found::default() }
    }

    /// The same with places where it shows.
    #[must_use]
    pub(crate) fn at<'a>(mut self, evidence: impl IntoIterator<Item = &'a Evidence>) -> Self {
        self.evidence.extend(evidence.into_iter().cloned());
        self
    }

    /// The same with another value that would be as true.
    #[must_use]
    pub(crate) fn or(mut self, value: &str) -> Self {
        self.also.push(value.into());
        self
    }

    fn is(&self, value: &str) -> bool {
        self.value == value || self.also.iter().any(|other| other == value)
    }
}

impl Origin {
    /// What is stated goes before what is found.
    pub(crate) fn of(parameter: impl Into<String>, stated: Option<&str>, found: Known<Found>) -> Self {
        let value = found.value().map(|found| found.value.clone());
        let differs = found.value().zip(stated).is_some_and(|(found, stated)| !found.is(stated));
        let stated = stated.map(str::to_owned);
        Origin { parameter: parameter.into(), sent: stated.clone().or(value), stated, found, differs }
    }

    /// Whether the call needs it, and nobody says what it is.
    pub fn is_open(&self) -> bool {
        let needed = matches!(self.parameter.as_str(), "OSType" | "Platform" | "Architecture" | "BootMode");
        self.sent.is_none() && (needed || self.parameter.ends_with(".DiskImageSize"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stated_goes_before_what_is_found() {
        let found = || Known::Is(Found::new("BIOS", "it boots by both").or("UEFI"));
        let sent = |stated| Origin::of("BootMode", stated, found());
        assert_eq!((sent(None).sent.as_deref(), sent(None).differs), (Some("BIOS"), false));
        assert_eq!((sent(Some("UEFI")).sent.as_deref(), sent(Some("UEFI")).differs), (Some("UEFI"), false));
        assert!(sent(Some("Legacy")).differs);
        assert!(Origin::of("BootMode", None, Known::unknown("not examined")).is_open());
        assert!(!Origin::of("Features.NvmeSupport", None, Known::unknown("not examined")).is_open());
    }
}
