//! Signature V3 of the RPC services (`ACS3-HMAC-SHA256`), in the header.

use super::{Claim, Scheme, word, words};
use crate::encoding::percent_encode;
use crate::hash::sha256_hex;
use crate::http::Head;
use crate::time::parse_iso;

const NAME: &str = "ACS3-HMAC-SHA256";
/// Headers that must be among the signed ones where they are sent.
const REQUIRED: &[&str] = &["host", "x-acs-"];

/// The claim of a request with this body. `None`: it is not signed in this way, or not wholly.
pub(crate) fn claim(head: &Head, body: &[u8]) -> Option<Claim> {
    let words = words(head.header("authorization")?, NAME)?;
    let names: Vec<_> = word(&words, "SignedHeaders")?.split(';').collect();
    let unsigned = head
        .headers
        .iter()
        .any(|(name, _)| REQUIRED.iter().any(|required| name.starts_with(required)) && !names.contains(&name.as_str()));
    let payload = sha256_hex(body);
    if unsigned || head.header("x-acs-content-sha256").is_some_and(|sent| sent != payload) {
        return None;
    }
    let headers: Option<String> =
        names.iter().map(|name| head.header(name).map(|value| format!("{name}:{value}\n"))).collect();
    let mut pairs: Vec<_> =
        head.query.iter().map(|(name, value)| (name, percent_encode(name, ""), percent_encode(value, ""))).collect();
    pairs.sort();
    let pairs: Vec<_> = pairs.into_iter().map(|(_, name, value)| format!("{name}={value}")).collect();
    let canonical = format!(
        "{}\n{}\n{}\n{}\n{}\n{payload}",
        head.method,
        percent_encode(&head.path, "/"),
        pairs.join("&"),
        headers?,
        names.join(";")
    );
    Some(Claim {
        access_key_id: word(&words, "Credential")?.to_owned(),
        token: head.header("x-acs-security-token").map(str::to_owned),
        signature: word(&words, "Signature")?.to_owned(),
        string_to_sign: format!("{NAME}\n{}", sha256_hex(canonical.as_bytes())),
        signed_at: Some(parse_iso(head.header("x-acs-date")?)?),
        expires: None,
        scheme: Scheme::Acs3,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn head() -> Head {
        let headers = [
            ("host", "ecs.cn-hangzhou.aliyuncs.com"),
            ("x-acs-action", "ImportImage"),
            ("x-acs-version", "2014-05-26"),
            ("x-acs-date", "2026-01-02T03:04:05Z"),
            ("x-acs-signature-nonce", "0123456789abcdef"),
            ("x-acs-content-sha256", EMPTY),
        ];
        let mut names: Vec<_> = headers.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        let authorization = format!("{NAME} Credential=testid,SignedHeaders={},Signature=x", names.join(";"));
        let headers = headers.into_iter().chain([("authorization", authorization.as_str())]);
        let query = [
            ("RegionId", "cn-hangzhou"),
            ("ImageName", "a b~*+é/"),
            ("DryRun", "true"),
            ("DiskDeviceMapping.1.OSSObject", "p/a b.qcow2"),
        ];
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Head {
            method: "POST".to_owned(),
            path: "/".to_owned(),
            query: query.into_iter().map(owned).collect(),
            headers: headers.map(owned).collect(),
            ..Head::default()
        }
    }

    #[test]
    fn the_signature_is_that_of_the_official_sdk() {
        let claim = claim(&head(), b"").expect("a claim");
        assert_eq!(claim.expected("testsecret"), "f5633832daa95e0d4d05f3705a52f7455c779476938434dd5e0536c477d9d040");
    }

    #[test]
    fn a_body_that_was_not_signed_and_a_header_that_was_not_are_refused() {
        assert!(claim(&head(), b"x").is_none());
        let mut head = head();
        head.headers.push(("x-acs-security-token".to_owned(), "t".to_owned()));
        assert!(claim(&head, b"").is_none());
    }
}
