//! LNX-MACHINE-ID: the image carries no identity of the source machine.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-MACHINE-ID",
    aliases: &[],
    title: "The image carries no identity of its source",
    severity: Severity::Info,
    confidence: Confidence::Derived,
    source: "derived from machine-id(5) and sshd(8)",
    docs: "\
# What it checks
Whether /etc/machine-id holds an id, and whether host keys of sshd are in the image.

# Why ECS needs it
All instances of the image then have the same identity: DHCP leases and logs are mixed up by the one, and whoever has
one instance can pass for all others with the host keys. cloud-init makes new host keys; nothing makes a new machine id.

# How to fix
As the last thing in the source system: `truncate -s 0 /etc/machine-id` and `rm /etc/ssh/ssh_host_*`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, linux) = linux(facts, target)?;
    let mut tally = Tally::default();
    if tally.value(&linux.machine_id) == Some(&true) {
        let remedy = "truncate -s 0 /etc/machine-id, as the last thing in the source system";
        let at = Evidence::file(&guest.root, "/etc/machine-id");
        tally.fail(Finding::new("all instances would share the machine id of the image", remedy).at(at));
    }
    let renewed = linux.cloud_init.value().is_some_and(|found| found.enabled.value() == Some(&true));
    if let Some(keys) = tally.value(&linux.ssh_host_keys).filter(|keys| !keys.is_empty() && !renewed) {
        let remedy = "rm /etc/ssh/ssh_host_* in the source system, if something makes new ones at boot";
        let places: Vec<_> = keys.iter().map(|path| Evidence::file(&guest.root, path)).collect();
        tally.fail(Finding::new("all instances would share the host keys of sshd", remedy).at_all(&places));
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| linux_of(facts).machine_id = is(true),
        passes: |facts, _| linux_of(facts).ssh_host_keys = is(vec!["/etc/ssh/ssh_host_rsa_key".into()]),
        undecided: |facts, _| linux_of(facts).machine_id = Known::unknown("/etc could not be read"),
    }
}
