//! What goes wrong, by rule: an operation, which of its requests, and the fault that strikes them.
//!
//! As text, for a command line: `OPERATION[#PART]:WHEN=FAULT`, where `OPERATION` is a name or `*`, `WHEN` is `N` (the
//! Nth request), `N+` (from the Nth on), `-N` (the first N), `P%` or `P%SEED` (a share, by a seeded sequence) or `*`.

mod parse;
mod struck;

pub use parse::ScriptError;
pub(crate) use struck::{Instead, Struck};

use crate::operation::Operation;
use crate::world::lock;
use std::sync::Mutex;
use std::time::Duration;

/// Something that goes wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection is cut after this many bytes of the body of the request; nothing is done.
    DropRequest(u64),
    /// The request is carried out, and the connection is cut after this many bytes of the answer: 0 loses it.
    DropResponse(u64),
    /// The request is not carried out, and is refused with this code.
    Fail {
        /// The code, such as `SlowDown` or `Throttling.User`.
        code: String,
        /// The status; without one, that of the code.
        status: Option<u16>,
        /// `Retry-After`, in seconds.
        retry_after: Option<u32>,
    },
    /// The request is carried out, and is refused with this code all the same.
    FailAfter {
        /// The code.
        code: String,
    },
    /// The request is not carried out, and something that is not of the service answers, such as a proxy.
    Foreign {
        /// The status.
        status: u16,
        /// The type of the content.
        kind: String,
        /// The content.
        text: String,
    },
    /// The request waits.
    Delay(Duration),
    /// One byte of the body of the request arrives changed.
    FlipByte(u64),
    /// `x-oss-hash-crc64ecma` of the answer is wrong.
    WrongCrc,
    /// `ETag` of the answer is wrong.
    WrongEtag,
    /// The connection is cut without an answer, and the request is carried out this much later.
    Late(Duration),
    /// From this request on, every session token given out until now is expired.
    ExpireTokens,
    /// From this request on, the clock of the services is off by so many seconds.
    Skew(i64),
}

/// Which of the requests of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Nth(u64),
    From(u64),
    First(u64),
    Share { percent: u8, seed: u64 },
    Always,
}

/// A fault, and the requests that it strikes. A new rule strikes every request of every operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    operation: Option<Operation>,
    part: Option<u32>,
    when: When,
    fault: Fault,
}

impl Rule {
    /// Strikes every request of `operation`.
    #[must_use]
    pub fn on(operation: Operation, fault: Fault) -> Self {
        Self { operation: Some(operation), ..Self::everywhere(fault) }
    }

    /// Strikes every request.
    #[must_use]
    pub fn everywhere(fault: Fault) -> Self {
        Self { operation: None, part: None, when: When::Always, fault }
    }

    /// Only requests for this part of an upload.
    #[must_use]
    pub fn part(self, number: u32) -> Self {
        Self { part: Some(number), ..self }
    }

    /// Only the Nth request that fits, counted from one.
    #[must_use]
    pub fn nth(self, number: u64) -> Self {
        Self { when: When::Nth(number), ..self }
    }

    /// The Nth request that fits, counted from one, and all after it.
    #[must_use]
    pub fn from(self, number: u64) -> Self {
        Self { when: When::From(number), ..self }
    }

    /// The first `count` requests that fit.
    #[must_use]
    pub fn first(self, count: u64) -> Self {
        Self { when: When::First(count), ..self }
    }

    /// A share of the requests that fit, the same ones for the same seed.
    #[must_use]
    pub fn share(self, percent: u8, seed: u64) -> Self {
        Self { when: When::Share { percent, seed }, ..self }
    }

    fn fits(&self, operation: Operation, part: Option<u32>) -> bool {
        self.operation.is_none_or(|wanted| wanted == operation) && (self.part.is_none() || self.part == part)
    }
}

impl When {
    fn strikes(self, count: u64) -> bool {
        match self {
            Self::Nth(number) => count == number,
            Self::From(number) => count >= number,
            Self::First(number) => count <= number,
            Self::Share { percent, seed } => mixed(seed.wrapping_add(count)) % 100 < u64::from(percent),
            Self::Always => true,
        }
    }
}

/// A number that looks random, the same for the same `number` (splitmix64's finaliser).
fn mixed(number: u64) -> u64 {
    let mut bits = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

/// The rules in force, each with how many requests fitted it.
#[derive(Default)]
pub(crate) struct Plan(Mutex<Vec<(Rule, u64)>>);

impl Plan {
    pub(crate) fn add(&self, rule: Rule) {
        lock(&self.0).push((rule, 0));
    }

    pub(crate) fn clear(&self) {
        lock(&self.0).clear();
    }

    /// Counts a request, and says what strikes it.
    pub(crate) fn draw(&self, operation: Operation, part: Option<u32>) -> Struck {
        let mut struck = Struck::default();
        for (rule, count) in lock(&self.0).iter_mut().filter(|(rule, _)| rule.fits(operation, part)) {
            *count += 1;
            if rule.when.strikes(*count) {
                struck.add(&rule.fault);
            }
        }
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strikes(rule: Rule, requests: u64) -> Vec<u64> {
        let plan = Plan::default();
        plan.add(rule);
        (1..=requests).filter(|_| plan.draw(Operation::UploadPart, Some(7)).wrong_crc).collect()
    }

    #[test]
    fn rules_strike_the_requests_that_they_name() {
        let rule = || Rule::on(Operation::UploadPart, Fault::WrongCrc);
        assert_eq!(strikes(rule().nth(2), 4), [2]);
        assert_eq!(strikes(rule().from(3), 4), [3, 4]);
        assert_eq!(strikes(rule().first(2), 4), [1, 2]);
        assert_eq!(strikes(rule(), 2), [1, 2]);
        assert_eq!(strikes(rule().part(7).nth(1), 2), [1]);
        assert!(strikes(rule().part(8), 4).is_empty());
        assert!(strikes(Rule::on(Operation::PutObject, Fault::WrongCrc), 4).is_empty());
        assert_eq!(strikes(Rule::everywhere(Fault::WrongCrc), 2), [1, 2]);
    }

    #[test]
    fn a_share_is_about_right_and_repeats() {
        let rule = || Rule::on(Operation::UploadPart, Fault::WrongCrc).share(30, 42);
        let struck = strikes(rule(), 1000);
        assert!((250..350).contains(&struck.len()), "{}", struck.len());
        assert_eq!(struck, strikes(rule(), 1000));
    }
}
