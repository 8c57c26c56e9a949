//! OSS signature V4 (`OSS4-HMAC-SHA256`), in the header or in the query of a presigned address.

use super::{Claim, Scheme, word, words};
use crate::encoding::percent_encode;
use crate::hash::sha256_hex;
use crate::http::Head;
use crate::time::parse_iso;

const NAME: &str = "OSS4-HMAC-SHA256";

/// The claim of a request for `/BUCKET/KEY` or `/BUCKET/`. `None`: it is not signed in this way, or not readably.
pub(crate) fn claim(head: &Head, resource: &str) -> Option<Claim> {
    match head.header("authorization") {
        Some(authorization) => {
            let words = words(authorization, NAME)?;
            let asked = Asked {
                credential: word(&words, "Credential")?,
                additional: word(&words, "AdditionalHeaders").unwrap_or_default(),
                signature: word(&words, "Signature")?,
                date: head.header("x-oss-date")?,
                token: head.header("x-oss-security-token"),
                lifetime: None,
            };
            asked.claim(head, resource)
        }
        None => {
            head.query("x-oss-signature-version").filter(|version| *version == NAME)?;
            let asked = Asked {
                credential: head.query("x-oss-credential")?,
                additional: head.query("x-oss-additional-headers").unwrap_or_default(),
                signature: head.query("x-oss-signature")?,
                date: head.query("x-oss-date")?,
                token: head.query("x-oss-security-token"),
                lifetime: Some(head.query("x-oss-expires")?.parse().ok()?),
            };
            asked.claim(head, resource)
        }
    }
}

/// The parts of a signature, wherever they stood.
struct Asked<'a> {
    credential: &'a str,
    additional: &'a str,
    signature: &'a str,
    date: &'a str,
    token: Option<&'a str>,
    lifetime: Option<i64>,
}

impl Asked<'_> {
    fn claim(&self, head: &Head, resource: &str) -> Option<Claim> {
        let mut credential = self.credential.splitn(2, '/');
        let (access_key_id, scope) = (credential.next()?, credential.next()?);
        let [date, region, product, "aliyun_v4_request"] = scope.split('/').collect::<Vec<_>>()[..] else {
            return None;
        };
        let payload = head.header("x-oss-content-sha256").unwrap_or("UNSIGNED-PAYLOAD");
        let canonical = canonical_request(head, resource, self.additional, payload);
        let signed_at = parse_iso(self.date)?;
        Some(Claim {
            access_key_id: access_key_id.to_owned(),
            token: self.token.map(str::to_owned),
            signature: self.signature.to_owned(),
            string_to_sign: format!("{NAME}\n{}\n{scope}\n{}", self.date, sha256_hex(canonical.as_bytes())),
            signed_at: if self.lifetime.is_some() { None } else { Some(signed_at) },
            expires: self.lifetime.map(|seconds| signed_at.saturating_add(seconds)),
            scheme: Scheme::OssV4 { date: date.to_owned(), region: region.to_owned(), product: product.to_owned() },
        })
    }
}

fn canonical_request(head: &Head, resource: &str, additional: &str, payload: &str) -> String {
    let query = canonical_query(head);
    let additional: Vec<_> = additional.split(';').filter(|name| !name.is_empty()).collect();
    let mut headers: Vec<_> = head
        .headers
        .iter()
        .filter(|(name, _)| {
            name.starts_with("x-oss-")
                || name == "content-type"
                || name == "content-md5"
                || additional.contains(&name.as_str())
        })
        .collect();
    headers.sort();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let uri = percent_encode(resource, "/");
    format!("{}\n{uri}\n{query}\n{headers}\n{}\n{payload}", head.method, additional.join(";"))
}

fn canonical_query(head: &Head) -> String {
    let signed = head.query.iter().filter(|(name, _)| name != "x-oss-signature");
    let mut pairs: Vec<_> = signed.map(|(name, value)| (percent_encode(name, ""), percent_encode(value, ""))).collect();
    pairs.sort();
    let pairs: Vec<_> = pairs
        .into_iter()
        .map(|(name, value)| if value.is_empty() { name } else { format!("{name}={value}") })
        .collect();
    pairs.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(token: Option<&str>) -> String {
        let mut headers = vec![
            (
                "authorization",
                format!("{NAME} Credential=testid/20260102/cn-hangzhou/oss/aliyun_v4_request,Signature=x"),
            ),
            ("x-oss-date", "20260102T030405Z".to_owned()),
            ("x-oss-content-sha256", "UNSIGNED-PAYLOAD".to_owned()),
        ];
        headers.extend(token.map(|token| ("x-oss-security-token", token.to_owned())));
        let head = Head {
            method: "PUT".to_owned(),
            query: vec![("uploadId".to_owned(), "UP1".to_owned()), ("partNumber".to_owned(), "1".to_owned())],
            headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            ..Head::default()
        };
        claim(&head, "/bkt/dir/a b~(1)*é+.qcow2").expect("a claim").expected("testsecret")
    }

    #[test]
    fn signatures_are_those_of_the_official_sdks() {
        assert_eq!(signed(None), "70b37c25034c5f1a12499a9ed28446cd9600743d36a3ebf93382b1b739189466");
        assert_eq!(signed(Some("STSTOKEN")), "5f9f06c88798dcd4bfcf5d73de5c6517a6d8e7fdb814a1f4622d1766eb918d76");
    }

    #[test]
    fn what_is_not_signed_so_is_no_claim() {
        for authorization in ["", "OSS testid:x", NAME, "OSS4-HMAC-SHA256 Credential=a/b,Signature=c"] {
            let headers = vec![("authorization".to_owned(), authorization.to_owned())];
            assert!(claim(&Head { headers, ..Head::default() }, "/").is_none(), "{authorization}");
        }
    }
}
