//! Calls of ECS and STS: parameters in, JSON out.

use crate::encoding::query;
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::http::{Body, Request, Transport};
use crate::random;
use crate::refusal::Refusal;
use crate::signature::{Key, acs3};
use serde_json::Value;

/// Which API is called.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Api {
    pub(crate) version: &'static str,
    pub(crate) action: &'static str,
}

/// One attempt of a call: a new nonce, a new signature.
pub(crate) fn call(
    transport: &Transport,
    endpoint: &Endpoint,
    api: Api,
    parameters: &[(String, String)],
    key: Option<&Key>,
    now: i64,
) -> Result<Value> {
    let call = acs3::Call { host: endpoint.authority(), action: api.action, version: api.version, parameters };
    let mut headers = acs3::headers(&call, key, now, &random::nonce());
    headers.push(("accept".into(), "application/json".into()));
    let url = format!("{}/?{}", endpoint.root(), query(parameters));
    let request = Request { method: "POST", url: &url, headers: &headers, body: Body::Bytes(b"") };
    let answer = transport.send(request).map_err(|error| error.within(api.action))?;
    if !answer.is_success() {
        return Err(Error::refused(api.action, Refusal::of(&answer)));
    }
    serde_json::from_slice(&answer.body)
        .map_err(|_| Error::network(format!("{}: the answer is not one of the service", api.action)))
}
