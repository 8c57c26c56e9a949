//! One upload: from any bytes to an object whose checksum is theirs.
//!
//! [`send`] can be stopped or killed at any point and run again: what OSS has of the parts is asked of OSS and held
//! against the local bytes, so that nothing is trusted that was only written down, and nothing is sent twice without
//! need. Memory does not grow with the image: parts are read twice, once for their checksums and once to be sent.
//!
//! Not supported: aborting on its own (a stopped upload is kept).

mod body;
mod existing;
mod lanes;
mod pace;
mod parts;
mod plan;
mod progress;
mod run;

pub use plan::Plan;
pub use progress::Progress;
pub(crate) use run::crc64;
pub use run::{Options, Uploaded, send};
