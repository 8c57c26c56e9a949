//! The simulator over plain sockets: no SDK is needed for these.

mod client;
mod faults;
mod oss;
mod rpc;
mod wire;
