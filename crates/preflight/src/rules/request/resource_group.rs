//! REQ-RESOURCE-GROUP: ResourceGroupId is shaped like one.

use super::arch::sent;
use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "REQ-RESOURCE-GROUP",
    aliases: &[],
    title: "ResourceGroupId is shaped like one",
    severity: Severity::Reject,
    confidence: Confidence::Derived,
    source: "ImportImage, ResourceGroupId; error InvalidResourceGroup.NotFound; the shape is that of the samples",
    docs: "\
# What it checks
Whether a declared ResourceGroupId is an id, `rg-` and lower-case letters and digits, and not the name of a group.
Whether there is such a group only the service knows.

# Why ECS needs it
A group that does not exist is refused with InvalidResourceGroup.NotFound.

# How to fix
Give the group's id as the console shows it, such as `--resource-group-id rg-bp67acfmxazb4p`.
",
    check,
};

fn check(_: &Facts, target: &Target) -> Judged {
    let Some(id) = target.request.resource_group_id.as_deref() else {
        return Err(Undecided::skipped("no ResourceGroupId is declared"));
    };
    if is_id(id) {
        return passed();
    }
    let remedy = "give the id of the group, which begins with rg-, not its name";
    let finding = Finding::new(format!("ResourceGroupId {id} is no id of a group"), remedy);
    Ok(vec![finding.at(sent("ResourceGroupId", id))])
}

fn is_id(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.strip_prefix("rg-").is_some_and(|rest| !rest.is_empty() && rest.chars().all(plain))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |_, target| target.request.resource_group_id = Some("production".into()),
        passes: |_, target| target.request.resource_group_id = Some("rg-bp67acfmxazb4p".into()),
        undecided: |_, _| (),
    }

    #[test]
    fn shapes() {
        assert!(is_id("rg-acfmx2") && !is_id("rg-") && !is_id("rg-a b") && !is_id("RG-acfmx2") && !is_id(""));
    }
}
