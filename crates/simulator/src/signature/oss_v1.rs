//! OSS signature V1 (HMAC-SHA1), in the header or in the query; `oss2` signs so unless told otherwise.

use super::{Claim, Scheme};
use crate::http::Head;
use crate::time::{parse_http, parse_iso};

/// Names of the query that are signed, of those that the simulated operations know, besides `response-*`.
const SIGNED: &[&str] = &[
    "acl",
    "append",
    "bucketInfo",
    "callback",
    "callback-var",
    "continuation-token",
    "cors",
    "delete",
    "encryption",
    "lifecycle",
    "location",
    "logging",
    "objectMeta",
    "partNumber",
    "policy",
    "position",
    "referer",
    "requestPayment",
    "restore",
    "security-token",
    "sequential",
    "stat",
    "symlink",
    "tagging",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
    "worm",
    "x-oss-process",
    "x-oss-request-payer",
    "x-oss-traffic-limit",
];

/// The claim of a request for `/BUCKET/KEY`, `/BUCKET/` or `/`. `None`: it is not signed in this way, or not readably.
pub(crate) fn claim(head: &Head, resource: &str) -> Option<Claim> {
    let (access_key_id, signature, date, token, expires) = match head.header("authorization") {
        Some(authorization) => {
            let (id, signature) = authorization.strip_prefix("OSS ")?.split_once(':')?;
            let date = head.header("x-oss-date").or_else(|| head.header("date"))?;
            (id, signature, date, head.header("x-oss-security-token"), None)
        }
        None => {
            let expires = head.query("Expires")?;
            let seconds = expires.parse::<i64>().ok()?;
            (
                head.query("OSSAccessKeyId")?,
                head.query("Signature")?,
                expires,
                head.query("security-token"),
                Some(seconds),
            )
        }
    };
    let signed_at = match expires {
        Some(_) => None,
        None => Some(parse_http(date).or_else(|| parse_iso(date))?),
    };
    let field = |name| head.header(name).unwrap_or_default();
    let string_to_sign = format!(
        "{}\n{}\n{}\n{date}\n{}{resource}{}",
        head.method,
        field("content-md5"),
        field("content-type"),
        canonical_headers(head),
        canonical_query(head)
    );
    Some(Claim {
        access_key_id: access_key_id.to_owned(),
        token: token.map(str::to_owned),
        signature: signature.to_owned(),
        string_to_sign,
        signed_at,
        expires,
        scheme: Scheme::OssV1,
    })
}

fn canonical_headers(head: &Head) -> String {
    let mut headers: Vec<_> = head.headers.iter().filter(|(name, _)| name.starts_with("x-oss-")).collect();
    headers.sort();
    headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect()
}

fn canonical_query(head: &Head) -> String {
    let mut pairs: Vec<_> = head
        .query
        .iter()
        .filter(|(name, _)| SIGNED.contains(&name.as_str()) || name.starts_with("response-"))
        .collect();
    pairs.sort();
    let pairs: Vec<_> = pairs
        .into_iter()
        .map(|(name, value)| if value.is_empty() { name.clone() } else { format!("{name}={value}") })
        .collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}
