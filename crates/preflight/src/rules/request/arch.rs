//! IMG-ARCH: the architecture is one that ECS offers, and the one that is declared.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "IMG-ARCH",
    aliases: &["GUESTOS.Architecture"],
    title: "The architecture is right and on offer",
    severity: Severity::Reject,
    confidence: Confidence::Current,
    source: "ImportImage, Architecture; errors InvalidArchitecture.* (SDK model 7.11.8)",
    docs: "\
# What it checks
Whether the kernel is for x86_64, i386 or arm64, and whether a declared Architecture is one of those and says what the
kernel says.

# Why ECS needs it
Another value is refused with InvalidArchitecture.Malformed. A wrong one is believed: the instance is started on a
machine for which the kernel is not made.

# How to fix
Declare what the disk holds, `--architecture arm64`, or leave it out.
",
    check,
};

const OFFERED: [&str; 3] = ["i386", "x86_64", "arm64"];

fn check(facts: &Facts, target: &Target) -> Judged {
    system_disk(target)?;
    let declared = target.request.architecture.as_deref();
    if let Some(declared) = declared.filter(|declared| !OFFERED.contains(declared)) {
        let message = format!("Architecture {declared} does not exist");
        let remedy = format!("declare one of {}", OFFERED.join(", "));
        return Ok(vec![Finding::new(message, remedy).at(sent("Architecture", declared))]);
    }
    let guest = guest(facts, target)?;
    let found = present(&guest.architecture, "there is no kernel (see LNX-KERNEL-PRESENT)")?;
    if found.value == Architecture::Other {
        let remedy = "import a system for x86_64, i386 or arm64";
        return Ok(vec![Finding::new("ECS has no machines for this kernel", remedy).at_all(&found.evidence)]);
    }
    match declared {
        Some(declared) if declared != found.value.to_string() => {
            let message = format!("Architecture is declared as {declared}, the kernel is for {}", found.value);
            let finding = Finding::new(message, format!("declare --architecture {}", found.value));
            Ok(vec![finding.at_all(&found.evidence).only(Severity::NoBoot)])
        }
        _ => passed(),
    }
}

/// A parameter of the request as evidence.
pub(super) fn sent(name: &str, value: &str) -> Evidence {
    Evidence::words(format!("{name}={value} in the request"))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |_, target| target.request.architecture = Some("amd64".into()),
        passes: |_, target| target.request.architecture = Some("x86_64".into()),
        undecided: |facts, _| guest_of(facts).architecture = Known::unknown("the kernel could not be read"),
    }

    #[test]
    fn a_wrong_declaration_does_not_boot() {
        let found = findings(&RULE, |_, target| target.request.architecture = Some("arm64".into()));
        assert_eq!(found[0].severity, Severity::NoBoot);
    }
}
