//! REQ-IMDS: ImdsSupport is one that exists.

use super::arch::sent;
use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "REQ-IMDS",
    aliases: &[],
    title: "ImdsSupport is v1 or v2",
    severity: Severity::Reject,
    confidence: Confidence::Current,
    source: "ImportImage, Features.ImdsSupport; error InvalidParameter.FeaturesImdsSupport (SDK model 7.11.8)",
    docs: "\
# What it checks
Whether a declared ImdsSupport is `v1` or `v2`.

# Why ECS needs it
With `v2` instances of the image may be set so that they are asked for a token before they read their metadata. Another
word is refused with InvalidParameter.FeaturesImdsSupport. The default is `v1`.

# How to fix
Declare `--imds-support v2` where cloud-init and what else reads the metadata gets a token first, else `v1`.
",
    check,
};

fn check(_: &Facts, target: &Target) -> Judged {
    let Some(declared) = target.request.imds_support.as_deref() else {
        return Err(Undecided::skipped("no ImdsSupport is declared"));
    };
    if matches!(declared, "v1" | "v2") {
        return passed();
    }
    let message = format!("ImdsSupport {declared} does not exist");
    let finding = Finding::new(message, "declare --imds-support v1 or --imds-support v2");
    Ok(vec![finding.at(sent("Features.ImdsSupport", declared))])
}

#[cfg(test)]
pub(crate) mod tests {
    use crate::testing::*;

    cases! {
        fires: |_, target| target.request.imds_support = Some("V2".into()),
        passes: |_, target| target.request.imds_support = Some("v2".into()),
        undecided: |_, _| (),
    }
}
