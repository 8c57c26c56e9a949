//! REQ-IMAGE-NAME: ImageName is well formed.

use super::arch::sent;
use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "REQ-IMAGE-NAME",
    aliases: &[],
    title: "ImageName is well formed",
    severity: Severity::Reject,
    confidence: Confidence::Current,
    source: "ImportImage, ImageName; error InvalidImageName.Malformed (SDK model 7.11.8)",
    docs: "\
# What it checks
Whether a declared ImageName has 2 to 128 characters, begins with a letter (Latin or Chinese), goes on with letters,
digits, `.`, `:`, `_` and `-`, and does not begin with `aliyun`, `acs:`, `http://` or `https://`.

# Why ECS needs it
Another name is refused with InvalidImageName.Malformed. Whether the name is taken already only the service knows.

# How to fix
Choose a name such as `debian-12-2025-06-01`.
",
    check,
};

fn check(_: &Facts, target: &Target) -> Judged {
    let Some(name) = target.request.image_name.as_deref() else {
        return Err(Undecided::skipped("no ImageName is declared"));
    };
    let Some(wrong) = wrong(name) else { return passed() };
    let message = format!("ImageName {name} {wrong}");
    let remedy = "choose a name of 2 to 128 letters, digits, dots, colons, underscores and hyphens";
    Ok(vec![Finding::new(message, remedy).at(sent("ImageName", name))])
}

fn wrong(name: &str) -> Option<&'static str> {
    let letter = |c: char| c.is_ascii_alphabetic() || chinese(c);
    let allowed = |c: char| letter(c) || c.is_ascii_digit() || ".:_-".contains(c);
    let lower = name.to_ascii_lowercase();
    if !(2..=128).contains(&name.chars().count()) {
        return Some("does not have 2 to 128 characters");
    }
    if ["http://", "https://", "aliyun", "acs:"].iter().any(|start| lower.starts_with(start)) {
        return Some("begins with aliyun, acs: or an address");
    }
    if !name.starts_with(letter) {
        return Some("does not begin with a letter");
    }
    (!name.chars().all(allowed)).then_some("has characters that are not allowed")
}

/// Chinese characters of the basic plane.
fn chinese(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}')
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |_, target| target.request.image_name = Some("9lives".into()),
        passes: |_, target| target.request.image_name = Some("debian-12:2025_06.1".into()),
        undecided: |_, _| (),
    }

    #[test]
    fn each_limit_counts() {
        for good in ["ab", "镜像-1", &"a".repeat(128)] {
            assert_eq!(wrong(good), None, "{good}");
        }
        for bad in ["a", "", "aliyun-x", "Aliyun", "acs:x", "https://x", "a b", "-ab", &"a".repeat(129)] {
            assert!(wrong(bad).is_some(), "{bad}");
        }
    }
}
