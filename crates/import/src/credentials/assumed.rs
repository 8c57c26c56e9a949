//! The keys of a role, which other keys may take on (STS `AssumeRole`, 2015-04-01).

use super::{DURATION, Provider, SESSION, key_of_sts, transport};
use crate::endpoint::Endpoint;
use crate::error::Result;
use crate::rpc::{self, Api};
use crate::signature::Key;
use crate::stop::Stop;

#[derive(Debug)]
pub(super) struct Assumed {
    pub(super) source: Box<dyn Provider>,
    pub(super) role: String,
    pub(super) session: Option<String>,
    pub(super) external_id: Option<String>,
    pub(super) seconds: Option<u64>,
    pub(super) sts: Endpoint,
    pub(super) stop: Stop,
}

impl Provider for Assumed {
    fn name(&self) -> String {
        format!("role {} by {}", self.role, self.source.name())
    }

    fn key(&self, now: i64) -> Result<Key> {
        let mut parameters = vec![
            ("RoleArn".to_owned(), self.role.clone()),
            ("RoleSessionName".into(), self.session.clone().unwrap_or_else(|| SESSION.into())),
            ("DurationSeconds".into(), self.seconds.map_or_else(|| DURATION.into(), |seconds| seconds.to_string())),
        ];
        parameters.extend(self.external_id.clone().map(|id| ("ExternalId".into(), id)));
        let api = Api { version: "2015-04-01", action: "AssumeRole" };
        let key = self.source.key(now)?;
        key_of_sts(&rpc::call(&transport(&self.stop), &self.sts, api, &parameters, Some(&key), now)?)
    }
}
