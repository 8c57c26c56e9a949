//! Uploads of disk images to OSS, and their import into ECS.
//!
//! [`credentials::Keys::find`] gives keys, a [`Session`] is one run with them, and [`Cloud::import`] does the whole:
//! [`upload::send`] makes an object of any bytes that can be read, [`ecs::Ecs::import`] begins the import of objects
//! whose disks passed preflight (it takes the [`Clearance`](preflight::Clearance)s, which nothing else makes), and
//! [`ecs::Ecs::follow`] waits for the image. What was done is in a [`Journal`], so that each of them can be stopped or
//! killed and called again.
//!
//! Everything blocks, and no other crate of ours speaks with credentials. Requests are signed here
//! (ACS3-HMAC-SHA256, OSS4-HMAC-SHA256), made by blocking `ureq`, and tried again by one set of rules.
#![forbid(unsafe_code)]

mod crc64;
pub mod credentials;
pub mod ecs;
mod encoding;
mod endpoint;
mod error;
pub mod explain;
mod flow;
mod hash;
mod http;
mod journal;
pub mod oss;
mod patience;
pub mod ram;
mod random;
mod refusal;
mod rpc;
mod secret;
mod session;
mod signature;
mod state;
mod stop;
mod time;
pub mod upload;
mod xml;

pub use endpoint::{Endpoint, Network};
pub use error::{Error, Kind, Result, Retry};
pub use flow::{Cloud, Disk, How, Imported, Role, Step, Watch};
pub use journal::Journal;
pub use patience::Limits;
pub use refusal::Refusal;
pub use secret::Secret;
pub use session::Session;
pub use signature::Key;
pub use state::{ImportState, ObjectState};
pub use stop::Stop;
pub use time::iso;
