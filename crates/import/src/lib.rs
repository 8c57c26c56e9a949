//! Uploads of disk images to OSS and their import into ECS.
#![forbid(unsafe_code)]

mod crc64;
pub mod credentials;
mod encoding;
mod endpoint;
mod error;
mod hash;
mod http;
mod journal;
pub mod oss;
mod patience;
mod random;
mod refusal;
mod rpc;
mod secret;
mod session;
mod signature;
mod stop;
mod time;
pub mod upload;
mod xml;

pub use endpoint::Endpoint;
pub use error::{Error, Kind, Result, Retry};
pub use journal::{ImportState, Journal, ObjectState};
pub use patience::Limits;
pub use refusal::Refusal;
pub use secret::Secret;
pub use session::Session;
pub use signature::Key;
pub use stop::Stop;
