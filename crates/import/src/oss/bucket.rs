//! A bucket, and one request to it.

use crate::encoding::percent;
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::http::{Answer, Body, Request};
use crate::session::Session;
use crate::signature::{Key, oss4};
use crate::xml;
use std::sync::Arc;

/// Longest key of an object: the service.
const LONGEST_KEY: usize = 1023;

/// A bucket of a region, asked at an endpoint.
#[derive(Clone, Debug)]
pub struct Bucket {
    pub(super) session: Arc<Session>,
    endpoint: Endpoint,
    region: String,
    name: String,
}

/// A request to a bucket.
pub(crate) struct Ask<'a> {
    /// The name in the API reference.
    pub(crate) operation: &'static str,
    pub(crate) method: &'static str,
    pub(crate) key: Option<&'a str>,
    pub(crate) query: &'a [(&'a str, &'a str)],
    pub(crate) headers: &'a [(&'a str, String)],
}

impl Bucket {
    /// The bucket `name`; its name must be one that there can be.
    pub fn new(session: Arc<Session>, endpoint: Endpoint, region: &str, name: &str) -> Result<Self> {
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !(3..=63).contains(&name.len()) || !name.chars().all(good) || name.starts_with('-') || name.ends_with('-') {
            return Err(Error::usage(format!("{name}: no bucket can have this name"))
                .remedy("a name is 3 to 63 lower-case letters, digits and hyphens, with none of these at its ends"));
        }
        Ok(Bucket { session, endpoint, region: region.into(), name: name.into() })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The region that requests are signed for.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// What tells it from any other.
    pub(crate) fn place(&self) -> String {
        format!("{} {}", self.region, self.endpoint.bucket(&self.name))
    }

    /// What its requests share with all others of the run.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Whether an object can have this key.
    pub fn check_key(key: &str) -> Result<()> {
        match key.is_empty() || key.len() > LONGEST_KEY || key.starts_with(['/', '\\']) {
            true => Err(Error::usage(format!("{key:?}: a key is 1 to 1023 bytes and does not begin with a slash"))),
            false => Ok(()),
        }
    }

    /// One attempt.
    pub(crate) fn attempt(&self, ask: &Ask<'_>, body: Body<'_>, key: &Key, now: i64) -> Result<Answer> {
        let call = oss4::Call {
            method: ask.method,
            region: &self.region,
            bucket: &self.name,
            key: ask.key,
            query: ask.query,
            headers: ask.headers,
        };
        let headers = oss4::headers(&call, key, now);
        let query = oss4::query(ask.query);
        let mark = if query.is_empty() { "" } else { "?" };
        let path = percent(ask.key.unwrap_or_default(), "/");
        let url = format!("{}{path}{mark}{query}", self.endpoint.bucket(&self.name));
        self.session.send(ask.operation, Request { method: ask.method, url: &url, headers: &headers, body })
    }

    /// What `read` makes of the answer, tried again as far as that is worth while.
    pub(super) fn ask<T>(&self, ask: &Ask<'_>, body: &[u8], read: impl Fn(Answer) -> Result<T>) -> Result<T> {
        self.session.retrying(|key, now| {
            let body = if matches!(ask.method, "POST" | "PUT") { Body::Bytes(body) } else { Body::Nothing };
            read(self.attempt(ask, body, key, now)?)
        })
    }
}

/// The texts of an answer; what is no XML is not of the service, and passes.
pub(super) fn texts(operation: &str, answer: &Answer) -> Result<Vec<(String, String)>> {
    xml::texts(&answer.body).ok_or_else(|| foreign(operation))
}

/// The answer is not one of the service.
pub(super) fn foreign(operation: &str) -> Error {
    Error::network(format!("{operation}: the answer is not one of OSS"))
}

/// The text at a path.
pub(super) fn text<'a>(texts: &'a [(String, String)], path: &str) -> Option<&'a str> {
    texts.iter().find(|(at, _)| at == path).map(|(_, text)| text.as_str())
}
