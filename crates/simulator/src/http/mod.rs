//! HTTP/1.1 (RFC 9112) as far as SDKs use it: keep-alive, lengths and chunks, `Expect: 100-continue`.
//!
//! Not supported: pipelining beyond what a buffer holds, trailers (skipped), upgrades, compression, TLS.

mod body;
mod connection;
mod head;
mod listener;
mod response;

pub(crate) use body::Body;
pub(crate) use head::Head;
pub(crate) use listener::Listener;
pub(crate) use response::{Content, Response};
