//! What ECS, RAM and STS share: RPC calls with their parameters in the query or a form, JSON answers, two signatures.
//!
//! An `Action` that only a form names is found, but no fault is: those strike before a body is read.
//!
//! Not supported: answers in XML.

use crate::account::Key;
use crate::encoding::parse_query;
use crate::http::{Body, Head, Response};
use crate::operation::Operation;
use crate::refusal::Refusal;
use crate::signature::{Claim, Problem, acs3, rpc_v1};
use crate::world::World;
use serde_json::{Value, json};

/// A body: 4 MiB, as the gateways of the services take.
const BODY_LIMIT: usize = 4 << 20;

/// One call: who asks, and for what.
pub(crate) struct Call<'a> {
    pub(crate) world: &'a World,
    pub(crate) operation: Operation,
    pub(crate) parameters: Vec<(String, String)>,
    /// `None`: the operation is one that nobody signs.
    pub(crate) key: Option<Key>,
}

/// An answer, without the id of the request.
pub(crate) type Answer = Result<Value, Refusal>;

/// What is asked.
pub(crate) fn operation(head: &Head) -> Operation {
    let action = head.header("x-acs-action").or_else(|| head.query("Action"));
    action.and_then(|name| name.parse().ok()).unwrap_or(Operation::Unknown)
}

/// Checks the signature and lets the service do what is asked.
pub(crate) fn answer(
    world: &World,
    operation: Operation,
    head: &Head,
    body: &mut Body<'_>,
    service: fn(&Call<'_>) -> Answer,
) -> Result<Response, Refusal> {
    let bytes = body.read_whole(BODY_LIMIT).ok().flatten();
    let bytes = bytes.ok_or_else(|| Refusal::new(400, "InvalidParameter", "The body is too large or not whole."))?;
    let mut parameters = head.query.clone();
    if head.header("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
        let form = std::str::from_utf8(&bytes).ok().and_then(parse_query);
        parameters.extend(form.ok_or_else(|| Refusal::new(400, "InvalidParameter", "The form cannot be read."))?);
    }
    let named = parameters.iter().find(|(name, _)| name == "Action").and_then(|(_, name)| name.parse().ok());
    let operation = if operation == Operation::Unknown { named.unwrap_or(operation) } else { operation };
    let key = if operation == Operation::AssumeRoleWithOIDC {
        None
    } else {
        Some(authorize(world, head, &bytes, &parameters)?)
    };
    if world.is_denied(operation) {
        return Err(Refusal::new(403, "Forbidden.RAM", "User not authorized to operate on the specified resource."));
    }
    let mut value = service(&Call { world, operation, parameters, key })?;
    value["RequestId"] = json!(world.request_id());
    Ok(Response::json(200, &value))
}

/// A refusal as the services write it.
pub(crate) fn refuse(world: &World, head: &Head, refusal: &Refusal) -> Response {
    let mut value = json!({
        "RequestId": world.request_id(),
        "HostId": head.header("host").unwrap_or_default(),
        "Code": refusal.code,
        "Message": refusal.message,
        "Recommend": "",
    });
    for (name, text) in &refusal.details {
        value[*name] = json!(text);
    }
    let mut response = Response::json(refusal.status, &value);
    response.code = Some(refusal.code.to_string());
    response
}

fn authorize(world: &World, head: &Head, body: &[u8], parameters: &[(String, String)]) -> Result<Key, Refusal> {
    let claim = match head.header("authorization") {
        Some(_) => acs3::claim(head, body),
        None => rpc_v1::claim(&head.method, parameters),
    };
    let claim = claim.ok_or_else(|| {
        let message = "The request signature does not conform to Aliyun standards.";
        Refusal::new(400, "IncompleteSignature", message)
    })?;
    let key = world.account.verify(&claim, world.clock.now()).map_err(|problem| explain(problem, &claim))?;
    let nonce = head.header("x-acs-signature-nonce");
    let nonce = nonce.or_else(|| parameters.iter().find(|(name, _)| name == "SignatureNonce").map(|(_, v)| v.as_str()));
    let nonce = nonce.filter(|nonce| !nonce.is_empty());
    let nonce = nonce.ok_or_else(|| Refusal::new(400, "IncompleteSignature", "There is no nonce."))?;
    if !world.account.remember_nonce(nonce) {
        return Err(Refusal::new(400, "SignatureNonceUsed", "Specified signature nonce was used already."));
    }
    Ok(key)
}

fn explain(problem: Problem, claim: &Claim) -> Refusal {
    match problem {
        Problem::UnknownKey => Refusal::new(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found."),
        Problem::WrongToken => Refusal::new(
            400,
            "InvalidSecurityToken.MismatchWithAccessKey",
            "Specified SecurityToken mismatch with the AccessKey.",
        ),
        Problem::TokenExpired => {
            Refusal::new(400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")
        }
        Problem::Skewed | Problem::LinkExpired => {
            Refusal::new(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
        }
        Problem::Mismatch => Refusal::new(
            400,
            "SignatureDoesNotMatch",
            format!(
                "Specified signature is not matched with our calculation. server string to sign is:{}",
                claim.string_to_sign
            ),
        ),
    }
}

impl Call<'_> {
    /// A parameter that is not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// A parameter that must be there.
    pub(crate) fn require(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| {
            let message = format!(
                "The input parameter \"{name}\" that is mandatory for processing this request is not supplied."
            );
            Refusal::new(400, "MissingParameter", message)
        })
    }

    /// A parameter that is true, in the spelling of any SDK.
    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// A number within bounds.
    pub(crate) fn number(
        &self,
        name: &str,
        bounds: std::ops::RangeInclusive<usize>,
        default: usize,
    ) -> Result<usize, Refusal> {
        let Some(text) = self.get(name) else { return Ok(default) };
        text.parse().ok().filter(|number| bounds.contains(number)).ok_or_else(|| {
            Refusal::new(400, "InvalidParameter", format!("The specified parameter \"{name}\" is not valid."))
        })
    }

    /// The items of a list `NAME.1…`, `NAME.2…`, each with its fields: `NAME.1.FIELD`.
    pub(crate) fn items(&self, name: &str, most: usize) -> Vec<Vec<(&str, &str)>> {
        let mut items = Vec::new();
        for number in 1..=most {
            let prefix = format!("{name}.{number}.");
            let fields =
                self.parameters.iter().filter_map(|(key, value)| Some((key.strip_prefix(&prefix)?, value.as_str())));
            let fields: Vec<_> = fields.filter(|(_, value)| !value.is_empty()).collect();
            if fields.is_empty() {
                break;
            }
            items.push(fields);
        }
        items
    }
}

/// A field of an item.
pub(crate) fn field<'a>(fields: &[(&str, &'a str)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

/// The operation is not of this service.
pub(crate) fn unknown() -> Refusal {
    Refusal::new(404, "InvalidAction.NotFound", "Specified api is not found, please check your url and method.")
}
