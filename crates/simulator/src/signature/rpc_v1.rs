//! Signature V1 of the RPC services (HMAC-SHA1), among the parameters.

use super::{Claim, Scheme};
use crate::encoding::percent_encode;
use crate::time::parse_iso;

/// The claim of a request with these parameters. `None`: it is not signed in this way, or not readably.
pub(crate) fn claim(method: &str, parameters: &[(String, String)]) -> Option<Claim> {
    let value = |name: &str| parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    if value("SignatureMethod")? != "HMAC-SHA1" || value("SignatureVersion")? != "1.0" {
        return None;
    }
    let mut pairs: Vec<_> = parameters.iter().filter(|(name, _)| name != "Signature").collect();
    pairs.sort();
    let encode = |text: &str| percent_encode(text, "");
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    Some(Claim {
        access_key_id: value("AccessKeyId")?.to_owned(),
        token: value("SecurityToken").filter(|token| !token.is_empty()).map(str::to_owned),
        signature: value("Signature")?.to_owned(),
        string_to_sign: format!("{method}&%2F&{}", encode(&pairs.join("&"))),
        signed_at: Some(parse_iso(value("Timestamp")?)?),
        expires: None,
        scheme: Scheme::RpcV1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(method: &str, more: &[(&str, &str)]) -> String {
        let common = [
            ("AccessKeyId", "testid"),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureVersion", "1.0"),
            ("Version", "2014-05-26"),
            ("Signature", "x"),
        ];
        let all: Vec<_> =
            common.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        claim(method, &all).expect("a claim").expected("testsecret")
    }

    #[test]
    fn signatures_are_the_official_ones() {
        let describe = [
            ("Action", "DescribeRegions"),
            ("Format", "XML"),
            ("SignatureNonce", "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf"),
            ("Timestamp", "2016-02-23T12:46:24Z"),
        ];
        assert_eq!(signed("GET", &describe), "OLeaidS1JvxuMvnyHOwuJ+uX5qY=");
        let import = [
            ("Action", "ImportImage"),
            ("Format", "JSON"),
            ("SignatureNonce", "0123456789abcdef"),
            ("Timestamp", "2026-01-02T03:04:05Z"),
            ("RegionId", "cn-hangzhou"),
            ("ImageName", "a b~*+é/"),
            ("DryRun", "true"),
            ("DiskDeviceMapping.1.OSSObject", "p/a b.qcow2"),
        ];
        assert_eq!(signed("POST", &import), "Gqn0IIbwx3DS7FBGdXkuM4vFu5Y=");
    }
}
