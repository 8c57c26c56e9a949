//! Text that must not show.

use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

/// What stands in the place of a secret.
const HIDDEN: &str = "(hidden)";

/// Text that is never shown: formatted or serialised, it is a fixed word. Memory is not wiped.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Keeps `text` from being shown.
    pub fn new(text: impl Into<String>) -> Self {
        Secret(text.into())
    }

    /// The text, for signing and for the one header that carries it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(HIDDEN)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(HIDDEN)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(HIDDEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_shows_it() {
        let secret = Secret::new("canary");
        let shown = [format!("{secret:?} {secret:#?} {secret}"), serde_json::to_string(&secret).unwrap()].concat();
        assert!(!shown.contains("canary") && shown.contains(HIDDEN));
        assert_eq!(serde_json::from_str::<Secret>("\"canary\"").unwrap().reveal(), "canary");
    }
}
