//! LNX-CLOUDINIT-VER: cloud-init is new enough to know ECS.

use crate::rules::prelude::*;

/// The first release that can be used on ECS.
const OLDEST: [u64; 3] = [0, 7, 9];

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-CLOUDINIT-VER",
    aliases: &["GUESTOS.CloudInit"],
    title: "cloud-init is new enough to know ECS",
    severity: Severity::Degraded,
    confidence: Confidence::Current,
    source: "Install cloud-init (2021); ImportImage (API reference 2025-05)",
    docs: "\
# What it checks
Whether cloud-init is 0.7.9 or newer. Alibaba's own builds of 0.7.6 (0.7.6a…) count as new enough.

# Why ECS needs it
Older releases have no data source for ECS: they wait for the one of another cloud for minutes at every boot, and set
nothing.

# How to fix
Install a newer cloud-init in the source system.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, linux) = linux(facts, target)?;
    let cloud_init = present(&linux.cloud_init, "cloud-init is not installed (see LNX-CLOUDINIT)")?;
    let Some(found) = known(&cloud_init.version)? else {
        return Err(Undecided::unknown("nothing says which version of cloud-init this is"));
    };
    let text = found.value.split_once(':').map_or(found.value.as_str(), |(_, version)| version);
    let number = version(text);
    if number.is_empty() {
        return Err(Undecided::unknown(format!("\"{}\" is no version of cloud-init", found.value)));
    }
    if number.as_slice() >= OLDEST.as_slice() || text.starts_with("0.7.6a") {
        return passed();
    }
    let message = format!("cloud-init {} does not know ECS", found.value);
    let remedy = "install cloud-init 0.7.9 or newer in the source system";
    Ok(vec![Finding::new(message, remedy).at_all(&found.evidence)])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn version(facts: &mut Facts, text: &str) {
        of(&mut of(&mut linux_of(facts).cloud_init).version).value = text.into();
    }

    cases! {
        fires: |facts, _| version(facts, "0.7.5-1"),
        passes: |facts, _| version(facts, "0.7.6a15"),
        undecided: |facts, _| of(&mut linux_of(facts).cloud_init).version = Known::Absent,
    }
}
