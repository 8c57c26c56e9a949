//! The environment, as a value: tests give their own.

use crate::secret::Secret;
use crate::signature::Key;
use std::collections::BTreeMap;
use std::fmt;

/// Variables; their values never show.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The one of this process. Variables that are not UTF-8 are none of ours.
    pub fn of_process() -> Self {
        let utf8 = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Environment(std::env::vars_os().filter_map(utf8).collect())
    }

    /// Empty variables are as good as none.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(crate) fn says(&self, name: &str, word: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case(word))
    }

    /// The key in it.
    pub(crate) fn key(&self) -> Option<Key> {
        Some(Key {
            id: self.get("ALIBABA_CLOUD_ACCESS_KEY_ID")?.into(),
            secret: Secret::new(self.get("ALIBABA_CLOUD_ACCESS_KEY_SECRET")?),
            token: self.get("ALIBABA_CLOUD_SECURITY_TOKEN").map(Secret::new),
            expires: None,
        })
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(pairs: [(&str, &str); N]) -> Self {
        Environment(pairs.map(|(name, value)| (name.into(), value.into())).into())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Environment").field("variables", &self.0.len()).finish()
    }
}
