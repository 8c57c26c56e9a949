//! Keys that a program prints, which the user's profile names (mode External of the command line of the platform).
//!
//! The line is cut at white space, as the official one does; no shell reads it.

use super::{Provider, key_of};
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::signature::Key;
use serde_json::Value;
use std::process::{Command, Stdio};

#[derive(Debug)]
pub(super) struct External {
    /// May have secrets among its arguments.
    pub(super) line: Secret,
}

impl Provider for External {
    fn name(&self) -> String {
        "the program of a profile".into()
    }

    fn key(&self, _: i64) -> Result<Key> {
        let mut words = self.line.reveal().split_whitespace();
        let program = words.next().ok_or_else(|| Error::credentials("the profile names no program"))?;
        // What it says on stderr is for its user, and none of it is kept.
        let output = Command::new(program).args(words).stdin(Stdio::null()).stderr(Stdio::inherit()).output();
        let output = output.map_err(|error| {
            Error::credentials(format!("the program of the profile cannot be run: {}", error.kind()))
        })?;
        let value: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let names = ["access_key_id", "access_key_secret", "sts_token", "expiration"];
        let key = output.status.success().then(|| key_of(&value, names)).flatten();
        key.ok_or_else(|| Error::credentials(format!("the program of the profile gives no key ({})", output.status)))
    }
}
