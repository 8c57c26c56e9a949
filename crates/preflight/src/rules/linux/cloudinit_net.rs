//! LNX-CLOUDINIT-NET: where cloud-init leaves the network alone, the system's own configuration is DHCP.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-CLOUDINIT-NET",
    aliases: &["GUESTOS.CloudInit", "GUESTOS.Dhcp"],
    title: "Someone configures the network",
    severity: Severity::NoLogin,
    confidence: Confidence::Derived,
    source: "Install cloud-init (2021)",
    docs: "\
# What it checks
Where the configuration of cloud-init says `network: {config: disabled}`: whether an interface is configured for DHCP
otherwise, or NetworkManager starts at boot.

# Why ECS needs it
cloud-init configures the network of a new instance unless it is told not to. Then the configuration of the source
machine stays, and must be one that works.

# How to fix
Configure the interface for DHCP, or remove the file with `config: disabled` from /etc/cloud/cloud.cfg.d.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, linux) = linux(facts, target)?;
    let cloud_init = present(&linux.cloud_init, "cloud-init is not installed (see LNX-CLOUDINIT)")?;
    let disabled = present(&cloud_init.network_disabled, "cloud-init configures the network")?;
    if network_by_itself(linux) {
        return passed();
    }
    let dhcp = |profile: &NetworkProfile| {
        profile.addressing.value() == Some(&Addressing::Dhcp) && profile.used.value() != Some(&false)
    };
    if known(&linux.network.profiles)?.into_iter().flatten().any(dhcp) {
        return passed();
    }
    let message = "cloud-init is told to leave the network alone, and no interface is configured for DHCP";
    let remedy = "configure the interface for DHCP, or remove config: disabled from /etc/cloud/cloud.cfg.d";
    Ok(vec![Finding::new(message, remedy).at(disabled.clone())])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn disable(facts: &mut Facts) {
        let line = in_file("/etc/cloud/cloud.cfg.d/99.cfg", 1, "network: {config: disabled}");
        of(&mut linux_of(facts).cloud_init).network_disabled = is(line);
    }

    cases! {
        fires: |facts, _| { disable(facts); linux_of(facts).network.profiles = Known::Absent },
        passes: |facts, _| disable(facts),
        undecided: |_, _| (),
    }
}
