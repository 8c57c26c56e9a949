//! IMG-MULTIBOOT: there is one operating system on the disk.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "IMG-MULTIBOOT",
    aliases: &[],
    title: "There is one operating system on the disk",
    severity: Severity::Degraded,
    confidence: Confidence::Derived,
    source: "Instructions for importing images (2021): one root partition",
    docs: "\
# What it checks
Whether more than one volume holds the root filesystem of an operating system.

# Why ECS needs it
An image has one Platform, and what the platform configures at first boot (host name, password, network) goes into one
system. With two on the disk it may not be the one that boots.

# How to fix
Remove the system that is not to run, or move the other one to an image of its own.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let guest = guest(facts, target)?;
    if guest.other_roots.is_empty() {
        return passed();
    }
    let names: Vec<_> = guest.other_roots.iter().map(ToString::to_string).collect();
    let message = format!("besides {}, a system lives on {}", guest.root, names.join(", "));
    let finding = Finding::new(message, "remove the system that is not to run from the disk")
        .at_all(&guest.root_evidence)
        .at_all(&guest.other_roots.iter().map(|id| Evidence::volume(id, "a root filesystem")).collect::<Vec<_>>());
    Ok(vec![finding])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| guest_of(facts).other_roots = vec![VolumeId::partition(3)],
        passes: |_, _| (),
        undecided: |facts, _| facts.guest = Known::unknown("XFS is not read"),
    }
}
