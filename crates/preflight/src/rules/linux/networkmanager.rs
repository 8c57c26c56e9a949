//! LNX-NETWORKMANAGER: old instructions want the `network` service, not NetworkManager.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-NETWORKMANAGER",
    aliases: &[],
    title: "RHEL 7 and older use the network service",
    severity: Severity::Info,
    confidence: Confidence::Old,
    source: "Image compliance tool, item network (2019 to 2021)",
    docs: "\
# What it checks
On systems of the RHEL family up to release 7: whether NetworkManager starts at boot.

# Why ECS needs it
The compliance tool of 2019 wants NetworkManager off and the service `network` on, which is what the platform configures
on these systems. From RHEL 8 on NetworkManager is the network service, and there is nothing to remark.

# How to fix
`systemctl disable NetworkManager && systemctl enable network`, if an interface is configured by an ifcfg file.
",
    check,
};

const FAMILY: [&str; 5] = ["rhel", "centos", "redhat", "ol", "scientific"];

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, linux) = linux(facts, target)?;
    let distribution = present(&guest.distribution, "the system is not of the RHEL family")?;
    let release = version(&distribution.version);
    if !FAMILY.contains(&distribution.id.as_str()) || release.first().is_none_or(|release| *release > 7) {
        return Err(Undecided::skipped("the system is not RHEL 7 or older"));
    }
    if known(&linux.network.network_manager)? != Some(&true) {
        return passed();
    }
    let message = "NetworkManager starts at boot, where the platform configures the service network";
    let remedy = "systemctl disable NetworkManager && systemctl enable network, if an ifcfg file configures eth0";
    let at = Evidence::file(&guest.root, "/etc/systemd/system/multi-user.target.wants/NetworkManager.service");
    Ok(vec![Finding::new(message, remedy).at(at)])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn centos7(facts: &mut Facts, on: bool) {
        let found = of(&mut guest_of(facts).distribution);
        found.id = "centos".into();
        found.version = "7.9".into();
        linux_of(facts).network.network_manager = is(on);
    }

    cases! {
        fires: |facts, _| centos7(facts, true),
        passes: |facts, _| centos7(facts, false),
        undecided: |_, _| (),
    }
}
