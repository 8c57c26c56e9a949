//! The metadata service of an instance: a token first (hardened mode), then its region and the keys of its role.
//!
//! At `/credentials` the same keys are given to whoever asks, as a credentials URI does.

use crate::http::{Head, Response};
use crate::operation::Operation;
use crate::refusal::Refusal;
use crate::time;
use crate::world::{World, lock};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Mutex;

const TOKEN: &str = "/latest/api/token";
const ITEMS: &str = "/latest/meta-data/";
const CREDENTIALS: &str = "/latest/meta-data/ram/security-credentials/";
/// For `ALIBABA_CLOUD_CREDENTIALS_URI`: ours.
const URI: &str = "/credentials";
/// Seconds that a token may live: the service.
const LIFETIMES: std::ops::RangeInclusive<i64> = 1..=21_600;
/// Seconds that keys of an instance live: the service gives six hours.
const KEY_LIFETIME: i64 = 6 * 3600;
/// Tokens that are remembered: ours.
const TOKENS: usize = 10_000;

/// Tokens given out, with the moments of their end.
#[derive(Default)]
pub(crate) struct Tokens(Mutex<BTreeMap<String, i64>>);

/// What is asked.
pub(crate) fn operation(head: &Head) -> Operation {
    match (head.method.as_str(), head.path.as_str()) {
        ("PUT", TOKEN) => Operation::MetadataToken,
        ("GET", URI) => Operation::MetadataCredentials,
        ("GET", path) if path.strip_prefix(CREDENTIALS).is_some_and(|role| !role.is_empty()) => {
            Operation::MetadataCredentials
        }
        ("GET", path) if path.starts_with(ITEMS) => Operation::MetadataItem,
        _ => Operation::Unknown,
    }
}

/// Does what is asked.
pub(crate) fn answer(world: &World, operation: Operation, head: &Head) -> Result<Response, Refusal> {
    if operation == Operation::MetadataToken {
        return give_token(world, head);
    }
    if head.path == URI {
        return Ok(credentials(world, "credentials-uri"));
    }
    check_token(world, head)?;
    let not_found = || Refusal::new(404, "NotFound", "404 - Not Found");
    let role = world.options.instance_role.as_deref().ok_or_else(not_found);
    match (operation, head.path.as_str()) {
        (Operation::MetadataCredentials, path) => {
            let role = role?;
            if path != format!("{CREDENTIALS}{role}") {
                return Err(not_found());
            }
            Ok(credentials(world, role))
        }
        (Operation::MetadataItem, CREDENTIALS) => Ok(Response::text(200, role?)),
        (Operation::MetadataItem, "/latest/meta-data/region-id") => Ok(Response::text(200, &world.options.region)),
        (Operation::MetadataItem, "/latest/meta-data/instance-id") => Ok(Response::text(200, "i-bp1simulated")),
        _ => Err(not_found()),
    }
}

fn give_token(world: &World, head: &Head) -> Result<Response, Refusal> {
    let lifetime = head.header("x-aliyun-ecs-metadata-token-ttl-seconds").and_then(|text| text.parse().ok());
    let lifetime = lifetime.filter(|seconds| LIFETIMES.contains(seconds));
    let lifetime = lifetime.ok_or_else(|| Refusal::new(400, "BadRequest", "400 - Bad Request"))?;
    let token = format!("SIMULATED{:016x}==", world.number());
    let mut tokens = lock(&world.tokens.0);
    if tokens.len() >= TOKENS {
        tokens.clear();
    }
    tokens.insert(token.clone(), world.clock.now().saturating_add(lifetime));
    Ok(Response::text(200, &token))
}

/// In hardened mode nothing is said without a token; a wrong one is refused in either mode.
fn check_token(world: &World, head: &Head) -> Result<(), Refusal> {
    let sent = head.header("x-aliyun-ecs-metadata-token");
    let good = match sent {
        Some(token) => lock(&world.tokens.0).get(token).is_some_and(|end| *end > world.clock.now()),
        None => !world.options.hardened_metadata,
    };
    if good { Ok(()) } else { Err(Refusal::new(403, "Forbidden", "403 - Forbidden")) }
}

fn credentials(world: &World, role: &str) -> Response {
    let now = world.clock.now();
    let arn = format!("acs:ram::{}:assumed-role/{role}/i-bp1simulated", world.account.id);
    let key = world.account.issue(world.number(), now.saturating_add(KEY_LIFETIME), arn);
    let value = json!({
        "AccessKeyId": key.id,
        "AccessKeySecret": key.secret,
        "SecurityToken": key.token,
        "Expiration": time::iso(key.expires.unwrap_or_default()),
        "LastUpdated": time::iso(now),
        "Code": "Success",
    });
    Response::json(200, &value)
}
