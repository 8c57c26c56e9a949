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

/// The parts of a signature, wherever they stood.
struct Asked<'a> {
    access_key_id: &'a str,
    signature: &'a str,
    /// As it is signed: a date, or the end of a presigned address.
    date: &'a str,
    token: Option<&'a str>,
    signed_at: Option<i64>,
    expires: Option<i64>,
}

/// The claim of a request for `/BUCKET/KEY`, `/BUCKET/` or `/`. `None`: it is not signed in this way, or not readably.
pub(crate) fn claim(head: &Head, resource: &str) -> Option<Claim> {
    let asked = match head.header("authorization") {
        Some(authorization) => in_header(head, authorization)?,
        None => in_query(head)?,
    };
    let field = |name| head.header(name).unwrap_or_default();
    let string_to_sign = format!(
        "{}\n{}\n{}\n{}\n{}{resource}{}",
        head.method,
        field("content-md5"),
        field("content-type"),
        asked.date,
        canonical_headers(head),
        canonical_query(head)
    );
    Some(Claim {
        access_key_id: asked.access_key_id.to_owned(),
        token: asked.token.map(str::to_owned),
        signature: asked.signature.to_owned(),
        string_to_sign,
        signed_at: asked.signed_at,
        expires: asked.expires,
        scheme: Scheme::OssV1,
    })
}

fn in_header<'a>(head: &'a Head, authorization: &'a str) -> Option<Asked<'a>> {
    let (access_key_id, signature) = authorization.strip_prefix("OSS ")?.split_once(':')?;
    let date = head.header("x-oss-date").or_else(|| head.header("date"))?;
    let signed_at = Some(parse_http(date).or_else(|| parse_iso(date))?);
    let token = head.header("x-oss-security-token");
    Some(Asked { access_key_id, signature, date, token, signed_at, expires: None })
}

fn in_query(head: &Head) -> Option<Asked<'_>> {
    let date = head.query("Expires")?;
    Some(Asked {
        access_key_id: head.query("OSSAccessKeyId")?,
        signature: head.query("Signature")?,
        date,
        token: head.query("security-token"),
        signed_at: None,
        expires: Some(date.parse().ok()?),
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
