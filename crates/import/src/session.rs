//! What all requests of a run share: connections, credentials, the clock, patience and the stop.

use crate::credentials::Keys;
use crate::endpoint::Endpoint;
use crate::error::{Error, Result, Retry};
use crate::http::{Answer, Request, Transport};
use crate::patience::{Limits, Patience};
use crate::refusal::Refusal;
use crate::rpc::{self, Api};
use crate::signature::Key;
use crate::stop::Stop;
use crate::time::Clock;
use serde_json::Value;

/// One run of a command.
#[derive(Debug)]
pub struct Session {
    transport: Transport,
    keys: Keys,
    clock: Clock,
    patience: Patience,
    stop: Stop,
}

impl Session {
    /// Begins a run with the credentials of `keys`.
    pub fn new(keys: Keys, limits: Limits, stop: Stop) -> Self {
        let (transport, clock, patience) = (Transport::new(stop.clone()), Clock::default(), Patience::new(limits));
        Session { transport, keys, clock, patience, stop }
    }

    /// The stop that this run obeys.
    pub fn stop(&self) -> &Stop {
        &self.stop
    }

    /// Does `attempt` with a key and the time of the services until it succeeds, or cannot, or patience ends.
    pub(crate) fn retrying<T>(&self, mut attempt: impl FnMut(&Key, i64) -> Result<T>) -> Result<T> {
        let (mut attempts, mut renewed, mut set) = (0, false, false);
        loop {
            self.stop.check()?;
            attempts += 1;
            let key = self.keys.get(self.clock.now())?;
            let error = match attempt(&key, self.clock.now()) {
                Ok(value) => {
                    self.patience.earn();
                    return Ok(value);
                }
                Err(error) => error,
            };
            match error.retry() {
                Retry::Renew if !renewed => {
                    renewed = true;
                    self.keys.renew(&key, self.clock.now()).map_err(|_| error)?;
                }
                Retry::Clock if !set => {
                    set = true;
                    let Some(date) = error.refusal().and_then(|refusal| refusal.date) else { return Err(error) };
                    self.clock.set(date);
                }
                Retry::Renew | Retry::Clock => return Err(error),
                Retry::BackOff | Retry::Never => self.stop.sleep(self.patience.pause(error, attempts)?)?,
            }
        }
    }

    /// A successful answer to one request.
    pub(crate) fn send(&self, operation: &str, request: Request<'_, '_>) -> Result<Answer> {
        let answer = self.transport.send(request).map_err(|error| error.within(operation))?;
        match answer.is_success() {
            true => Ok(answer),
            false => Err(Error::refused(operation, Refusal::of(&answer))),
        }
    }

    /// The answer to a call of ECS, tried again as far as that is worth while.
    pub(crate) fn call(&self, endpoint: &Endpoint, api: Api, parameters: &[(String, String)]) -> Result<Value> {
        self.retrying(|key, now| rpc::call(&self.transport, endpoint, api, parameters, Some(key), now))
    }
}
