//! Images behind HTTP addresses.
//!
//! A [`Remote`] is a [`ReadAt`](storage::ReadAt) whose bytes a server sends range by range (RFC 9110, section 14), so
//! that what is in an image of 40 GB can be told from a few megabytes of it. What was sent is kept; how much may be
//! sent is bounded. Nothing but plain `GET` requests is made, and no credentials are looked for: whoever may read the
//! image has an address that needs none, such as a presigned one. What makes an address secret never shows.
//!
//! Not supported: servers that ignore ranges, and anything but `http` and `https`.
#![forbid(unsafe_code)]

mod address;
mod blocks;
mod range;
mod server;

pub use address::Address;
pub use blocks::Remote;
