//! Exit codes, and how failures become them.
//!
//! Two verbs have qemu-img's codes instead. `compare`: 0 same, 1 different, 2 and more an error. `check`: 0 sound,
//! 1 not checked, 2 damaged, 3 space leaked, 63 nothing to check.

use std::fmt;
use std::io::Write;
use std::process::ExitCode;
use storage::{Error, ErrorKind};

/// What the process says to whoever started it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, or passed.
    Done,
    /// Failed, unclassified. `compare`: the images differ.
    Failed,
    /// Wrong usage: an option, a file that is not there, an output that exists.
    Usage,
    /// `check`: the image is damaged.
    Damaged,
    /// `check`: space is leaked, and nothing else is wrong.
    Leaked,
    /// `check`: the format has nothing to check.
    NoChecks,
    /// `preflight`: at least one blocking finding.
    Blocked,
    /// `preflight --strict`: could not decide.
    Undecided,
    /// The image is damaged, not supported, or refused for safety.
    Image,
    /// A local resource ran out: disk space, memory.
    Resources,
    /// The cloud refused, or the import failed there.
    Refused,
    /// The network, the cloud or a signal kept it from its end: the same command goes on.
    Temporary,
    /// Stopped by a signal, with its number.
    Signal(u8),
}

impl Exit {
    /// The number.
    pub(crate) fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage | Exit::Damaged => 2,
            Exit::Leaked => 3,
            Exit::NoChecks => 63,
            Exit::Blocked => 10,
            Exit::Undecided => 11,
            Exit::Image => 20,
            Exit::Resources => 30,
            Exit::Refused => 40,
            Exit::Temporary => 75,
            Exit::Signal(number) => 128_u8.saturating_add(number),
        }
    }
}

/// A failure: the exit code and the sentence for standard error.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    message: String,
    /// The reader of our output went away; not our failure, and nobody is there to be told.
    silent: bool,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl fmt::Display) -> Self {
        Failure { exit, message: message.to_string(), silent: false }
    }

    /// The same failure under another code.
    pub(crate) fn with_exit(self, exit: Exit) -> Self {
        Failure { exit, ..self }
    }

    /// The same failure of something else than standard output.
    pub(crate) fn about(self, path: &std::path::Path) -> Self {
        let message = self.message.replace("standard output", &path.display().to_string());
        Failure { message, silent: false, ..self }
    }

    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Failure::new(Exit::Usage, message)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::from(&error)
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let exit = match error.kind() {
            ErrorKind::Io if error.is_interrupted() => crate::signals::received().map_or(Exit::Failed, Exit::Signal),
            ErrorKind::Io if error.is_exhausted() => Exit::Resources,
            ErrorKind::Io => Exit::Failed,
            ErrorKind::NotFound => Exit::Usage,
            ErrorKind::Corrupt | ErrorKind::Unsupported | ErrorKind::Refused => Exit::Image,
        };
        Failure::new(exit, error)
    }
}

impl From<import::Error> for Failure {
    fn from(error: import::Error) -> Self {
        let exit = match error.kind() {
            import::Kind::Usage => Exit::Usage,
            _ if error.is_temporary() => Exit::Temporary,
            import::Kind::Mismatch => Exit::Temporary,
            import::Kind::Credentials | import::Kind::Refused | import::Kind::Failed => Exit::Refused,
            _ => Exit::Failed,
        };
        Failure::new(exit, error)
    }
}

/// Failures of writing to standard output.
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        let silent = error.kind() == std::io::ErrorKind::BrokenPipe;
        let exit = match error.kind() {
            std::io::ErrorKind::BrokenPipe => Exit::Done,
            std::io::ErrorKind::StorageFull => Exit::Resources,
            _ => Exit::Failed,
        };
        Failure { exit, message: format!("standard output: {error}"), silent }
    }
}

/// Says what failed.
pub(crate) fn complain(failure: &Failure) {
    if !failure.silent {
        // Nobody can be told if standard error is closed.
        let _ = writeln!(std::io::stderr(), "bootworthy: {}", failure.message);
    }
}

/// Says what failed and gives the process its exit code.
pub(crate) fn finish(outcome: Result<Exit, Failure>) -> ExitCode {
    let exit = outcome.unwrap_or_else(|failure| {
        complain(&failure);
        failure.exit
    });
    ExitCode::from(exit.code())
}
