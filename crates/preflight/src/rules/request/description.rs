//! REQ-DESCRIPTION: Description is well formed.

use super::arch::sent;
use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "REQ-DESCRIPTION",
    aliases: &[],
    title: "Description is well formed",
    severity: Severity::Reject,
    confidence: Confidence::Current,
    source: "ImportImage, Description; error InvalidDescription.Malformed (SDK model 7.11.8)",
    docs: "\
# What it checks
Whether a declared Description has 2 to 256 characters and does not begin with `http://` or `https://`.

# Why ECS needs it
Another description is refused with InvalidDescription.Malformed, after the image has been uploaded.

# How to fix
Shorten the description, or put a word in front of an address.
",
    check,
};

fn check(_: &Facts, target: &Target) -> Judged {
    let Some(text) = target.request.description.as_deref() else {
        return Err(Undecided::skipped("no Description is declared"));
    };
    let length = text.chars().count();
    let message = if !(2..=256).contains(&length) {
        format!("Description has {length} characters, not 2 to 256")
    } else if ["http://", "https://"].iter().any(|start| text.to_ascii_lowercase().starts_with(start)) {
        "Description begins with an address".to_string()
    } else {
        return passed();
    };
    let remedy = "write 2 to 256 characters that do not begin with http:// or https://";
    Ok(vec![Finding::new(message, remedy).at(sent("Description", text))])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |_, target| target.request.description = Some("https://example.com".into()),
        passes: |_, target| target.request.description = Some("built on Monday".into()),
        undecided: |_, _| (),
    }

    #[test]
    fn length_counts_characters() {
        let found = findings(&RULE, |_, target| target.request.description = Some("x".repeat(257)));
        assert!(found[0].message.contains("257"));
        crate::testing::passes(&RULE, |_, target| target.request.description = Some("镜".repeat(256)));
    }
}
