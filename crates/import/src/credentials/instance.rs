//! The keys of the role of an ECS instance, from its metadata service: by a token (hardened mode) and, unless that is
//! forbidden, without one where there are no tokens.

use super::{Provider, key_of_answer};
use crate::encoding::percent;
use crate::error::{Error, Result};
use crate::http::{Answer, Body, Request, Transport};
use crate::signature::Key;
use crate::stop::Stop;

const ROLES: &str = "/latest/meta-data/ram/security-credentials/";
/// Seconds that a token of the metadata service lives.
const LIFETIME: &str = "21600";

#[derive(Debug)]
pub(super) struct Instance {
    address: String,
    role: Option<String>,
    without_token: bool,
    transport: Transport,
}

impl Instance {
    pub(super) fn new(address: &str, role: Option<String>, without_token: bool, stop: &Stop) -> Self {
        Instance { address: address.into(), role, without_token, transport: Transport::direct(stop.clone()) }
    }

    /// Whether this is an instance that has a role.
    pub(super) fn answers(&self) -> bool {
        self.role.is_some() || self.token().and_then(|token| self.role(&token)).is_ok()
    }

    fn ask(&self, method: &str, path: &str, header: Option<(&str, &str)>) -> Result<Answer> {
        let headers: Vec<_> = header.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
        let url = format!("{}{path}", self.address);
        let body = if method == "PUT" { Body::Bytes(b"") } else { Body::Nothing };
        let context = |error: Error| error.within("the metadata service of the instance");
        self.transport.send(Request { method, url: &url, headers: &headers, body }).map_err(context)
    }

    fn token(&self) -> Result<Option<String>> {
        let answer = self.ask("PUT", "/latest/api/token", Some(("X-aliyun-ecs-metadata-token-ttl-seconds", LIFETIME)));
        match answer {
            Ok(answer) if answer.is_success() => Ok(Some(String::from_utf8_lossy(&answer.body).trim().to_owned())),
            Ok(_) if self.without_token => Ok(None),
            Ok(answer) => {
                Err(Error::credentials(format!("the metadata service gives no token (status {})", answer.status)))
            }
            Err(error) => Err(error),
        }
    }

    fn item(&self, token: &Option<String>, path: &str) -> Result<Answer> {
        self.ask("GET", path, token.as_deref().map(|token| ("X-aliyun-ecs-metadata-token", token)))
    }

    fn role(&self, token: &Option<String>) -> Result<String> {
        let answer = self.item(token, ROLES)?;
        let role = String::from_utf8_lossy(&answer.body).trim().to_owned();
        match answer.is_success() && !role.is_empty() && !role.contains(char::is_whitespace) {
            true => Ok(role),
            false => Err(Error::credentials("this instance has no RAM role").remedy("attach one to it")),
        }
    }
}

impl Provider for Instance {
    fn name(&self) -> String {
        "the RAM role of this instance".into()
    }

    fn key(&self, _: i64) -> Result<Key> {
        let token = self.token()?;
        let role = match &self.role {
            Some(role) => role.clone(),
            None => self.role(&token)?,
        };
        key_of_answer(&self.item(&token, &format!("{ROLES}{}", percent(&role, "")))?, "the metadata service")
    }
}
