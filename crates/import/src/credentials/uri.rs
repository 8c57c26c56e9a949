//! Keys that a local service gives to whoever asks (credentials URI).

use super::{Provider, key_of_answer};
use crate::error::Result;
use crate::http::{Body, Request, Transport};
use crate::secret::Secret;
use crate::signature::Key;
use crate::stop::Stop;

#[derive(Debug)]
pub(super) struct Uri {
    /// Whoever knows it gets keys.
    address: Secret,
    transport: Transport,
}

impl Uri {
    pub(super) fn new(address: &str, stop: &Stop) -> Self {
        Uri { address: Secret::new(address), transport: Transport::direct(stop.clone()) }
    }
}

impl Provider for Uri {
    fn name(&self) -> String {
        "a credentials URI".into()
    }

    fn key(&self, _: i64) -> Result<Key> {
        let request = Request { method: "GET", url: self.address.reveal(), headers: &[], body: Body::Nothing };
        key_of_answer(&self.transport.send(request).map_err(|error| error.within(self.name()))?, "the credentials URI")
    }
}
