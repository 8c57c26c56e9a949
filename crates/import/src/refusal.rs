//! What a service says when it refuses: OSS in XML (`Error/Code`), the others in JSON (`Code`), proxies in neither.
//!
//! The classes follow the error tables of the API references and what the official SDKs try again.

use crate::encoding::{shown, unbase64};
use crate::error::Retry;
use crate::http::Answer;
use crate::time;
use crate::xml;
use serde_json::Value;
use std::fmt;

/// A refusal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The code, such as `NoSuchUpload`. Empty where the answer is not one of the service.
    pub code: String,
    /// The words for people.
    pub message: String,
    /// The number to name to support.
    pub request_id: String,
    /// Seconds after which the service wants to be asked again.
    pub(crate) retry_after: Option<u64>,
    /// The clock of the server.
    pub(crate) date: Option<i64>,
}

/// Codes that pass, whatever their status: a prefix each.
const PASSING: &[&str] = &[
    "Throttling",
    "ServiceUnavailable",
    "InternalError",
    "UnknownError",
    "SlowDown",
    "RequestTimeout",
    "InvalidOSSBucket.FlowLimit",
    "QpsLimitExceeded",
    "DownloadTrafficRateLimitExceeded",
    "UploadTrafficRateLimitExceeded",
    "InvalidDigest",
    "SignatureNonceUsed",
];
/// Codes of a token that ended.
const ENDED: &[&str] = &["SecurityTokenExpired", "InvalidSecurityToken.Expired"];
/// Codes of a clock that is wrong.
const SKEWED: &[&str] = &["RequestTimeTooSkewed", "InvalidTimeStamp.Expired"];

impl Refusal {
    pub(crate) fn of(answer: &Answer) -> Self {
        // Answers to HEAD have no body; OSS puts it into a header.
        let hidden = answer.header("x-oss-err").filter(|_| answer.body.is_empty()).and_then(unbase64);
        let mut refusal = said(hidden.as_deref().unwrap_or(&answer.body));
        refusal.status = answer.status;
        refusal.retry_after = answer.header("retry-after").and_then(|text| text.parse().ok());
        refusal.date = answer.header("date").and_then(time::parse_http);
        if refusal.code.is_empty() && answer.status == 404 && answer.body.is_empty() {
            refusal.code = "NoSuchKey".into();
        }
        if refusal.request_id.is_empty() {
            refusal.request_id = answer.header("x-oss-request-id").unwrap_or_default().into();
        }
        refusal
    }

    /// What another attempt of the same request needs.
    pub fn retry(&self) -> Retry {
        let is = |list: &[&str]| list.iter().any(|code| self.code.starts_with(code));
        match self.status {
            _ if is(ENDED) => Retry::Renew,
            _ if is(SKEWED) => Retry::Clock,
            _ if is(PASSING) => Retry::BackOff,
            408 | 429 | 500.. => Retry::BackOff,
            _ => Retry::Never,
        }
    }

    /// What to do about it, of the codes where that can be said.
    pub(crate) fn remedy(&self) -> Option<&'static str> {
        Some(match self.code.as_str() {
            "AccessDenied" => "the key needs oss:PutObject, oss:ListParts and oss:GetObject on the bucket",
            "InvalidAccessKeyId" | "InvalidAccessKeyId.NotFound" => "check the access key id",
            "SignatureDoesNotMatch" => "check the access key secret, and the region of the bucket",
            "NoSuchBucket" => "create the bucket in the region of the import, or check its name",
            "FileAlreadyExists" => "choose another key, or allow to overwrite",
            "NoSetRoletoECSServiceAcount" | "NoSetRoletoECSServiceAccount" => {
                "the role AliyunECSImageImportDefaultRole must be there and trust ecs.aliyuncs.com"
            }
            "InvalidImageName.Duplicated" => "choose another image name",
            "QuotaExceed.Image" => "delete images, or ask for a higher quota",
            code if code.starts_with("Forbidden") || code.starts_with("NoPermission") => {
                "the key needs the permission for this call in RAM"
            }
            code if ENDED.contains(&code) => "get new temporary credentials and run the same command again",
            code if SKEWED.contains(&code) => "set the clock of this machine",
            _ => return None,
        })
    }
}

fn said(body: &[u8]) -> Refusal {
    if let Ok(value) = serde_json::from_slice::<Value>(body) {
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        return Refusal {
            code: text("Code"),
            message: text("Message"),
            request_id: text("RequestId"),
            ..Refusal::default()
        };
    }
    let texts = xml::texts(body).unwrap_or_default();
    let text = |name: &str| {
        let path = format!("Error/{name}");
        texts.iter().find(|(at, _)| *at == path).map(|(_, text)| text.clone()).unwrap_or_default()
    };
    Refusal { code: text("Code"), message: text("Message"), request_id: text("RequestId"), ..Refusal::default() }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code.as_str() {
            "" => write!(formatter, "status {} from something that is not the service, such as a proxy", self.status)?,
            code => write!(formatter, "{} (status {})", shown(code), self.status)?,
        }
        if !self.message.is_empty() {
            write!(formatter, ", {:?}", shown(&self.message))?;
        }
        match self.request_id.as_str() {
            "" => Ok(()),
            id => write!(formatter, ", request {}", shown(id)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, body: &str) -> Refusal {
        Refusal::of(&Answer { status, headers: Vec::new(), body: body.into() })
    }

    #[test]
    fn both_spellings_are_read() {
        let xml =
            refusal(404, "<Error><Code>NoSuchUpload</Code><Message>a &lt; b</Message><RequestId>R</RequestId></Error>");
        assert_eq!((xml.code.as_str(), xml.message.as_str(), xml.request_id.as_str()), ("NoSuchUpload", "a < b", "R"));
        let json = refusal(400, r#"{"Code":"Throttling.User","Message":"m","RequestId":"R"}"#);
        assert_eq!((json.code.as_str(), json.retry()), ("Throttling.User", Retry::BackOff));
    }

    #[test]
    fn classes() {
        let class = |status, code: &str| refusal(status, &format!("<Error><Code>{code}</Code></Error>")).retry();
        assert_eq!(class(403, "AccessDenied"), Retry::Never);
        assert_eq!(class(403, "SecurityTokenExpired"), Retry::Renew);
        assert_eq!(class(403, "RequestTimeTooSkewed"), Retry::Clock);
        assert_eq!(class(503, "SlowDown"), Retry::BackOff);
        assert_eq!(class(404, "NoSuchUpload"), Retry::Never);
        assert_eq!(refusal(502, "<html><body>Bad gateway<br></html>").retry(), Retry::BackOff);
        assert_eq!(refusal(407, "<html>").retry(), Retry::Never);
        assert!(refusal(407, "<html>").to_string().contains("not the service"));
    }
}
