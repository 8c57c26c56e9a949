//! The keys of a role that a token of an identity provider may take on, as in pods of ACK (STS `AssumeRoleWithOIDC`).

use super::{DURATION, Environment, Provider, SESSION, key_of_sts, transport};
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::rpc::{self, Api};
use crate::signature::Key;
use crate::stop::Stop;
use std::io::Read as _;
use std::path::PathBuf;

/// Longest token that is read: ours.
const LONGEST: u64 = 64 << 10;

#[derive(Debug)]
pub(super) struct Oidc {
    pub(super) role: String,
    pub(super) provider: String,
    pub(super) token: PathBuf,
    pub(super) session: Option<String>,
    pub(super) sts: Endpoint,
    pub(super) stop: Stop,
}

impl Oidc {
    /// What the environment says, if it says all three.
    pub(super) fn of_environment(environment: &Environment, sts: &Endpoint, stop: &Stop) -> Option<Self> {
        let text = |name: &str| environment.get(name).map(str::to_owned);
        Some(Oidc {
            role: text("ALIBABA_CLOUD_ROLE_ARN")?,
            provider: text("ALIBABA_CLOUD_OIDC_PROVIDER_ARN")?,
            token: text("ALIBABA_CLOUD_OIDC_TOKEN_FILE")?.into(),
            session: text("ALIBABA_CLOUD_ROLE_SESSION_NAME"),
            sts: sts.clone(),
            stop: stop.clone(),
        })
    }

    /// Read each time: the cluster replaces it.
    fn token(&self) -> Result<String> {
        let unreadable =
            |error| Error::credentials(format!("{}: the OIDC token cannot be read: {error}", self.token.display()));
        let mut token = String::new();
        let file = std::fs::File::open(&self.token).map_err(unreadable)?;
        file.take(LONGEST).read_to_string(&mut token).map_err(unreadable)?;
        Ok(token.trim().to_owned())
    }
}

impl Provider for Oidc {
    fn name(&self) -> String {
        format!("role {} by an OIDC token", self.role)
    }

    fn key(&self, now: i64) -> Result<Key> {
        let parameters = [
            ("RoleArn", self.role.clone()),
            ("OIDCProviderArn", self.provider.clone()),
            ("OIDCToken", self.token()?),
            ("RoleSessionName", self.session.clone().unwrap_or_else(|| SESSION.into())),
            ("DurationSeconds", DURATION.into()),
        ]
        .map(|(name, value)| (name.to_owned(), value));
        let api = Api { version: "2015-04-01", action: "AssumeRoleWithOIDC" };
        key_of_sts(&rpc::call(&transport(&self.stop), &self.sts, api, &parameters, None, now)?)
    }
}
