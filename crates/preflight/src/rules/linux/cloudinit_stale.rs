//! LNX-CLOUDINIT-STALE: cloud-init keeps nothing of an earlier instance.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-CLOUDINIT-STALE",
    aliases: &["GUESTOS.CloudInit"],
    title: "cloud-init keeps nothing of an earlier run",
    severity: Severity::Info,
    confidence: Confidence::Derived,
    source: "derived from cloud-init's own cleaning (cloud-init clean)",
    docs: "\
# What it checks
Whether /var/lib/cloud holds the state of an earlier run.

# Why ECS needs it
cloud-init notices that the instance is another one and runs again; what an earlier run configured (network, users,
logs) stays, and may show data of the source machine.

# How to fix
`cloud-init clean --logs` in the source system, as the last thing before it is shut down.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, linux) = linux(facts, target)?;
    let cloud_init = present(&linux.cloud_init, "cloud-init is not installed (see LNX-CLOUDINIT)")?;
    let Some(state) = known(&cloud_init.stale)? else { return passed() };
    let remedy = "cloud-init clean --logs in the source system";
    Ok(vec![Finding::new("cloud-init holds the state of an earlier run", remedy).at(state.clone())])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| {
            of(&mut linux_of(facts).cloud_init).stale = is(in_file("/var/lib/cloud/instance", 1, "a link"));
        },
        passes: |_, _| (),
        undecided: |facts, _| linux_of(facts).cloud_init = Known::Absent,
    }
}
