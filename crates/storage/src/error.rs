//! The one error of every crate that reads or writes bytes.

use std::fmt;
use std::path::{Path, PathBuf};

/// What callers decide on. Each kind decides behaviour in one place only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The machine failed: a read, a write, a missing permission, a full disk. Stop.
    Io,
    /// The bytes contradict their format. A finding about the image.
    Corrupt,
    /// Valid, but not something this program reads. What depends on it is unknown.
    Unsupported,
    /// What was asked for is not there.
    NotFound,
    /// Could be done, and is not, for safety: the caller did not allow it.
    Refused,
}

/// A failure: what, where, and why.
///
/// Reads as one sentence: `disk.qcow2: at byte 262144: L2 table 3: entry points past the end of the file`.
#[derive(Debug)]
pub struct Error {
    inner: Box<Inner>,
}

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    what: String,
    path: Option<PathBuf>,
    offset: Option<u64>,
    source: Option<std::io::Error>,
}

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Error { inner: Box::new(Inner { kind, what: what.into(), path: None, offset: None, source: None }) }
    }

    /// The bytes at `offset` contradict their format.
    pub fn corrupt(offset: u64, what: impl Into<String>) -> Self {
        let mut error = Self::new(ErrorKind::Corrupt, what);
        error.inner.offset = Some(offset);
        error
    }

    /// Valid, but not read by this program.
    pub fn unsupported(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported, what)
    }

    /// Not there.
    pub fn not_found(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, what)
    }

    /// Not done, for safety.
    pub fn refused(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Refused, what)
    }

    /// The machine failed while doing `what`.
    pub fn io(what: impl Into<String>, source: std::io::Error) -> Self {
        let mut error = Self::new(ErrorKind::Io, what);
        error.inner.source = Some(source);
        error
    }

    /// An allocation of `len` bytes is not possible here.
    pub fn out_of_memory(len: u64) -> Self {
        Self::io(format!("allocating {len} bytes"), std::io::ErrorKind::OutOfMemory.into())
    }

    /// The copy was stopped by the user; see [`is_interrupted`](Self::is_interrupted).
    pub fn interrupted() -> Self {
        Self::io("stopped", std::io::ErrorKind::Interrupted.into())
    }

    /// Says which file on this machine is meant.
    #[must_use]
    pub fn at_path(mut self, path: impl AsRef<Path>) -> Self {
        self.inner.path.get_or_insert_with(|| path.as_ref().to_owned());
        self
    }

    /// Puts the name of the enclosing structure before what was said: `context: what`.
    #[must_use]
    pub fn within(mut self, context: impl fmt::Display) -> Self {
        self.inner.what = format!("{context}: {}", self.inner.what);
        self
    }

    /// What to decide on.
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// The byte where it was seen, in the structure that [`what`](Self::what) names.
    pub fn offset(&self) -> Option<u64> {
        self.inner.offset
    }

    /// The sentence without path and offset.
    pub fn what(&self) -> &str {
        &self.inner.what
    }

    /// Whether this is a stop that the user asked for.
    pub fn is_interrupted(&self) -> bool {
        self.io_kind() == Some(std::io::ErrorKind::Interrupted)
    }

    /// Whether a local resource ran out: disk space, quota, file size limit, memory.
    pub fn is_exhausted(&self) -> bool {
        use std::io::ErrorKind as K;
        matches!(
            self.io_kind(),
            Some(K::StorageFull | K::QuotaExceeded | K::FileTooLarge | K::OutOfMemory | K::WriteZero)
        )
    }

    fn io_kind(&self) -> Option<std::io::ErrorKind> {
        self.inner.source.as_ref().map(std::io::Error::kind)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.inner.path {
            write!(f, "{}: ", path.display())?;
        }
        if let Some(offset) = self.inner.offset {
            write!(f, "at byte {offset}: ")?;
        }
        f.write_str(&self.inner.what)?;
        match &self.inner.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.inner.source.as_ref().map(|source| source as _)
    }
}

/// For crates that speak `std::io` ([`Cursor`](crate::Cursor)): carries the whole error across.
impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::Io => error.io_kind().unwrap_or(std::io::ErrorKind::Other),
            ErrorKind::Corrupt => std::io::ErrorKind::InvalidData,
            ErrorKind::Unsupported | ErrorKind::Refused => std::io::ErrorKind::Unsupported,
            ErrorKind::NotFound => std::io::ErrorKind::NotFound,
        };
        std::io::Error::new(kind, error)
    }
}

/// The way back: unwraps an [`Error`] that went through `std::io`.
impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        match error.downcast::<Error>() {
            Ok(ours) => ours,
            Err(other) => Error::io("input or output failed", other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_a_sentence() {
        let error = Error::corrupt(512, "entry points past the end").within("L2 table 3").at_path("a.qcow2");
        assert_eq!(error.to_string(), "a.qcow2: at byte 512: L2 table 3: entry points past the end");
        assert_eq!(error.kind(), ErrorKind::Corrupt);
    }

    #[test]
    fn survives_a_trip_through_std_io() {
        let there: std::io::Error = Error::corrupt(7, "bad").into();
        let back = Error::from(there);
        assert_eq!((back.kind(), back.offset()), (ErrorKind::Corrupt, Some(7)));
    }

    #[test]
    fn a_full_disk_is_exhaustion() {
        let full = Error::io("writing", std::io::Error::from_raw_os_error(28));
        assert!(full.is_exhausted() && !full.is_interrupted());
        assert!(Error::interrupted().is_interrupted());
    }
}
