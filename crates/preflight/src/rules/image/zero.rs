//! IMG-ZERO: the file is not empty.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "IMG-ZERO",
    aliases: &[],
    title: "The image file is not empty",
    severity: Severity::Reject,
    confidence: Confidence::Current,
    source: "ImportImage, error InvalidOSSObject.Size (API reference 2025-05)",
    docs: "\
# What it checks
The length of the image file.

# Why ECS needs it
An object of no bytes is refused with InvalidOSSObject.Size. An empty file is most often what is left of a download
or a conversion that failed.

# How to fix
Fetch or convert the image again, and look at the exit code of the program that does it.
",
    check,
};

fn check(facts: &Facts, _: &Target) -> Judged {
    match known(&facts.image.format)? {
        Some(_) if facts.image.file_size > 0 => passed(),
        _ => Ok(vec![
            Finding::new("the image file is empty", "fetch or convert the image again")
                .at(file(facts, format!("{} bytes", facts.image.file_size))),
        ]),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::cases;

    cases! {
        fires: |facts, _| facts.image.file_size = 0,
        passes: |_, _| (),
        undecided: |facts, _| facts.image.format = Known::unknown("the file could not be read"),
    }
}
