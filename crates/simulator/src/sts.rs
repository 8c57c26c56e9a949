//! STS, API version 2015-04-01: who calls, and keys for a time.
//!
//! Not supported: session policies, and the check of an OIDC token, which is taken as it is.

use crate::account::Key;
use crate::operation::Operation;
use crate::refusal::Refusal;
use crate::rpc::{Answer, Call, unknown};
use crate::time;
use serde_json::{Value, json};

/// Does what is asked.
pub(crate) fn answer(call: &Call<'_>) -> Answer {
    match call.operation {
        Operation::GetCallerIdentity => Ok(identity(call)),
        Operation::AssumeRole => assume(call),
        Operation::AssumeRoleWithOIDC => assume_with_oidc(call),
        _ => Err(unknown()),
    }
}

fn identity(call: &Call<'_>) -> Value {
    let arn = call.key.as_ref().map_or("", |key| key.arn.as_str());
    let kind = if arn.contains(":assumed-role/") { "AssumedRoleUser" } else { "Account" };
    let id = call.world.account.id.as_str();
    json!({ "AccountId": id, "Arn": arn, "IdentityType": kind, "PrincipalId": id, "UserId": id })
}

fn assume(call: &Call<'_>) -> Answer {
    let key = take_role(call)?;
    Ok(json!({ "Credentials": credentials(&key), "AssumedRoleUser": user(&key) }))
}

fn assume_with_oidc(call: &Call<'_>) -> Answer {
    call.require("OIDCProviderArn")?;
    call.require("OIDCToken")?;
    let key = take_role(call)?;
    let token = json!({ "Subject": "simulated", "Issuer": "https://oidc.example", "ClientIds": "simulated" });
    Ok(json!({ "Credentials": credentials(&key), "AssumedRoleUser": user(&key), "OIDCTokenInfo": token }))
}

/// A key in a role that is there.
fn take_role(call: &Call<'_>) -> Result<Key, Refusal> {
    let (arn, session) = (call.require("RoleArn")?, call.require("RoleSessionName")?);
    let seconds = call.number("DurationSeconds", 900..=43_200, 3600)?;
    let name = arn.strip_prefix(&format!("acs:ram::{}:role/", call.world.account.id)).unwrap_or_default();
    if call.world.roles.find(name).is_none() {
        return Err(Refusal::new(404, "EntityNotExist.Role", format!("The role not exists: {arn}.")));
    }
    let expires = call.world.clock.now().saturating_add(i64::try_from(seconds).unwrap_or(3600));
    let arn = format!("acs:ram::{}:assumed-role/{name}/{session}", call.world.account.id);
    Ok(call.world.account.issue(call.world.number(), expires, arn))
}

/// A key as STS gives it.
fn credentials(key: &Key) -> Value {
    json!({
        "AccessKeyId": key.id,
        "AccessKeySecret": key.secret,
        "SecurityToken": key.token,
        "Expiration": time::iso(key.expires.unwrap_or_default()),
    })
}

fn user(key: &Key) -> Value {
    json!({ "Arn": key.arn, "AssumedRoleId": "300000000000000001:simulated" })
}
