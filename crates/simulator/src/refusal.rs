//! An error of a service: status, code, message; and the statuses of the codes.

use std::borrow::Cow;

/// What a service says instead of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: String,
    /// Further elements of the answer, such as what the service signed itself.
    pub(crate) details: Vec<(&'static str, String)>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), details: Vec::new() }
    }

    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.details.push((name, value.into()));
        self
    }

    /// For a scripted code: the status that the services give it, 400 where none is known.
    pub(crate) fn of_code(code: &str) -> Self {
        let status = STATUSES.iter().find(|(prefix, _)| code.starts_with(prefix)).map_or(400, |(_, status)| *status);
        Self::new(status, code.to_owned(), "This error was scripted.")
    }
}

/// Statuses by the beginning of a code; the first that fits holds.
const STATUSES: &[(&str, u16)] = &[
    ("InternalError", 500),
    ("UnknownError", 500),
    ("ServiceUnavailable", 503),
    ("SlowDown", 503),
    ("DownloadTrafficRateLimitExceeded", 503),
    ("UploadTrafficRateLimitExceeded", 503),
    ("OperationNotSupported", 501),
    ("NoSuch", 404),
    ("EntityNotExist", 404),
    ("InvalidResourceGroup.NotFound", 404),
    ("FileAlreadyExists", 409),
    ("EntityAlreadyExists", 409),
    ("AccessDenied", 403),
    ("InvalidAccessKeyId.NotFound", 404),
    ("InvalidAccessKeyId", 403),
    ("SignatureDoesNotMatch", 403),
    ("RequestTimeTooSkewed", 403),
    ("SecurityTokenExpired", 403),
    ("InvalidSecurityToken.", 400),
    ("InvalidSecurityToken", 403),
    ("UserDisable", 403),
    ("InvalidObjectState", 403),
    ("Forbidden", 403),
    ("NoPermission", 403),
    ("QuotaExceed", 403),
    ("UserNotInTheWhiteList", 403),
    ("ImportImageFailed", 403),
    ("ImageIsImporting", 403),
    ("CancelTaskFailed", 403),
    ("InvalidOSS.NotAuthorized", 403),
    ("PreconditionFailed", 412),
    ("RequestTimeout", 400),
];
