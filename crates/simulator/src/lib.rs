//! Alibaba Cloud on loopback: OSS, ECS, RAM, STS and the metadata service of an instance, for tests and first steps.
//!
//! A [`Simulator`] listens on 127.0.0.1, one port a service, until it is dropped. It verifies signatures with code
//! written apart from any client (OSS V4 and V1, ACS3-HMAC-SHA256, RPC HMAC-SHA1), keeps objects in scratch files,
//! takes multipart uploads under the limits of OSS, and runs the tasks of `ImportImage` on a clock that can be scaled
//! or moved by hand. [`Rule`]s script what goes wrong. What was asked is in [`Simulator::requests`].
//!
//! Sources: the service's published API references (OSS 2019-05-17, ECS 2014-05-26, RAM 2015-05-01, STS 2015-04-01)
//! and what the official SDKs put on the wire; those SDKs drive it in `tests/sdk/`.
//!
//! ```
//! use simulator::{Bucket, Fault, Operation, Options, Rule, Service, Simulator};
//!
//! let simulator = Simulator::start(Options::default())?;
//! simulator.add_bucket(Bucket::new("images"));
//! // The second part of an upload is cut after 64 KiB, and the answer to its completion is lost.
//! simulator.fault(Rule::on(Operation::UploadPart, Fault::DropRequest(64 << 10)).part(2).nth(1));
//! simulator.fault("CompleteMultipartUpload:1=drop-response:0".parse()?);
//! let endpoint = simulator.endpoint(Service::Oss);
//! # assert!(endpoint.starts_with("http://127.0.0.1:"));
//! // … a client uploads to `endpoint`, in path style, with `testid` and `testsecret` …
//! assert!(simulator.requests().is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Not supported: TLS, HTTP/2, access policies (an operation can be denied whole), versions of objects, server-side
//! encryption of bytes (a bucket only says that it is encrypted), XML answers of ECS, RAM and STS, exports.
#![forbid(unsafe_code)]

mod account;
mod clock;
mod crc64;
mod ecs;
mod encoding;
mod fault;
mod hash;
mod http;
mod inspection;
mod metadata;
mod operation;
mod options;
mod oss;
mod ram;
mod record;
mod refusal;
mod rpc;
mod service;
mod signature;
mod simulator;
mod sts;
mod time;
mod world;

pub use clock::Pace;
pub use ecs::{Check, Image, Outcome, Task};
pub use fault::{Fault, Rule, ScriptError};
pub use operation::Operation;
pub use options::Options;
pub use oss::{Bucket, Encryption, ObjectInfo, UploadInfo};
pub use ram::Role;
pub use record::Record;
pub use service::Service;
pub use simulator::{SimulatedKey, Simulator};
