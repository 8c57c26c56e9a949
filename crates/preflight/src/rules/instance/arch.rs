//! INS-ARCH: the instances have the processors that the system is made for.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "INS-ARCH",
    aliases: &[],
    title: "The instances have the processors that the system is made for",
    severity: Severity::NoBoot,
    confidence: Confidence::Current,
    source: "Instance families; ImportImage, Architecture (SDK model 7.11.8)",
    docs: "\
# What it checks
Where `--target` names an instance family or an architecture, whether the kernel is made for it. i386 systems run on
x86_64 instances.

# Why ECS needs it
Instances are not offered for an image of another architecture, and where the image says the wrong one, they do not
start.

# How to fix
Name a family with the right processors (for arm64 those whose generation is followed by y, such as g8y), or take the
image of a system made for these.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let guest = guest(facts, target)?;
    let Some(wanted) = target.instance.architecture else {
        return Err(Undecided::skipped("--target names no processors"));
    };
    let found = present(&guest.architecture, "there is no kernel (see LNX-KERNEL-PRESENT)")?;
    let runs = match found.value {
        Architecture::I386 => wanted == Architecture::X86_64,
        found => found == wanted,
    };
    if runs {
        return passed();
    }
    let family = target.instance.family.as_deref().unwrap_or("these instances");
    let message = format!("{family} has {wanted} processors, and the system is made for {}", found.value);
    let remedy = format!("choose instances with {} processors, or import a system for {wanted}", found.value);
    Ok(vec![Finding::new(message, remedy).at_all(&found.evidence)])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |_, target| target.instance = "ecs.g8y".parse().unwrap(),
        passes: |_, target| target.instance = "ecs.g7".parse().unwrap(),
        undecided: |_, _| (),
    }

    #[test]
    fn the_32_bits_of_the_same_processors_will_do() {
        let found = findings(&RULE, |facts, target| {
            of(&mut guest_of(facts).architecture).value = Architecture::I386;
            target.instance = "x86_64".parse().unwrap();
        });
        assert!(found.is_empty());
    }
}
