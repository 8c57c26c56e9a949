//! Signatures of requests: pure functions of request, key and time.
//!
//! Both are ours. The crate `reqsign-aliyun-oss` signs OSS V4 too, but with a tree of some fifty crates and an async
//! runtime, for what is sixty lines that the vectors of the official SDKs prove.

pub(crate) mod acs3;
pub(crate) mod oss4;

use crate::secret::Secret;
use std::fmt;

/// An access key, for good or for a time.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// Its id, which is not secret.
    pub id: String,
    /// Its secret.
    pub secret: Secret,
    /// What a temporary key must be sent with.
    pub token: Option<Secret>,
    /// When it ends, in seconds since 1970; without it, never.
    pub expires: Option<i64>,
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The first letters tell people which key it is; those who look for keys in logs need them whole.
        let id: String = self.id.chars().take(4).collect();
        formatter.debug_struct("Key").field("id", &format_args!("{id}…")).field("expires", &self.expires).finish()
    }
}
