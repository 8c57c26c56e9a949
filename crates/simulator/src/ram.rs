//! RAM, API version 2015-05-01: roles, and the policies that are attached to them.

use crate::operation::Operation;
use crate::refusal::Refusal;
use crate::rpc::{Answer, Call, unknown};
use crate::time;
use crate::world::lock;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// The role in which ECS reads objects to import.
pub(crate) const IMPORT_ROLE: &str = "AliyunECSImageImportDefaultRole";
/// Policies of the system that are known here.
const POLICIES: &[&str] =
    &["AliyunECSImageImportRolePolicy", "AliyunECSImageExportRolePolicy", "AliyunOSSReadOnlyAccess"];
/// Only ECS may take the role.
const IMPORT_TRUST: &str = concat!(
    r#"{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","#,
    r#""Principal":{"Service":["ecs.aliyuncs.com"]}}],"Version":"1"}"#
);

/// A role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Who may take it: JSON.
    pub trust: String,
    /// The policies attached to it.
    pub policies: Vec<String>,
}

impl Role {
    /// The role of imports, with its policy.
    #[must_use]
    pub fn of_imports() -> Self {
        Self {
            name: IMPORT_ROLE.to_owned(),
            description: "ECS reads images to import in this role.".to_owned(),
            trust: IMPORT_TRUST.to_owned(),
            policies: vec![POLICIES[0].to_owned()],
        }
    }

    /// Whether a service may take it.
    pub(crate) fn trusts(&self, service: &str) -> bool {
        let document: Value = serde_json::from_str(&self.trust).unwrap_or_default();
        let statements = document["Statement"].as_array();
        statements.into_iter().flatten().any(|statement| {
            let principals = &statement["Principal"]["Service"];
            let named = principals
                .as_str()
                .into_iter()
                .chain(principals.as_array().into_iter().flatten().filter_map(Value::as_str));
            statement["Effect"] == "Allow" && named.into_iter().any(|name| name == service)
        })
    }
}

/// All roles, by name.
pub(crate) struct Roles(Mutex<BTreeMap<String, Role>>);

impl Roles {
    pub(crate) fn new(with_import_role: bool) -> Self {
        let roles = with_import_role.then(Role::of_imports).map(|role| (role.name.clone(), role));
        Self(Mutex::new(roles.into_iter().collect()))
    }

    pub(crate) fn find(&self, name: &str) -> Option<Role> {
        lock(&self.0).get(name).cloned()
    }

    pub(crate) fn insert(&self, role: Role) {
        lock(&self.0).insert(role.name.clone(), role);
    }

    pub(crate) fn remove(&self, name: &str) {
        lock(&self.0).remove(name);
    }
}

/// Does what is asked.
pub(crate) fn answer(call: &Call<'_>) -> Answer {
    match call.operation {
        Operation::GetRole => Ok(json!({ "Role": describe(call, &find(call)?) })),
        Operation::CreateRole => create(call),
        Operation::UpdateRole => update(call),
        Operation::AttachPolicyToRole => attach(call),
        Operation::ListPoliciesForRole => list(call),
        _ => Err(unknown()),
    }
}

fn find(call: &Call<'_>) -> Result<Role, Refusal> {
    let name = call.require("RoleName")?;
    call.world
        .roles
        .find(name)
        .ok_or_else(|| Refusal::new(404, "EntityNotExist.Role", format!("The role not exists: {name}.")))
}

fn create(call: &Call<'_>) -> Answer {
    let name = call.require("RoleName")?;
    let trust = call.require("AssumeRolePolicyDocument")?;
    check_document(trust)?;
    let plain = |character: char| character.is_ascii_alphanumeric() || ".-_".contains(character);
    if name.len() > 64 || !name.chars().all(plain) {
        return Err(Refusal::new(400, "InvalidParameter.RoleName.InvalidChars", "The role name is not valid."));
    }
    if call.world.roles.find(name).is_some() {
        return Err(Refusal::new(409, "EntityAlreadyExists.Role", format!("The role already exists: {name}.")));
    }
    let description = call.get("Description").unwrap_or_default().to_owned();
    let role = Role { name: name.to_owned(), description, trust: trust.to_owned(), policies: Vec::new() };
    call.world.roles.insert(role.clone());
    Ok(json!({ "Role": describe(call, &role) }))
}

fn update(call: &Call<'_>) -> Answer {
    let mut role = find(call)?;
    if let Some(trust) = call.get("NewAssumeRolePolicyDocument") {
        check_document(trust)?;
        role.trust = trust.to_owned();
    }
    call.world.roles.insert(role.clone());
    Ok(json!({ "Role": describe(call, &role) }))
}

fn check_document(text: &str) -> Result<(), Refusal> {
    let document = serde_json::from_str::<Value>(text).ok().filter(|document| document["Statement"].is_array());
    document
        .map(|_| ())
        .ok_or_else(|| Refusal::new(400, "MalformedPolicyDocument", "The trust policy is not a policy document."))
}

fn attach(call: &Call<'_>) -> Answer {
    let (kind, policy) = (call.require("PolicyType")?, call.require("PolicyName")?);
    let mut role = find(call)?;
    if kind != "System" || !POLICIES.contains(&policy) {
        return Err(Refusal::new(404, "EntityNotExist.Policy", format!("The policy does not exist: {policy}.")));
    }
    if role.policies.iter().any(|known| known == policy) {
        let message = format!("The policy {policy} has been attached to the role already.");
        return Err(Refusal::new(409, "EntityAlreadyExists.Role.Policy", message));
    }
    role.policies.push(policy.to_owned());
    call.world.roles.insert(role);
    Ok(json!({}))
}

fn list(call: &Call<'_>) -> Answer {
    let policies: Vec<_> = find(call)?
        .policies
        .iter()
        .map(|name| json!({ "PolicyName": name, "PolicyType": "System", "DefaultVersion": "v1", "Description": "" }))
        .collect();
    Ok(json!({ "Policies": { "Policy": policies } }))
}

fn describe(call: &Call<'_>, role: &Role) -> Value {
    let date = time::iso(call.world.clock.now());
    json!({
        "RoleId": format!("3{:017}", role.name.len()),
        "RoleName": role.name,
        "Arn": format!("acs:ram::{}:role/{}", call.world.account.id, role.name.to_lowercase()),
        "Description": role.description,
        "AssumeRolePolicyDocument": role.trust,
        "CreateDate": date,
        "UpdateDate": date,
        "MaxSessionDuration": 3600,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trust_is_read_in_both_spellings() {
        let mut role = Role::of_imports();
        assert!(role.trusts("ecs.aliyuncs.com"));
        assert!(!role.trusts("ram.aliyuncs.com"));
        role.trust = role.trust.replace("[\"ecs.aliyuncs.com\"]", "\"ecs.aliyuncs.com\"");
        assert!(role.trusts("ecs.aliyuncs.com"));
        role.trust = role.trust.replace("Allow", "Deny");
        assert!(!role.trusts("ecs.aliyuncs.com"));
        role.trust = "{".to_owned();
        assert!(!role.trusts("ecs.aliyuncs.com"));
    }
}
