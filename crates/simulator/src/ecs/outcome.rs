//! The ways in which an import can be scripted to end, as values and as text.

use crate::fault::ScriptError;
use std::str::FromStr;

/// How an import is to end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// The image becomes available.
    #[default]
    Finish,
    /// The task fails at this percentage.
    FailAt {
        /// Where.
        percent: u8,
        /// `ErrorCode` of the operation.
        code: String,
        /// `ErrorMsg` of the operation.
        message: String,
    },
    /// The task goes no further than this percentage.
    StallAt(u8),
    /// The task says that it is finished, and counts a failure; the image is not made.
    FinishFailed {
        /// `ErrorCode` of the operation.
        code: String,
        /// `ErrorMsg` of the operation.
        message: String,
    },
    /// From this percentage on the task reports a status that is not in the reference.
    ReportAt {
        /// From where on.
        percent: u8,
        /// The status.
        status: String,
    },
    /// From this percentage on, neither the task nor the image is there.
    VanishAt(u8),
}

impl FromStr for Outcome {
    type Err = ScriptError;

    /// Reads `finish`, `fail:PERCENT:CODE:MESSAGE`, `stall:PERCENT`, `finish-failed:CODE:MESSAGE`,
    /// `report:PERCENT:STATUS` and `vanish:PERCENT`.
    fn from_str(text: &str) -> Result<Self, ScriptError> {
        let wrong = || ScriptError::new("no such outcome", text);
        let (name, rest) = text.split_once(':').unwrap_or((text, ""));
        let percent = |text: &str| text.parse().ok().filter(|percent| *percent <= 100).ok_or_else(wrong);
        let pair = |text| str::split_once(text, ':').filter(|(first, _)| !first.is_empty()).ok_or_else(wrong);
        Ok(match name {
            "finish" if rest.is_empty() => Self::Finish,
            "stall" => Self::StallAt(percent(rest)?),
            "vanish" => Self::VanishAt(percent(rest)?),
            "report" => {
                let (at, status) = pair(rest)?;
                Self::ReportAt { percent: percent(at)?, status: status.to_owned() }
            }
            "fail" => {
                let (at, reason) = pair(rest)?;
                let (code, message) = pair(reason)?;
                Self::FailAt { percent: percent(at)?, code: code.to_owned(), message: message.to_owned() }
            }
            "finish-failed" => {
                let (code, message) = pair(rest)?;
                Self::FinishFailed { code: code.to_owned(), message: message.to_owned() }
            }
            _ => return Err(wrong()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_read() {
        let (code, message) = ("E".to_owned(), "why: so".to_owned());
        for (text, outcome) in [
            ("finish", Outcome::Finish),
            ("stall:40", Outcome::StallAt(40)),
            ("vanish:0", Outcome::VanishAt(0)),
            ("report:50:Paused", Outcome::ReportAt { percent: 50, status: "Paused".to_owned() }),
            ("finish-failed:E:why: so", Outcome::FinishFailed { code: code.clone(), message: message.clone() }),
            ("fail:90:E:why: so", Outcome::FailAt { percent: 90, code, message }),
        ] {
            assert_eq!(text.parse(), Ok(outcome), "{text}");
        }
        for text in ["", "finish:1", "stall", "stall:101", "fail:90", "fail:90:E", "fail:x:E:m", "explode"] {
            assert!(text.parse::<Outcome>().is_err(), "{text}");
        }
    }
}
