//! One HTTP request at a time, by way of `ureq`.
//!
//! The first plan had an async client here. `ureq` is in the tree already (`remote` reads by it), needs no runtime, and
//! one thread a part is no burden for the ten or so connections that fill a line. Redirects are not followed: a signed
//! request is for one server.

use crate::error::{Error, Result};
use crate::stop::Stop;
use std::io::{self, Read};
use std::time::Duration;
use ureq::http::Request as HttpRequest;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, SendBody};

const CONNECT: Duration = Duration::from_secs(15);
/// Until the answer begins: completing a large upload takes the service a while.
const SILENCE: Duration = Duration::from_secs(120);
/// Between any two pieces of a body.
const STALL: Duration = Duration::from_secs(60);
/// Longest answer that is read: a page of 1,000 parts is a third of a megabyte.
const ANSWER: u64 = 8 << 20;

/// What is sent.
pub(crate) enum Body<'a> {
    /// Nothing, not even a length.
    Nothing,
    /// These bytes.
    Bytes(&'a [u8]),
    /// So many bytes of a reader.
    Reader(&'a mut dyn Read, u64),
}

/// A request.
pub(crate) struct Request<'a, 'b> {
    pub(crate) method: &'a str,
    /// Never shown: queries may hold secrets.
    pub(crate) url: &'a str,
    pub(crate) headers: &'a [(String, String)],
    pub(crate) body: Body<'b>,
}

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Connections to servers, kept between requests.
#[derive(Debug, Clone)]
pub(crate) struct Transport {
    agent: Agent,
    stop: Stop,
}

impl Transport {
    pub(crate) fn new(stop: Stop) -> Self {
        Self::with(stop, false)
    }

    /// Never by way of a proxy: for what is on this machine or its own network.
    pub(crate) fn direct(stop: Stop) -> Self {
        Self::with(stop, true)
    }

    fn with(stop: Stop, direct: bool) -> Self {
        // There is but one provider; that it is there already is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .tls_config(tls)
            .accept_encoding("identity")
            .user_agent(concat!("bootworthy/", env!("CARGO_PKG_VERSION")))
            .max_idle_connections_per_host(64)
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(SILENCE))
            .timeout_per_read(Some(SILENCE))
            .timeout_per_write(Some(STALL));
        if direct {
            config = config.proxy(None).timeout_connect(Some(Duration::from_secs(2)));
        }
        Transport { agent: config.build().new_agent(), stop }
    }

    /// The answer, or [`Kind::Network`](crate::Kind::Network) where there is none.
    pub(crate) fn send(&self, request: Request<'_, '_>) -> Result<Answer> {
        self.stop.check()?;
        let mut builder = HttpRequest::builder().method(request.method).uri(request.url);
        for (name, value) in request.headers {
            builder = builder.header(name, value);
        }
        let unsayable = |_| Error::usage("the address or a header of the request holds what HTTP cannot say");
        let answer = match request.body {
            Body::Nothing => self.agent.run(builder.body(()).map_err(unsayable)?),
            Body::Bytes(bytes) => self.agent.run(builder.body(bytes).map_err(unsayable)?),
            Body::Reader(reader, length) => {
                let builder = builder.header("content-length", length);
                self.agent.run(builder.body(SendBody::from_reader(reader)).map_err(unsayable)?)
            }
        };
        let mut answer = answer.map_err(|error| self.unanswered(&error))?;
        let headers = answer.headers().iter();
        let headers = headers.filter_map(|(name, value)| Some((name.as_str().into(), value.to_str().ok()?.into())));
        let (status, headers) = (answer.status().as_u16(), headers.collect());
        let mut body = Vec::new();
        let read = answer.body_mut().as_reader().take(ANSWER).read_to_end(&mut body);
        read.map_err(|error| Error::network(format!("the answer broke off ({})", error.kind())))?;
        Ok(Answer { status, headers, body })
    }

    /// The words of some of these errors hold the address, which may be secret.
    fn unanswered(&self, error: &ureq::Error) -> Error {
        if self.stop.is_asked() {
            return Error::stopped();
        }
        let what = match error {
            ureq::Error::Io(error) => return unanswered_io(error),
            ureq::Error::Timeout(_) => "the server does not answer",
            ureq::Error::HostNotFound => "there is no server of that name",
            ureq::Error::ConnectionFailed => "the server cannot be reached",
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => return Error::usage("this is not an address of a server"),
            ureq::Error::Rustls(_) | ureq::Error::Tls(_) => "no secure connection to the server",
            _ => "the server's answer cannot be understood",
        };
        Error::network(what)
    }
}

fn unanswered_io(error: &io::Error) -> Error {
    // What a body could not read of the image travels through the client as it is.
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Unread>()) {
        Some(unread) => unread.error(),
        None => Error::network(format!("the connection broke ({})", error.kind())),
    }
}

/// Why the bytes of a body could not be had.
#[derive(Debug)]
pub(crate) enum Unread {
    Source(String),
    Stopped,
}

impl Unread {
    fn error(&self) -> Error {
        match self {
            Unread::Source(what) => Error::new(crate::Kind::Source, what.clone()),
            Unread::Stopped => Error::stopped(),
        }
    }
}

impl std::fmt::Display for Unread {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.error())
    }
}

impl std::error::Error for Unread {}

impl From<Unread> for io::Error {
    fn from(unread: Unread) -> Self {
        io::Error::other(unread)
    }
}
