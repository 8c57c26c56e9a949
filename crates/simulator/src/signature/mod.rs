//! Signatures of requests, as they are verified: what a request claims, and what its signature ought to be.
//!
//! Written from the services' descriptions and their vectors, apart from the code of any client.

pub(crate) mod acs3;
pub(crate) mod oss_v1;
pub(crate) mod oss_v4;
pub(crate) mod rpc_v1;

use crate::encoding::{base64, hex};
use crate::hash::{hmac_sha1, hmac_sha256};

/// How a signature is made from a secret and a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    OssV4 { date: String, region: String, product: String },
    OssV1,
    Acs3,
    RpcV1,
}

/// What a request says of who signed it.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) access_key_id: String,
    pub(crate) token: Option<String>,
    pub(crate) signature: String,
    pub(crate) string_to_sign: String,
    /// Seconds since 1970.
    pub(crate) signed_at: Option<i64>,
    /// When a presigned address ends, in seconds since 1970.
    pub(crate) expires: Option<i64>,
    pub(crate) scheme: Scheme,
}

/// What is wrong with a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    UnknownKey,
    WrongToken,
    TokenExpired,
    LinkExpired,
    Skewed,
    Mismatch,
}

impl Claim {
    /// The signature that the holder of `secret` would send.
    pub(crate) fn expected(&self, secret: &str) -> String {
        let text = self.string_to_sign.as_bytes();
        match &self.scheme {
            Scheme::OssV4 { date, region, product } => {
                let mut key = format!("aliyun_v4{secret}").into_bytes();
                for step in [date.as_str(), region, product, "aliyun_v4_request"] {
                    key = hmac_sha256(&key, step.as_bytes());
                }
                hex(&hmac_sha256(&key, text))
            }
            Scheme::OssV1 => base64(&hmac_sha1(secret.as_bytes(), text)),
            Scheme::Acs3 => hex(&hmac_sha256(secret.as_bytes(), text)),
            Scheme::RpcV1 => base64(&hmac_sha1(format!("{secret}&").as_bytes(), text)),
        }
    }
}

/// The values of `NAME=VALUE` words that commas divide, after the name of a scheme.
pub(crate) fn words<'a>(authorization: &'a str, scheme: &str) -> Option<Vec<(&'a str, &'a str)>> {
    let rest = authorization.strip_prefix(scheme)?.strip_prefix(' ')?;
    rest.split(',').map(|word| word.trim().split_once('=')).collect()
}

/// The value of `name` among `words`.
pub(crate) fn word<'a>(words: &[(&str, &'a str)], name: &str) -> Option<&'a str> {
    words.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}
