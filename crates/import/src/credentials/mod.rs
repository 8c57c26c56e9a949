//! Credentials in the official order: what the command line names, the environment, OIDC (RRSA), the profile of
//! `~/.aliyun/config.json`, the role of the instance, a credentials URI.
//!
//! Nothing is ever written, and nothing is looked for before somebody asks for [`Keys::find`]. Not supported: the old
//! ini file, RsaKeyPair, CloudSSO, OAuth and BearerToken profiles; the last need a browser or sign in another way.

mod assumed;
mod environment;
mod external;
mod instance;
mod oidc;
mod profile;
#[cfg(test)]
mod tests;
mod uri;

pub use environment::Environment;

use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::http::{Answer, Transport};
use crate::secret::Secret;
use crate::signature::Key;
use crate::stop::Stop;
use crate::time;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// Keys that end within so many seconds are renewed: the official SDKs take a quarter of an hour.
const EARLY: i64 = 15 * 60;

/// Something that gives keys.
pub(crate) trait Provider: Send + Sync + std::fmt::Debug {
    /// What it is, for people.
    fn name(&self) -> String;

    /// A key as fresh as it can be had.
    fn key(&self, now: i64) -> Result<Key>;
}

/// A key that is what it is.
#[derive(Debug)]
struct Fixed(Key, &'static str);

impl Provider for Fixed {
    fn name(&self) -> String {
        self.1.into()
    }
    fn key(&self, _: i64) -> Result<Key> {
        Ok(self.0.clone())
    }
}

/// Where credentials are looked for, beyond what the environment says.
#[derive(Clone, Debug)]
pub struct Places {
    /// The profile that the command line names; then nothing else is looked at.
    pub profile: Option<String>,
    /// The file of profiles; without it, `~/.aliyun/config.json`.
    pub config: Option<PathBuf>,
    /// Where STS is asked.
    pub sts: Endpoint,
    /// Where the metadata service of an instance is asked.
    pub metadata: String,
}

impl Places {
    /// The usual ones.
    pub fn usual() -> Result<Self> {
        Ok(Places { profile: None, config: None, sts: Endpoint::sts(None)?, metadata: "http://100.100.100.200".into() })
    }
}

/// Keys from one provider, renewed before they end.
#[derive(Debug)]
pub struct Keys {
    provider: Box<dyn Provider>,
    last: Mutex<Option<Key>>,
}

impl Keys {
    /// Always this one.
    pub fn fixed(key: Key) -> Self {
        Self::of(Box::new(Fixed(key, "a given key")))
    }

    /// The first that there are, in the official order.
    pub fn find(environment: &Environment, places: &Places, stop: &Stop) -> Result<Self> {
        let finder = Finder { environment, places, stop };
        finder.find().map(Self::of)
    }

    fn of(provider: Box<dyn Provider>) -> Self {
        Keys { provider, last: Mutex::default() }
    }

    /// What gives them, for people.
    pub fn origin(&self) -> String {
        self.provider.name()
    }

    /// A key that is good for some time from `now`.
    pub(crate) fn get(&self, now: i64) -> Result<Key> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let good = |key: &&Key| key.expires.is_none_or(|end| end.saturating_sub(EARLY) > now);
        if let Some(key) = last.as_ref().filter(good) {
            return Ok(key.clone());
        }
        match self.provider.key(now) {
            Ok(key) => Ok(last.insert(key).clone()),
            // Better one that ends soon than none.
            Err(error) => last.clone().filter(|key| key.expires.is_some_and(|end| end > now)).ok_or(error),
        }
    }

    /// Another key than `old`, which a service calls ended.
    pub(crate) fn renew(&self, old: &Key, now: i64) -> Result<()> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have been faster.
        if last.as_ref().is_some_and(|key| key != old) {
            return Ok(());
        }
        let key = self.provider.key(now)?;
        if key == *old {
            return Err(Error::credentials(format!("{} gives the same key again", self.provider.name())));
        }
        *last = Some(key);
        Ok(())
    }
}

/// The search.
struct Finder<'a> {
    environment: &'a Environment,
    places: &'a Places,
    stop: &'a Stop,
}

impl Finder<'_> {
    fn find(&self) -> Result<Box<dyn Provider>> {
        if let Some(name) = &self.places.profile {
            return self.profile(Some(name));
        }
        if let Some(key) = self.environment.key() {
            return Ok(Box::new(Fixed(key, "the environment")));
        }
        if let Some(oidc) = oidc::Oidc::of_environment(self.environment, &self.places.sts, self.stop) {
            return Ok(Box::new(oidc));
        }
        let ignored = self.environment.says("ALIBABA_CLOUD_IGNORE_PROFILE", "TRUE")
            || self.environment.says("ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "true");
        let named = self.environment.get("ALIBABA_CLOUD_PROFILE");
        if !ignored && (named.is_some() || self.config().is_some_and(|path| path.exists())) {
            return self.profile(named);
        }
        if !self.environment.says("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true") {
            let role = self.environment.get("ALIBABA_CLOUD_ECS_METADATA").map(str::to_owned);
            let instance = instance::Instance::new(&self.places.metadata, role, self.v1_allowed(), self.stop);
            if instance.answers() {
                return Ok(Box::new(instance));
            }
        }
        match self.environment.get("ALIBABA_CLOUD_CREDENTIALS_URI") {
            Some(uri) => Ok(Box::new(uri::Uri::new(uri, self.stop))),
            None => Err(Error::credentials("no credentials were found").remedy(
                "set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or run `aliyun configure`",
            )),
        }
    }

    fn v1_allowed(&self) -> bool {
        !self.environment.says("ALIBABA_CLOUD_IMDSV1_DISABLED", "true")
    }

    fn config(&self) -> Option<PathBuf> {
        let home = || self.environment.get("HOME").map(|home| PathBuf::from(home).join(".aliyun/config.json"));
        self.places.config.clone().or_else(home)
    }

    fn profile(&self, name: Option<&str>) -> Result<Box<dyn Provider>> {
        let path = self.config().ok_or_else(|| Error::credentials("HOME is not set, so there is no ~/.aliyun"))?;
        profile::Profiles::read(&path)?.provider(name, self)
    }
}

/// A key as the services and their files write it: with these four names.
fn key_of(value: &Value, names: [&str; 4]) -> Option<Key> {
    let text = |name: &str| value[name].as_str().filter(|text| !text.is_empty());
    Some(Key {
        id: text(names[0])?.into(),
        secret: Secret::new(text(names[1])?),
        token: text(names[2]).map(Secret::new),
        expires: text(names[3]).and_then(time::parse_iso),
    })
}

/// The names that services use.
const SERVICE: [&str; 4] = ["AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration"];

/// A key in an answer of STS.
fn key_of_sts(value: &Value) -> Result<Key> {
    key_of(&value["Credentials"], SERVICE).ok_or_else(|| Error::credentials("the answer of STS holds no key"))
}

/// A key in an answer of a metadata service or a credentials URI.
fn key_of_answer(answer: &Answer, who: &str) -> Result<Key> {
    let value: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let good = answer.is_success() && value["Code"].as_str().is_none_or(|code| code == "Success");
    good.then(|| key_of(&value, SERVICE))
        .flatten()
        .ok_or_else(|| Error::credentials(format!("{who} gives no key (status {})", answer.status)))
}

/// Seconds that keys of a role are asked for: the shortest maximum of a role.
const DURATION: &str = "3600";

/// The name of sessions, where none is given.
const SESSION: &str = "bootworthy";

fn transport(stop: &Stop) -> Transport {
    Transport::new(stop.clone())
}
