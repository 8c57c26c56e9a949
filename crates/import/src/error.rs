//! The one error of this crate: what failed, where, why, what to do, and whether to try again.

use crate::encoding::shown;
use crate::refusal::Refusal;
use std::fmt;

/// What callers decide on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// What was asked for makes no sense.
    Usage,
    /// No credentials, or none that can be used.
    Credentials,
    /// No answer, or none of the service. The same command goes on.
    Network,
    /// The service answered, and refused.
    Refused,
    /// The image cannot be read, or changed while it was read.
    Source,
    /// The journal cannot be read, written or locked.
    Journal,
    /// What arrived is not what was sent.
    Mismatch,
    /// The task of the import failed.
    Failed,
    /// The user asked for a stop. The same command goes on.
    Stopped,
}

/// What another attempt needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Retry {
    /// No other attempt can end better.
    Never,
    /// Time.
    BackOff,
    /// Fresh credentials.
    Renew,
    /// The time of the server.
    Clock,
}

/// A failure. Reads as one sentence; no secret is in it.
#[derive(Debug)]
pub struct Error {
    inner: Box<Inner>,
}

#[derive(Debug)]
struct Inner {
    kind: Kind,
    what: String,
    remedy: Option<String>,
    refusal: Option<Refusal>,
    /// The code that a task failed with.
    code: Option<String>,
    source: Option<storage::Error>,
}

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn new(kind: Kind, what: impl Into<String>) -> Self {
        Error {
            inner: Box::new(Inner { kind, what: what.into(), remedy: None, refusal: None, code: None, source: None }),
        }
    }

    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self::new(Kind::Usage, what)
    }

    pub(crate) fn network(what: impl Into<String>) -> Self {
        Self::new(Kind::Network, what)
    }

    pub(crate) fn credentials(what: impl Into<String>) -> Self {
        Self::new(Kind::Credentials, what)
    }

    pub(crate) fn journal(what: impl Into<String>, error: &std::io::Error) -> Self {
        Self::new(Kind::Journal, format!("{}: {error}", what.into()))
    }

    pub(crate) fn stopped() -> Self {
        Self::new(Kind::Stopped, "stopped")
    }

    pub(crate) fn refused(operation: &str, refusal: Refusal) -> Self {
        let mut error = Self::new(Kind::Refused, format!("{operation} was refused"));
        error.inner.remedy = refusal.remedy().map(str::to_owned);
        error.inner.refusal = Some(refusal);
        error
    }

    pub(crate) fn source(error: storage::Error) -> Self {
        let kind = if error.is_interrupted() { Kind::Stopped } else { Kind::Source };
        let mut new = Self::new(kind, "the image cannot be read");
        new.inner.source = Some(error);
        new
    }

    /// Says what to do.
    #[must_use]
    pub(crate) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.inner.remedy = Some(remedy.into());
        self
    }

    /// Says by which code a task failed.
    #[must_use]
    pub(crate) fn coded(mut self, code: Option<String>) -> Self {
        self.inner.code = code;
        self
    }

    /// Puts what was going on before what was said.
    #[must_use]
    pub(crate) fn within(mut self, context: impl fmt::Display) -> Self {
        self.inner.what = format!("{context}: {}", self.inner.what);
        self
    }

    /// What to decide on.
    pub fn kind(&self) -> Kind {
        self.inner.kind
    }

    /// What the service said.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.inner.refusal.as_ref()
    }

    /// The code of a refusal, or that a task failed with; empty where there is none.
    pub fn code(&self) -> &str {
        self.refusal().map(|refusal| &refusal.code).or(self.inner.code.as_ref()).map_or("", String::as_str)
    }

    /// What another attempt of the same request needs.
    pub fn retry(&self) -> Retry {
        match (self.kind(), self.refusal()) {
            (Kind::Network, _) => Retry::BackOff,
            (Kind::Refused, Some(refusal)) => refusal.retry(),
            _ => Retry::Never,
        }
    }

    /// Whether the same command may end better at another time, without anything being changed (exit code 75).
    pub fn is_temporary(&self) -> bool {
        self.kind() == Kind::Stopped || self.retry() == Retry::BackOff
    }
}

/// Of an image that is read, or made, while it is uploaded.
impl From<storage::Error> for Error {
    fn from(error: storage::Error) -> Self {
        Error::source(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&shown(&self.inner.what))?;
        if let Some(refusal) = &self.inner.refusal {
            write!(formatter, ": {refusal}")?;
        }
        if let Some(source) = &self.inner.source {
            write!(formatter, ": {source}")?;
        }
        match &self.inner.remedy {
            Some(remedy) => write!(formatter, "; {}", shown(remedy)),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.inner.source.as_ref().map(|source| source as _)
    }
}
