//! Rules as text: `UploadPart#3:-2=fail:SlowDown`.

use super::{Fault, Rule, When};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A text that is no rule, or no outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError(String);

impl fmt::Display for ScriptError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for ScriptError {}

impl ScriptError {
    pub(crate) fn new(what: &str, text: &str) -> Self {
        Self(format!("{what}: {text:?}"))
    }
}

fn wrong(what: &str, text: &str) -> ScriptError {
    ScriptError::new(what, text)
}

impl FromStr for Rule {
    type Err = ScriptError;

    /// Reads `OPERATION[#PART]:WHEN=FAULT`.
    fn from_str(text: &str) -> Result<Self, ScriptError> {
        let shape = || wrong("a rule is OPERATION[#PART]:WHEN=FAULT", text);
        let (target, fault) = text.split_once('=').ok_or_else(shape)?;
        let (target, when) = target.split_once(':').ok_or_else(shape)?;
        let (operation, part) = match target.split_once('#') {
            Some((operation, part)) => (operation, Some(part.parse().map_err(|_| wrong("not a part", part))?)),
            None => (target, None),
        };
        let operation = match operation {
            "*" => None,
            name => Some(name.parse().map_err(|()| wrong("no such operation", name))?),
        };
        Ok(Self { operation, part, when: when.parse()?, fault: fault.parse()? })
    }
}

impl FromStr for When {
    type Err = ScriptError;

    fn from_str(text: &str) -> Result<Self, ScriptError> {
        let number = |text: &str| text.parse::<u64>().map_err(|_| wrong("not a number of requests", text));
        if text == "*" {
            return Ok(Self::Always);
        }
        if let Some((percent, seed)) = text.split_once('%') {
            let percent = percent.parse().ok().filter(|percent| *percent <= 100);
            let percent = percent.ok_or_else(|| wrong("not a percentage", text))?;
            return Ok(Self::Share { percent, seed: if seed.is_empty() { 0 } else { number(seed)? } });
        }
        match (text.strip_suffix('+'), text.strip_prefix('-')) {
            (Some(from), _) => Ok(Self::From(number(from)?)),
            (None, Some(first)) => Ok(Self::First(number(first)?)),
            (None, None) => Ok(Self::Nth(number(text)?)),
        }
    }
}

impl FromStr for Fault {
    type Err = ScriptError;

    /// Reads `drop-request:N`, `drop-response:N`, `fail:CODE[:STATUS[:RETRY_AFTER]]`, `fail-after:CODE`,
    /// `foreign:STATUS:TEXT`, `delay:MILLISECONDS`, `late:MILLISECONDS`, `flip-byte:N`, `wrong-crc`, `wrong-etag`,
    /// `expire-tokens`, `skew:SECONDS`.
    fn from_str(text: &str) -> Result<Self, ScriptError> {
        let (name, rest) = text.split_once(':').unwrap_or((text, ""));
        let number = || rest.parse::<u64>().map_err(|_| wrong("not a number", text));
        Ok(match name {
            "drop-request" => Self::DropRequest(number()?),
            "drop-response" => Self::DropResponse(number()?),
            "delay" => Self::Delay(Duration::from_millis(number()?)),
            "late" => Self::Late(Duration::from_millis(number()?)),
            "flip-byte" => Self::FlipByte(number()?),
            "wrong-crc" if rest.is_empty() => Self::WrongCrc,
            "wrong-etag" if rest.is_empty() => Self::WrongEtag,
            "expire-tokens" if rest.is_empty() => Self::ExpireTokens,
            "skew" => Self::Skew(rest.parse().map_err(|_| wrong("not a number of seconds", text))?),
            "fail" => fail(rest, text)?,
            "fail-after" if !rest.is_empty() => Self::FailAfter { code: rest.to_owned() },
            "foreign" => {
                let (status, body) = rest.split_once(':').ok_or_else(|| wrong("foreign:STATUS:TEXT", text))?;
                let status = status.parse().map_err(|_| wrong("not a status", status))?;
                Self::Foreign { status, kind: "text/html".to_owned(), text: body.to_owned() }
            }
            _ => return Err(wrong("no such fault", text)),
        })
    }
}

fn fail(rest: &str, whole: &str) -> Result<Fault, ScriptError> {
    let mut words = rest.split(':');
    let code = words.next().filter(|code| !code.is_empty()).ok_or_else(|| wrong("a refusal has a code", whole))?;
    let status = words.next().map(str::parse).transpose().map_err(|_| wrong("not a status", whole))?;
    let retry_after = words.next().map(str::parse).transpose().map_err(|_| wrong("not a number of seconds", whole))?;
    if words.next().is_some() {
        return Err(wrong("fail:CODE[:STATUS[:RETRY_AFTER]]", whole));
    }
    Ok(Fault::Fail { code: code.to_owned(), status, retry_after })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::Operation;

    #[test]
    fn rules_are_read() {
        let slow = Fault::Fail { code: "SlowDown".to_owned(), status: Some(503), retry_after: Some(2) };
        for (text, rule) in [
            ("UploadPart#3:-2=fail:SlowDown:503:2", Rule::on(Operation::UploadPart, slow).part(3).first(2)),
            ("*:*=delay:50", Rule::everywhere(Fault::Delay(Duration::from_millis(50)))),
            ("CompleteMultipartUpload:1=drop-response:0", {
                Rule::on(Operation::CompleteMultipartUpload, Fault::DropResponse(0)).nth(1)
            }),
            ("ListParts:4+=expire-tokens", Rule::on(Operation::ListParts, Fault::ExpireTokens).from(4)),
            ("ListParts:1=wrong-etag", Rule::on(Operation::ListParts, Fault::WrongEtag).nth(1)),
            ("PutObject:1=late:20", Rule::on(Operation::PutObject, Fault::Late(Duration::from_millis(20))).nth(1)),
            ("*:30%7=skew:-1000", Rule::everywhere(Fault::Skew(-1000)).share(30, 7)),
        ] {
            assert_eq!(text.parse(), Ok(rule), "{text}");
        }
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for text in [
            "",
            "UploadPart",
            "UploadPart:1",
            "Nothing:1=wrong-crc",
            "UploadPart#x:1=wrong-crc",
            "*:101%=wrong-crc",
            "*:x=wrong-crc",
            "*:1=explode",
            "*:1=fail",
            "*:1=fail:A:b",
            "*:1=fail:A:1:2:3",
            "*:1=drop-request",
            "*:1=wrong-crc:1",
            "*:1=late",
        ] {
            assert!(text.parse::<Rule>().is_err(), "{text}");
        }
    }
}
