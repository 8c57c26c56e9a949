//! One upload: from any bytes to an object whose checksum is theirs.
//!
//! [`send`] can be stopped or killed at any point and run again: what OSS has of the parts is asked of OSS and held
//! against the local bytes, so that nothing is trusted that was only written down, and nothing is sent twice without
//! need. Memory does not grow with the image: parts are read twice, once for their checksums and once to be sent. An image
//! may be made while it is uploaded ([`Maker`]); gone on with, it is made anew, and the parts that are there are not sent.
//!
//! Not supported: aborting on its own (a stopped upload is kept).

mod body;
mod existing;
mod lanes;
mod maker;
mod pace;
mod parts;
mod plan;
mod progress;
mod run;

pub use maker::{Content, Maker, Sink};
pub use plan::Plan;
pub use progress::Progress;
pub(crate) use run::sums;
pub use run::{Options, Uploaded, send};
