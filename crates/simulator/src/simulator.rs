//! The handle: ports, and what may be changed from outside while it runs.

use crate::fault::Rule;
use crate::http::Listener;
use crate::operation::Operation;
use crate::options::Options;
use crate::service::Service;
use crate::world::{World, lock};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// A cloud on loopback, until it is dropped.
pub struct Simulator {
    // Listeners go first: their threads use the world.
    listeners: Vec<(Service, Listener)>,
    pub(crate) world: Arc<World>,
}

/// A temporary key, for clients that are handed one.
#[derive(Clone, PartialEq, Eq)]
pub struct SimulatedKey {
    /// `AccessKeyId`
    pub id: String,
    /// `AccessKeySecret`
    pub secret: String,
    /// `SecurityToken`
    pub token: String,
}

impl fmt::Debug for SimulatedKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SimulatedKey").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Simulator {
    /// Listens on loopback.
    ///
    /// # Errors
    /// A port that is taken, or a scratch folder that cannot be made.
    pub fn start(options: Options) -> io::Result<Self> {
        let ports = options.ports;
        let world = Arc::new(World::new(options)?);
        let mut listeners = Vec::new();
        for (service, port) in Service::ALL.into_iter().zip(ports) {
            listeners.push((service, Listener::start(port, service, Arc::clone(&world))?));
        }
        Ok(Self { listeners, world })
    }

    /// Where a service listens.
    #[must_use]
    pub fn address(&self, service: Service) -> SocketAddr {
        let found = self.listeners.iter().find(|(known, _)| *known == service);
        found.expect("every service was started").1.address()
    }

    /// The address of a service as SDKs take it: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn endpoint(&self, service: Service) -> String {
        format!("http://{}", self.address(service))
    }

    /// The options that it was started with.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.world.options
    }

    /// Adds a fault. Rules count the requests from here on, and all that fit strike.
    pub fn fault(&self, rule: Rule) {
        self.world.plan.add(rule);
    }

    /// Removes all faults; clocks that they set off stay so.
    pub fn clear_faults(&self) {
        self.world.plan.clear();
    }

    /// Refuses an operation for want of permission from now on.
    pub fn deny(&self, operation: Operation) {
        lock(&self.world.denied).insert(operation);
    }

    /// Takes back [`deny`](Self::deny).
    pub fn allow(&self, operation: Operation) {
        lock(&self.world.denied).remove(&operation);
    }

    /// Moves the clock of tasks.
    pub fn advance(&self, by: Duration) {
        self.world.clock.advance(by);
    }

    /// Sets the clock of the services off by so many seconds from the real one.
    pub fn skew(&self, seconds: i64) {
        self.world.clock.set_skew(seconds);
    }

    /// Gives out a temporary key, as STS would.
    #[must_use]
    pub fn temporary_key(&self, lifetime: Duration) -> SimulatedKey {
        let lifetime = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
        let expires = self.world.clock.now().saturating_add(lifetime);
        let arn = format!("acs:ram::{}:assumed-role/simulated/test", self.world.account.id);
        let key = self.world.account.issue(self.world.number(), expires, arn);
        SimulatedKey { id: key.id, secret: key.secret, token: key.token.unwrap_or_default() }
    }

    /// Expires every temporary key given out until now.
    pub fn expire_tokens(&self) {
        self.world.account.expire_tokens();
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.world.stop();
    }
}

impl fmt::Debug for Simulator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = formatter.debug_map();
        for (service, listener) in &self.listeners {
            list.entry(service, &listener.address());
        }
        list.finish()
    }
}
