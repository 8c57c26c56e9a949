//! What a role is: GetRole, ListPoliciesForRole.

use super::trust::Trust;
use super::{Ram, policy_of};
use crate::error::{Error, Kind, Result};
use serde_json::Value;

/// Beginnings of the codes by which a key is told that it may not ask.
const FORBIDDEN: &[&str] = &["NoPermission", "Forbidden", "AccessDenied"];

/// Whether imports can use a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleState {
    /// It is not there.
    Missing,
    /// ECS may take it; the policy of the system that lets it read objects is not attached.
    PolicyNotAttached {
        /// What is attached instead. A policy of the account's own may allow the same: it is not read.
        others: Vec<String>,
    },
    /// Who may take it is not ECS alone.
    TrustDiffers {
        /// ECS may take it all the same.
        enough: bool,
        /// What differs, a sentence each.
        differences: Vec<String>,
    },
    /// It is as it must be.
    Good,
    /// It cannot be told: the key may not ask. Why not.
    Unknown(String),
}

/// What was read of a role.
pub(super) struct Role {
    pub(super) trust: Trust,
    /// Policies that are attached: type and name.
    pub(super) policies: Vec<(String, String)>,
}

impl Role {
    pub(super) fn has_policy(&self, name: &str) -> bool {
        let system = |kind: &str| kind.eq_ignore_ascii_case("System");
        self.policies.iter().any(|(kind, known)| system(kind) && known.eq_ignore_ascii_case(name))
    }

    fn state(self, policy: &str) -> RoleState {
        let differences = self.trust.differences();
        let enough = self.trust.is_enough();
        if !enough {
            return RoleState::TrustDiffers { enough, differences };
        }
        if !self.has_policy(policy) {
            return RoleState::PolicyNotAttached { others: self.policies.into_iter().map(|(_, name)| name).collect() };
        }
        if differences.is_empty() { RoleState::Good } else { RoleState::TrustDiffers { enough, differences } }
    }
}

impl Ram {
    /// Whether imports can use the role. Nothing is changed.
    pub fn check_role(&self, name: &str) -> Result<RoleState> {
        match self.role(name) {
            Ok(None) => Ok(RoleState::Missing),
            Ok(Some(role)) => Ok(role.state(policy_of(name))),
            Err(error) if is_forbidden(&error) => Ok(RoleState::Unknown(error.to_string())),
            Err(error) => Err(error),
        }
    }

    /// The role, if it is there.
    pub(super) fn role(&self, name: &str) -> Result<Option<Role>> {
        let Some(trust) = self.trust(name)? else { return Ok(None) };
        let value = match self.call("ListPoliciesForRole", &[("RoleName", name)]) {
            // It was removed between the two questions.
            Err(error) if is_missing(&error) => return Ok(None),
            value => value?,
        };
        let list = &value["Policies"];
        let list = list["Policy"].as_array().or_else(|| list.as_array());
        let text = |policy: &Value, name: &str| policy[name].as_str().unwrap_or_default().to_owned();
        let policies = list.into_iter().flatten();
        let policies = policies.map(|policy| (text(policy, "PolicyType"), text(policy, "PolicyName"))).collect();
        Ok(Some(Role { trust, policies }))
    }

    /// Who may take the role, if it is there.
    pub(super) fn trust(&self, name: &str) -> Result<Option<Trust>> {
        match self.call("GetRole", &[("RoleName", name)]) {
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(error),
            Ok(value) => match value["Role"]["AssumeRolePolicyDocument"].as_str() {
                Some(document) => Ok(Some(Trust::of(document))),
                None => Err(Error::network("GetRole: the answer does not say who may take the role")),
            },
        }
    }
}

pub(super) fn is_missing(error: &Error) -> bool {
    error.code() == "EntityNotExist.Role"
}

fn is_forbidden(error: &Error) -> bool {
    error.kind() == Kind::Refused && FORBIDDEN.iter().any(|code| error.code().starts_with(code))
}
