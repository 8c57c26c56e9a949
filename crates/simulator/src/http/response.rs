//! An answer: status, headers, content, and where the wire is to be cut while it is sent.

use crate::oss::ObjectReader;
use std::io::{self, Read, Write};

/// What an answer carries.
pub(crate) enum Content {
    Bytes(Vec<u8>),
    Object(ObjectReader),
}

/// An answer.
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) content: Content,
    /// The code of a refusal, for the record.
    pub(crate) code: Option<String>,
}

impl Response {
    pub(crate) fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), content: Content::Bytes(Vec::new()), code: None }
    }

    pub(crate) fn text(status: u16, text: &str) -> Self {
        Self::new(status).content("text/plain", text.as_bytes().to_vec())
    }

    pub(crate) fn xml(document: String) -> Self {
        Self::new(200).content("application/xml", document.into_bytes())
    }

    pub(crate) fn json(status: u16, value: &serde_json::Value) -> Self {
        Self::new(status).content("application/json;charset=utf-8", value.to_string().into_bytes())
    }

    #[must_use]
    pub(crate) fn content(mut self, kind: &str, bytes: Vec<u8>) -> Self {
        self.content = Content::Bytes(bytes);
        self.header("Content-Type", kind)
    }

    #[must_use]
    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.set(name, value);
        self
    }

    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        // What clients sent and get back must not end a header.
        let value = value.into().replace(['\r', '\n'], " ");
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value));
    }

    fn length(&self) -> u64 {
        match &self.content {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::Object(reader) => reader.left(),
        }
    }

    fn head(&self, keep_alive: bool) -> String {
        let mut text = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if self.status != 204 && !self.headers.iter().any(|(name, _)| name == "Content-Length") {
            text.push_str(&format!("Content-Length: {}\r\n", self.length()));
        }
        text.push_str(if keep_alive { "Connection: keep-alive\r\n\r\n" } else { "Connection: close\r\n\r\n" });
        text
    }

    /// Sends all, or the first `most` bytes.
    pub(crate) fn send(self, stream: &mut dyn Write, headless: bool, keep_alive: bool, most: u64) -> io::Result<()> {
        let mut first = self.head(keep_alive).into_bytes();
        let mut rest = match self.content {
            _ if headless => None,
            Content::Bytes(bytes) => {
                first.extend(bytes);
                None
            }
            Content::Object(reader) => Some(reader),
        };
        let sent = usize::try_from(most).unwrap_or(usize::MAX).min(first.len());
        stream.write_all(&first[..sent])?;
        if let Some(reader) = &mut rest {
            io::copy(&mut reader.take(most - sent as u64), stream)?;
        }
        stream.flush()
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        206 => "Partial Content",
        304 => "Not Modified",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        411 => "Length Required",
        412 => "Precondition Failed",
        416 => "Requested Range Not Satisfiable",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Unknown",
    }
}
