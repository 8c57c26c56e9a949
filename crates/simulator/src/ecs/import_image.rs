//! ImportImage: checks, `DryRun`, `ClientToken`, and the beginning of a task.

use super::disks::Disk;
use super::import::{Import, State};
use super::{disks, validate};
use crate::ram::IMPORT_ROLE;
use crate::refusal::Refusal;
use crate::rpc::{Answer, Call};
use crate::world::lock;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Parameters that are of the call, not of the import.
const OF_THE_CALL: &[&str] = &[
    "Action",
    "Version",
    "Format",
    "AccessKeyId",
    "SecurityToken",
    "Signature",
    "SignatureMethod",
    "SignatureNonce",
    "SignatureType",
    "SignatureVersion",
    "Timestamp",
    "ClientToken",
];

pub(super) fn answer(call: &Call<'_>) -> Answer {
    let parameters = own_parameters(call);
    // Held to the end: two calls with one token make one import.
    let mut state = lock(&call.world.cloud.state);
    if let Some(known) = repeated(call, &state, &parameters)? {
        return Ok(known);
    }
    let disks = check(call, &state)?;
    let import = Import {
        task_id: call.world.id("t"),
        image_id: call.world.id("m"),
        region: call.require("RegionId")?.to_owned(),
        snapshots: disks.iter().map(|_| call.world.id("s")).collect(),
        created: call.world.clock.now(),
        started: call.world.clock.elapsed(),
        outcome: state.outcomes.pop_front().unwrap_or_default(),
        cancelled: None,
        deleted: false,
        parameters: parameters.clone(),
        disks,
    };
    let answer = json!({ "ImageId": import.image_id, "TaskId": import.task_id, "RegionId": import.region });
    if let Some(token) = call.get("ClientToken") {
        state.tokens.insert(token.to_owned(), (parameters, answer.clone()));
    }
    state.imports.push(import);
    Ok(answer)
}

/// All checks, in the order of the service; a dry run ends with them.
fn check(call: &Call<'_>, state: &State) -> Result<Vec<Disk>, Refusal> {
    validate::check(call)?;
    check_name(call, state)?;
    let images = state.imports.iter().filter(|import| import.image(call.world).is_some());
    if images.count() >= call.world.options.image_quota {
        return Err(Refusal::new(403, "QuotaExceed.Image", "The Image Quota exceeds."));
    }
    check_role(call)?;
    let disks = disks::read(call)?;
    if call.is_true("DryRun") {
        let message = "Request validation has been passed with DryRun flag set.";
        return Err(Refusal::new(400, "DryRunOperation", message));
    }
    Ok(disks)
}

fn own_parameters(call: &Call<'_>) -> BTreeMap<String, String> {
    let own = call.parameters.iter().filter(|(name, _)| !OF_THE_CALL.contains(&name.as_str()));
    own.filter(|(_, value)| !value.is_empty()).cloned().collect()
}

/// What was answered to the same token before.
fn repeated(call: &Call<'_>, state: &State, sent: &BTreeMap<String, String>) -> Result<Option<Value>, Refusal> {
    let Some((known, answer)) = call.get("ClientToken").and_then(|token| state.tokens.get(token)) else {
        return Ok(None);
    };
    if known == sent {
        return Ok(Some(answer.clone()));
    }
    let message = "The specified parameters are not the ones that the client token was used with before.";
    Err(Refusal::new(400, "IdempotentParameterMismatch", message))
}

/// A name is one image's of a region.
fn check_name(call: &Call<'_>, state: &State) -> Result<(), Refusal> {
    let (Some(name), region) = (call.get("ImageName"), call.get("RegionId")) else { return Ok(()) };
    let mut same =
        state.imports.iter().filter(|import| import.name() == name && Some(import.region.as_str()) == region);
    match same.find_map(|import| import.image(call.world)).map(|image| image.status) {
        None => Ok(()),
        Some(status) if status == "Waiting" || status == "Creating" => {
            Err(Refusal::new(403, "ImageIsImporting", "The specified image is being imported."))
        }
        Some(_) => Err(Refusal::new(400, "InvalidImageName.Duplicated", "The specified Image name already exists.")),
    }
}

/// ECS reads the object in a role that trusts it and may.
fn check_role(call: &Call<'_>) -> Result<(), Refusal> {
    let name = call.get("RoleName").unwrap_or(IMPORT_ROLE);
    let role = call.world.roles.find(name).filter(|role| role.trusts("ecs.aliyuncs.com"));
    let Some(role) = role else {
        let message = format!("ECS service account doesn't have the role {name}, please authorize it first.");
        return Err(Refusal::new(403, "NoSetRoletoECSServiceAcount", message));
    };
    if role.policies.is_empty() {
        let message = "The role of ECS is not authorized to read the specified OSS object.";
        return Err(Refusal::new(403, "InvalidOSS.NotAuthorized", message));
    }
    Ok(())
}
