//! OSS4-HMAC-SHA256, the signature of OSS in headers ("V4 signatures" of the OSS reference).
//!
//! The payload is not signed (`UNSIGNED-PAYLOAD`): `Content-MD5` and CRC-64 guard it. Not supported: signed addresses,
//! additional headers.

use super::Key;
use crate::encoding::{hex, percent};
use crate::hash::{hmac_sha256, sha256_hex};
use crate::time;

const ALGORITHM: &str = "OSS4-HMAC-SHA256";
const REQUEST: &str = "aliyun_v4_request";
const PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// A request, before it is signed.
#[derive(Clone, Debug)]
pub(crate) struct Call<'a> {
    pub(crate) method: &'a str,
    pub(crate) region: &'a str,
    pub(crate) bucket: &'a str,
    /// Without one, it is about the bucket.
    pub(crate) key: Option<&'a str>,
    pub(crate) query: &'a [(&'a str, &'a str)],
    /// Lower-case names; those that must be signed are.
    pub(crate) headers: &'a [(&'a str, String)],
}

/// All headers to be sent, the signature among them.
pub(crate) fn headers(call: &Call<'_>, key: &Key, moment: i64) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> =
        call.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    headers.push(("x-oss-date".into(), time::compact(moment)));
    headers.push(("x-oss-content-sha256".into(), PAYLOAD.into()));
    if let Some(token) = &key.token {
        headers.push(("x-oss-security-token".into(), token.reveal().into()));
    }
    headers.sort();
    let authorization = authorize(call, &headers, key, moment);
    headers.push(("authorization".into(), authorization));
    headers
}

/// The query as it is signed and sent: a name alone where there is no value.
pub(crate) fn query(pairs: &[(&str, &str)]) -> String {
    let mut encoded: Vec<_> = pairs.iter().map(|(key, value)| (percent(key, ""), percent(value, ""))).collect();
    encoded.sort();
    let pair = |(key, value): &(String, String)| match value.as_str() {
        "" => key.clone(),
        value => format!("{key}={value}"),
    };
    encoded.iter().map(pair).collect::<Vec<_>>().join("&")
}

fn authorize(call: &Call<'_>, headers: &[(String, String)], key: &Key, moment: i64) -> String {
    let stamp = time::compact(moment);
    let date = &stamp[..8];
    let scope = format!("{date}/{}/oss/{REQUEST}", call.region);
    let text = format!("{ALGORITHM}\n{stamp}\n{scope}\n{}", sha256_hex(canonical(call, headers).as_bytes()));
    let secret = format!("aliyun_v4{}", key.secret.reveal());
    let signing = [date, call.region, "oss", REQUEST]
        .iter()
        .fold(secret.into_bytes(), |signing, step| hmac_sha256(&signing, step).to_vec());
    format!("{ALGORITHM} Credential={}/{scope},Signature={}", key.id, hex(&hmac_sha256(&signing, &text)))
}

/// The resource is `/BUCKET/KEY` whatever the address looks like.
fn canonical(call: &Call<'_>, headers: &[(String, String)]) -> String {
    let signed = |name: &str| name.starts_with("x-oss-") || name == "content-type" || name == "content-md5";
    let lines: String = headers
        .iter()
        .filter(|(name, _)| signed(name))
        .map(|(name, value)| format!("{name}:{}\n", value.trim()))
        .collect();
    let resource = percent(&format!("/{}/{}", call.bucket, call.key.unwrap_or_default()), "/");
    format!("{}\n{resource}\n{}\n{lines}\n\n{PAYLOAD}", call.method, query(call.query))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn signature(token: Option<&str>) -> String {
        let call = Call {
            method: "PUT",
            region: "cn-hangzhou",
            bucket: "bkt",
            key: Some("dir/a b~(1)*é+.qcow2"),
            query: &[("partNumber", "1"), ("uploadId", "UP1")],
            headers: &[],
        };
        let secret = Secret::new("testsecret");
        let key = Key { id: "testid".into(), secret, token: token.map(Secret::new), expires: None };
        let (_, authorization) = headers(&call, &key, 1_767_323_045).pop().unwrap();
        authorization.rsplit_once('=').unwrap().1.to_owned()
    }

    /// The vectors are what both official SDKs for Python send for the same request and time.
    #[test]
    fn signs_as_the_official_sdks_do() {
        assert_eq!(signature(None), "70b37c25034c5f1a12499a9ed28446cd9600743d36a3ebf93382b1b739189466");
        assert_eq!(signature(Some("STSTOKEN")), "5f9f06c88798dcd4bfcf5d73de5c6517a6d8e7fdb814a1f4622d1766eb918d76");
    }

    #[test]
    fn a_name_without_a_value_stands_alone() {
        assert_eq!(query(&[("uploads", ""), ("encoding-type", "url")]), "encoding-type=url&uploads");
    }
}
