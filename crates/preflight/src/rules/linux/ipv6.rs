//! LNX-IPV6: no fixed IPv6 address is configured.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-IPV6",
    aliases: &[],
    title: "No fixed IPv6 address is configured",
    severity: Severity::Info,
    confidence: Confidence::Old,
    source: "Instructions for importing images (2021); ECS has IPv6 today",
    docs: "\
# What it checks
Whether an interface has a fixed IPv6 address.

# Why ECS needs it
Addresses are assigned by the platform: one of another network does not work. Old instructions rule IPv6 out altogether;
today an instance can have addresses assigned, by DHCPv6.

# How to fix
Remove the address from the configuration of the interface.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, linux) = linux(facts, target)?;
    let profiles = present(&linux.network.profiles, "no interface is configured")?;
    let fixed = |profile: &&NetworkProfile| {
        profile.used.value() != Some(&false) && profile.addresses.iter().any(|address| address.contains(':'))
    };
    let fixed: Vec<_> = profiles.iter().filter(fixed).collect();
    if fixed.is_empty() {
        return passed();
    }
    let remedy = "remove the address from the configuration of the interface";
    let finding = Finding::new("a fixed IPv6 address is configured, which is not valid on ECS", remedy);
    Ok(vec![finding.at_all(fixed.iter().map(|profile| &profile.evidence))])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| {
            of(&mut linux_of(facts).network.profiles)[0].addresses = vec!["2001:db8::5/64".into()];
        },
        passes: |_, _| (),
        undecided: |facts, _| linux_of(facts).network.profiles = Known::Absent,
    }
}
