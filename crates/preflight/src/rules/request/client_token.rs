//! REQ-CLIENT-TOKEN: ClientToken is one that the service takes.

use super::arch::sent;
use crate::rules::prelude::*;

/// Characters of the longest token.
const LONGEST: usize = 64;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "REQ-CLIENT-TOKEN",
    aliases: &[],
    title: "ClientToken is short and plain",
    severity: Severity::Reject,
    confidence: Confidence::Current,
    source: "ImportImage, ClientToken; error InvalidClientToken.Malformed (SDK model 7.11.8)",
    docs: "\
# What it checks
Whether a declared ClientToken has 1 to 64 characters, all of them ASCII.

# Why ECS needs it
By the token the service knows a call that is made again, and answers as it did the first time. A longer one, or one with
other characters, is refused with InvalidClientToken.Malformed.

# How to fix
Take a UUID, and another one for each import: a token that is sent again with other parameters is refused.
",
    check,
};

fn check(_: &Facts, target: &Target) -> Judged {
    let Some(token) = target.request.client_token.as_deref() else {
        return Err(Undecided::skipped("no ClientToken is declared"));
    };
    let length = token.chars().count();
    let message = if !(1..=LONGEST).contains(&length) {
        format!("ClientToken has {length} characters, not 1 to {LONGEST}")
    } else if !token.is_ascii() {
        "ClientToken has characters that are not ASCII".to_string()
    } else {
        return passed();
    };
    let remedy = "declare 1 to 64 ASCII characters, such as a UUID";
    Ok(vec![Finding::new(message, remedy).at(sent("ClientToken", token))])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |_, target| target.request.client_token = Some("x".repeat(65)),
        passes: |_, target| target.request.client_token = Some("5f0c2a6e-0d3b-4b43-9d6f-6f6f1f0a2b11".into()),
        undecided: |_, _| (),
    }

    #[test]
    fn each_limit_counts() {
        for (token, wrong) in [("", 1), ("ä", 1), ("x", 0)] {
            let mut target = Target::default();
            target.request.client_token = Some(token.into());
            assert_eq!(RULE.judge(&bios(), &target).findings().len(), wrong, "{token:?}");
        }
    }
}
