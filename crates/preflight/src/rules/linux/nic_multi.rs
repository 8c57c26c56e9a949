//! LNX-NIC-MULTI: one interface is configured.

use crate::rules::prelude::*;
use std::collections::BTreeSet;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-NIC-MULTI",
    aliases: &[],
    title: "One interface is configured",
    severity: Severity::Degraded,
    confidence: Confidence::Old,
    source: "Instructions for importing images (2021)",
    docs: "\
# What it checks
Whether more than one interface is configured by name or hardware address to come up at boot.

# Why ECS needs it
A new instance has one network card. The boot waits for the others, up to five minutes with /etc/network/interfaces, and
their routes may stand in the way.

# How to fix
Leave the configuration of one interface with DHCP, and remove the others.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, linux) = linux(facts, target)?;
    let profiles = present(&linux.network.profiles, "no interface is configured")?;
    let live = |profile: &&NetworkProfile| {
        profile.used.value() != Some(&false) && profile.on_boot.value() != Some(&false) && one(&profile.interface)
    };
    let live: Vec<_> = profiles.iter().filter(live).collect();
    let distinct: BTreeSet<_> = live.iter().map(|profile| format!("{:?}", profile.interface)).collect();
    if distinct.len() < 2 {
        return passed();
    }
    let message = format!("{} interfaces are configured, an instance has one", distinct.len());
    let remedy = "leave the configuration of one interface with DHCP, and remove the others";
    Ok(vec![Finding::new(message, remedy).at_all(live.iter().map(|profile| &profile.evidence))])
}

/// Whether it is for one interface, not a pattern.
fn one(interface: &InterfaceMatch) -> bool {
    match interface {
        InterfaceMatch::Any => false,
        InterfaceMatch::Mac(_) => true,
        InterfaceMatch::Name(name) => !name.contains(['*', '?', '[']),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn add(facts: &mut Facts, name: &str) {
        let profiles = of(&mut linux_of(facts).network.profiles);
        profiles.push(NetworkProfile { interface: InterfaceMatch::Name(name.into()), ..profiles[0].clone() });
    }

    cases! {
        fires: |facts, _| add(facts, "eth1"),
        passes: |facts, _| add(facts, "en*"),
        undecided: |facts, _| linux_of(facts).network.profiles = Known::Absent,
    }
}
