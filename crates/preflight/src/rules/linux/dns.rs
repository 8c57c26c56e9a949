//! LNX-DNS: no name server of the old network is written down.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-DNS",
    aliases: &[],
    title: "No name server of the old network is kept",
    severity: Severity::Info,
    confidence: Confidence::Derived,
    source: "derived: DHCP writes /etc/resolv.conf anew",
    docs: "\
# What it checks
Whether /etc/resolv.conf is a file that names servers, and cannot be written to because it is immutable; or names
servers while the network has a fixed address, so that nothing writes it anew.

# Why ECS needs it
With DHCP the file is written anew with the name servers of the platform. Where that does not happen, names are not
resolved.

# How to fix
`chattr -i /etc/resolv.conf`, and configure the interface for DHCP.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, linux) = linux(facts, target)?;
    let servers = known(&linux.network.static_dns)?.filter(|servers| !servers.is_empty());
    let Some(servers) = servers else { return passed() };
    let path = "/etc/resolv.conf";
    let fixed = linux.immutable_files.value().into_iter().flatten().any(|file| file.path.as_deref() == Some(path));
    let dhcp =
        linux.network.profiles.value().into_iter().flatten().any(|profile| {
            profile.addressing.value() == Some(&Addressing::Dhcp) && profile.used.value() != Some(&false)
        });
    if !fixed && (dhcp || network_by_itself(linux)) {
        return passed();
    }
    let message = format!("{path} names {} and is not written anew by DHCP", servers.join(", "));
    let remedy = "chattr -i /etc/resolv.conf, and configure the interface for DHCP";
    let at = Evidence::file(&guest.root, path).saying(servers.join(", "));
    Ok(vec![Finding::new(message, remedy).at(at)])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| {
            linux_of(facts).network.static_dns = is(vec!["10.0.0.53".into()]);
            linux_of(facts).immutable_files = is(vec![in_file("/etc/resolv.conf", 1, "immutable")]);
        },
        passes: |facts, _| linux_of(facts).network.static_dns = is(vec!["10.0.0.53".into()]),
        undecided: |facts, _| linux_of(facts).network.static_dns = Known::unknown("/etc could not be read"),
    }
}
