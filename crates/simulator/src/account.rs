//! Access keys: the account's own, and those that STS and the metadata service give out for a time.

use crate::hash::sha256_hex;
use crate::options::Options;
use crate::signature::{Claim, Problem};
use crate::world::lock;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

/// How far the time of a request may be off, in seconds: OSS and the RPC services.
const TOLERANCE: i64 = 15 * 60;
/// Nonces that are remembered: ours.
const NONCES: usize = 200_000;

/// A key, and whom it speaks for.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) token: Option<String>,
    /// Seconds since 1970; `None`: never.
    pub(crate) expires: Option<i64>,
    pub(crate) arn: String,
}

/// Keys and nonces.
pub(crate) struct Account {
    pub(crate) id: String,
    keys: Mutex<BTreeMap<String, Key>>,
    nonces: Mutex<BTreeSet<String>>,
}

impl Account {
    pub(crate) fn new(options: &Options) -> Self {
        let key = Key {
            id: options.access_key_id.clone(),
            secret: options.access_key_secret.clone(),
            token: None,
            expires: None,
            arn: format!("acs:ram::{}:root", options.account_id),
        };
        Self {
            id: options.account_id.clone(),
            keys: Mutex::new(BTreeMap::from([(key.id.clone(), key)])),
            nonces: Mutex::default(),
        }
    }

    /// A new temporary key. It looks random and is the same in every run: it guards nothing.
    pub(crate) fn issue(&self, number: u64, expires: i64, arn: String) -> Key {
        let seed = sha256_hex(&number.to_le_bytes());
        let key = Key {
            id: format!("STS.Sim{}", &seed[..20]),
            secret: format!("simulated{}", &seed[20..50]),
            token: Some(format!("simulated+token/{seed}=")),
            expires: Some(expires),
            arn,
        };
        lock(&self.keys).insert(key.id.clone(), key.clone());
        key
    }

    /// Ends the time of all temporary keys.
    pub(crate) fn expire_tokens(&self) {
        for key in lock(&self.keys).values_mut().filter(|key| key.token.is_some()) {
            key.expires = Some(i64::MIN);
        }
    }

    /// Whose request this is, if its signature is right and its time is now.
    pub(crate) fn verify(&self, claim: &Claim, now: i64) -> Result<Key, Problem> {
        let key = lock(&self.keys).get(&claim.access_key_id).cloned().ok_or(Problem::UnknownKey)?;
        if key.token != claim.token {
            return Err(if claim.token.is_some() { Problem::WrongToken } else { Problem::UnknownKey });
        }
        if key.expires.is_some_and(|moment| moment <= now) {
            return Err(Problem::TokenExpired);
        }
        if claim.signed_at.is_some_and(|moment| moment.abs_diff(now) > TOLERANCE.unsigned_abs()) {
            return Err(Problem::Skewed);
        }
        if claim.expires.is_some_and(|moment| moment < now) {
            return Err(Problem::LinkExpired);
        }
        if claim.expected(&key.secret) != claim.signature {
            return Err(Problem::Mismatch);
        }
        Ok(key)
    }

    /// Remembers a nonce. False: it was used before.
    pub(crate) fn remember_nonce(&self, nonce: &str) -> bool {
        let mut nonces = lock(&self.nonces);
        if nonces.len() >= NONCES {
            nonces.clear();
        }
        nonces.insert(nonce.to_owned())
    }
}
