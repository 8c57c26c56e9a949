//! One request at a time, by way of `ureq`.

use crate::address::Address;
use crate::range::ContentRange;
use std::io::{self, Read as _};
use std::time::Duration;
use storage::{Error, Result};
use ureq::http::{HeaderMap, Response, StatusCode, header};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};

/// How often a request is made before it is given up.
const ATTEMPTS: u32 = 4;
/// The pause after the first that failed; it doubles.
const PAUSE: Duration = Duration::from_millis(200);
const CONNECT: Duration = Duration::from_secs(15);
/// Until the answer begins, and between any two parts of it.
const SILENCE: Duration = Duration::from_secs(30);

/// A server that is asked for ranges of one image.
#[derive(Debug)]
pub(crate) struct Server {
    agent: Agent,
    address: Address,
    /// By what a change of the image would show.
    version: Option<Version>,
}

/// What tells one content of an address from another, as far as the server says anything.
#[derive(Debug, PartialEq, Eq)]
struct Version {
    length: u64,
    tag: Option<String>,
    modified: Option<String>,
}

/// Whether another attempt is worth while.
enum Failure {
    Passing(Error),
    Lasting(Error),
}

impl Server {
    pub(crate) fn new(address: Address) -> Self {
        // There is but one provider; that it is there already is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .tls_config(tls)
            .accept_encoding("identity")
            .user_agent(concat!("bootworthy/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(SILENCE))
            .timeout_per_read(Some(SILENCE))
            .build();
        Server { agent: config.new_agent(), address, version: None }
    }

    /// Length of the image, once anything was read of it.
    pub(crate) fn length(&self) -> u64 {
        self.version.as_ref().map_or(0, |version| version.length)
    }

    /// The bytes from `start` on, at most `len` of them: fewer only at the end of the image.
    pub(crate) fn read(&mut self, start: u64, len: u64) -> Result<Vec<u8>> {
        let mut pause = PAUSE;
        for _ in 1..ATTEMPTS {
            match self.attempt(start, len) {
                Ok(bytes) => return Ok(bytes),
                Err(Failure::Lasting(error)) => return Err(error),
                Err(Failure::Passing(_)) => std::thread::sleep(pause),
            }
            pause *= 2;
        }
        self.attempt(start, len).map_err(|failure| match failure {
            Failure::Passing(error) | Failure::Lasting(error) => error,
        })
    }

    fn attempt(&mut self, start: u64, len: u64) -> Result<Vec<u8>, Failure> {
        let last = start.saturating_add(len).saturating_sub(1);
        let request = self.agent.get(self.address.secret()).header(header::RANGE, format!("bytes={start}-{last}"));
        let mut answer = request.call().map_err(not_answered)?;
        let range = content_range(&answer)?;
        self.check_version(answer.headers(), range.length)?;
        let (first, end) = range.bytes.unwrap_or((start, start));
        if first != start || end > start.saturating_add(len) || (end < last + 1 && end < range.length) {
            let what = format!("the server sent bytes {first} to {end} where {start} to {} were asked for", last + 1);
            return Err(Failure::Passing(Error::io(what, io::ErrorKind::InvalidData.into())));
        }
        body(&mut answer, end - first)
    }

    /// The image must be the same as when it was first read.
    fn check_version(&mut self, headers: &HeaderMap, length: u64) -> Result<(), Failure> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        // Servers that stand for each other may agree on weak tags no better than on none.
        let tag = text(header::ETAG).filter(|tag| !tag.starts_with("W/"));
        let now = Version { length, tag, modified: text(header::LAST_MODIFIED) };
        match &self.version {
            Some(then) if *then != now => {
                let what = "was changed on the server while it was read; run again";
                Err(Failure::Lasting(Error::io(what, io::ErrorKind::Other.into())))
            }
            _ => {
                self.version = Some(now);
                Ok(())
            }
        }
    }
}

/// What the server sends, if it is what was asked for.
fn content_range(answer: &Response<Body>) -> Result<ContentRange, Failure> {
    let status = answer.status();
    let said = answer.headers().get(header::CONTENT_RANGE).and_then(|value| value.to_str().ok());
    match (status, said.and_then(ContentRange::parse)) {
        (StatusCode::PARTIAL_CONTENT, Some(range)) if range.bytes.is_some() => Ok(range),
        // Of nothing there is no range.
        (StatusCode::RANGE_NOT_SATISFIABLE, Some(range)) if range.length == 0 => Ok(range),
        (StatusCode::OK | StatusCode::PARTIAL_CONTENT, _) => Err(Failure::Lasting(Error::unsupported(
            "the server does not send parts of it (HTTP ranges), so it cannot be read without being downloaded whole; \
             download it first",
        ))),
        _ => Err(refused(status)),
    }
}

fn refused(status: StatusCode) -> Failure {
    let kind = match status {
        StatusCode::NOT_FOUND | StatusCode::GONE => io::ErrorKind::NotFound,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => io::ErrorKind::PermissionDenied,
        _ => io::ErrorKind::Other,
    };
    let hint = match kind {
        io::ErrorKind::PermissionDenied => "; an address that needs no login is wanted, such as a presigned one",
        _ => "",
    };
    let error = Error::io(format!("the server answered {status}{hint}"), kind.into());
    match status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        true => Failure::Passing(error),
        false => Failure::Lasting(error),
    }
}

fn body(answer: &mut Response<Body>, len: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = answer.body_mut().as_reader().take(len).read_to_end(&mut bytes);
    let short = |error| Failure::Passing(Error::io("the answer of the server broke off", error));
    read.map_err(short)?;
    match bytes.len() as u64 == len {
        true => Ok(bytes),
        false => Err(short(io::ErrorKind::UnexpectedEof.into())),
    }
}

/// The words of some of these errors hold the address, which may be secret.
fn not_answered(error: ureq::Error) -> Failure {
    let (lasting, what, error) = match error {
        ureq::Error::Io(error) => (false, "the server cannot be asked", error),
        ureq::Error::Timeout(_) => (false, "the server does not answer", io::ErrorKind::TimedOut.into()),
        ureq::Error::HostNotFound => (true, "there is no server of that name", io::ErrorKind::NotFound.into()),
        ureq::Error::ConnectionFailed => (false, "the server cannot be reached", io::ErrorKind::NotConnected.into()),
        ureq::Error::TooManyRedirects => {
            (true, "the server sends from address to address", io::ErrorKind::Other.into())
        }
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => {
            (true, "is not an address that can be asked", io::ErrorKind::InvalidInput.into())
        }
        ureq::Error::Rustls(error) => (true, "no secure connection", io::Error::other(error)),
        ureq::Error::Tls(words) => (true, "no secure connection", io::Error::other(words)),
        _ => (true, "the server's answer cannot be understood", io::ErrorKind::InvalidData.into()),
    };
    let error = Error::io(what, error);
    if lasting { Failure::Lasting(error) } else { Failure::Passing(error) }
}
