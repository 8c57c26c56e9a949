//! ACS3-HMAC-SHA256, the signature of ECS, RAM and STS in headers ("V3 request body and signature" of the OpenAPI
//! reference). All parameters travel in the query; the body is empty, as the official SDKs send it.

use super::Key;
use crate::encoding::{hex, query};
use crate::hash::{hmac_sha256, sha256_hex};
use crate::time;

const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// A call, before it is signed.
#[derive(Clone, Debug)]
pub(crate) struct Call<'a> {
    /// `ecs.cn-hangzhou.aliyuncs.com`, with a port where it is not the usual one.
    pub(crate) host: &'a str,
    pub(crate) action: &'a str,
    pub(crate) version: &'a str,
    pub(crate) parameters: &'a [(String, String)],
}

/// The headers of a call at a moment, its signature among them. Without a key the call is anonymous, as
/// `AssumeRoleWithOIDC` is.
pub(crate) fn headers(call: &Call<'_>, key: Option<&Key>, moment: i64, nonce: &str) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = [
        ("host", call.host),
        ("x-acs-action", call.action),
        ("x-acs-content-sha256", &sha256_hex(b"")),
        ("x-acs-date", &time::iso(moment)),
        ("x-acs-signature-nonce", nonce),
        ("x-acs-version", call.version),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let Some(key) = key else { return headers };
    if let Some(token) = &key.token {
        headers.push(("x-acs-accesskey-id".into(), key.id.clone()));
        headers.push(("x-acs-security-token".into(), token.reveal().into()));
    }
    headers.sort();
    let authorization = authorize(&headers, &query(call.parameters), key);
    headers.push(("authorization".into(), authorization));
    headers
}

fn authorize(headers: &[(String, String)], query: &str, key: &Key) -> String {
    let names: Vec<_> = headers.iter().map(|(name, _)| name.as_str()).collect();
    let names = names.join(";");
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
    let canonical = format!("POST\n/\n{query}\n{lines}\n{names}\n{}", sha256_hex(b""));
    let text = format!("{ALGORITHM}\n{}", sha256_hex(canonical.as_bytes()));
    let signature = hex(&hmac_sha256(key.secret.reveal().as_bytes(), &text));
    format!("{ALGORITHM} Credential={},SignedHeaders={names},Signature={signature}", key.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    const MOMENT: i64 = 1_767_323_045;

    fn signed(token: Option<&str>) -> Vec<(String, String)> {
        let parameters = [
            ("RegionId", "cn-hangzhou"),
            ("ImageName", "a b~*+é/"),
            ("DryRun", "true"),
            ("DiskDeviceMapping.1.OSSObject", "p/a b.qcow2"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let call = Call {
            host: "ecs.cn-hangzhou.aliyuncs.com",
            action: "ImportImage",
            version: "2014-05-26",
            parameters: &parameters,
        };
        let key = Key {
            id: "testid".into(),
            secret: Secret::new("testsecret"),
            token: token.map(Secret::new),
            expires: None,
        };
        headers(&call, Some(&key), MOMENT, "0123456789abcdef")
    }

    /// The vector is what the official SDK for Python sends for the same call, time and nonce.
    #[test]
    fn signs_as_the_official_sdk_does() {
        let (_, authorization) = signed(None).pop().unwrap();
        assert!(
            authorization.ends_with(",Signature=f5633832daa95e0d4d05f3705a52f7455c779476938434dd5e0536c477d9d040"),
            "{authorization}"
        );
        assert!(authorization.starts_with("ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=host;x-acs-action;"));
    }

    #[test]
    fn the_token_is_signed_too() {
        let (_, authorization) = signed(Some("STSTOKEN")).pop().unwrap();
        assert!(authorization.contains("host;x-acs-accesskey-id;x-acs-action;"), "{authorization}");
        assert!(authorization.contains("x-acs-date;x-acs-security-token;x-acs-signature-nonce"), "{authorization}");
    }
}
