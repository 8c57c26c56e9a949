//! Roles of RAM (API 2015-05-01, RPC style), as far as imports need one: ECS reads the objects of an import in a role
//! of the account, which must trust ECS and may read OSS.
//!
//! [`Ram::check_role`] only asks. [`Ram::ensure_role`] makes what is missing, and changes who may take a role that is
//! there only where it is told to. Not supported: custom policies, which are not read, and roles of other services.

mod ensure;
mod role;
mod trust;

pub use ensure::{Consent, Ensured};
pub use role::RoleState;

use crate::endpoint::Endpoint;
use crate::error::Result;
use crate::rpc::Api;
use crate::session::Session;
use serde_json::Value;
use std::sync::Arc;

/// The role that imports take where they name no other.
pub const IMPORT_ROLE: &str = "AliyunECSImageImportDefaultRole";
/// The policy of the system that lets it read objects.
const IMPORT_POLICY: &str = "AliyunECSImageImportRolePolicy";
/// The same of imports into a CloudBox.
const CLOUDBOX_ROLE: &str = "AliyunECSCloudBoxImageImportDefaultRole";
const CLOUDBOX_POLICY: &str = "AliyunECSCloudBoxImageImportRolePolicy";

/// The RAM of the account, asked at an endpoint.
#[derive(Clone, Debug)]
pub struct Ram {
    session: Arc<Session>,
    endpoint: Endpoint,
}

impl Ram {
    /// RAM at an endpoint: [`Ram::endpoint`], but for tests.
    pub fn new(session: Arc<Session>, endpoint: Endpoint) -> Self {
        Ram { session, endpoint }
    }

    /// Where RAM is asked: there is one for all regions.
    pub fn endpoint() -> Result<Endpoint> {
        Endpoint::parse("ram.aliyuncs.com")
    }

    fn call(&self, action: &'static str, parameters: &[(&str, &str)]) -> Result<Value> {
        let owned = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.session.call(&self.endpoint, Api { version: "2015-05-01", action }, &owned.collect::<Vec<_>>())
    }
}

/// The policy of the system that a role of imports has.
fn policy_of(role: &str) -> &'static str {
    if role.eq_ignore_ascii_case(CLOUDBOX_ROLE) { CLOUDBOX_POLICY } else { IMPORT_POLICY }
}
