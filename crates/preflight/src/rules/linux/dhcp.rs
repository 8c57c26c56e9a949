//! LNX-DHCP: the network card gets its address by DHCP.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-DHCP",
    aliases: &["GUESTOS.Dhcp", "image_check.network", "sersi.DHCP"],
    title: "The network card gets its address by DHCP",
    severity: Severity::NoLogin,
    confidence: Confidence::Current,
    source: "Instructions for importing images (2021); Check and repair custom images, item Dhcp (2025)",
    docs: "\
# What it checks
Whether an interface is configured for DHCP and comes up at boot: ifcfg files, /etc/network/interfaces, netplan,
NetworkManager, systemd-networkd, wicked. Where cloud-init writes a configuration in place of a wrong one, or
NetworkManager brings up what nothing configures, what is wrong here is a warning. A fixed address in
/etc/network/interfaces stays beside what cloud-init writes, and keeps the card from coming up.

# Why ECS needs it
The address of an instance is assigned by the platform's DHCP. A fixed address of the old network leaves it without a
network.

# How to fix
Configure the interface for DHCP: `BOOTPROTO=dhcp` and `ONBOOT=yes` in ifcfg-eth0, `iface eth0 inet dhcp` with
`auto eth0` in /etc/network/interfaces, `dhcp4: true` in netplan, `method=auto` in NetworkManager.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, linux) = linux(facts, target)?;
    let by_itself = network_by_itself(linux);
    let Some(profiles) = known(&linux.network.profiles)? else {
        if by_itself {
            return passed();
        }
        let message = "no interface is configured, and nothing brings up a network by itself";
        let remedy = "configure eth0 for DHCP, or install cloud-init";
        return Ok(vec![Finding::new(message, remedy).at(Evidence::file(&guest.root, "/etc"))]);
    };
    let live: Vec<_> = profiles.iter().filter(|profile| profile.used.value() != Some(&false)).collect();
    let mut tally = Tally::default();
    let mut dhcp = false;
    for profile in &live {
        let (addressing, on_boot) = (tally.value(&profile.addressing), tally.value(&profile.on_boot));
        dhcp |= addressing == Some(&Addressing::Dhcp)
            && on_boot == Some(&true)
            && tally.value(&profile.used) == Some(&true);
    }
    if dhcp || (live.is_empty() && by_itself) {
        return passed();
    }
    let candidates = live.iter().any(|profile| {
        !matches!(profile.addressing, Known::Is(Addressing::Static | Addressing::None))
            && profile.on_boot.value() != Some(&false)
    });
    if candidates {
        tally.doubt("whether an interface comes up by DHCP could not be told");
        return tally.done();
    }
    let finding =
        Finding::new(why(profiles, live.is_empty()), "configure the interface for DHCP, and to come up at boot")
            .at_all(profiles.iter().map(|profile| &profile.evidence));
    Ok(vec![if is_mended(linux, &live) { finding.only(Severity::Degraded) } else { finding }])
}

/// Whether something puts a right configuration in place of these.
fn is_mended(linux: &Linux, live: &[&NetworkProfile]) -> bool {
    let fixed = |profile: &&&NetworkProfile| profile.addressing.value() == Some(&Addressing::Static);
    let stays = live.iter().filter(fixed).any(|profile| profile.source == NetworkSource::Interfaces);
    let by_manager =
        linux.network.network_manager.value() == Some(&true) && !live.iter().any(|profile| fixed(&profile));
    (network_by_cloud_init_of(linux) && !stays) || by_manager
}

fn why(profiles: &[NetworkProfile], unused: bool) -> &'static str {
    let has = |wanted| profiles.iter().any(|profile| profile.addressing.value() == Some(&wanted));
    if unused {
        "interfaces are configured, but nothing that starts at boot reads that configuration"
    } else if has(Addressing::Dhcp) {
        "the interface with DHCP does not come up at boot"
    } else if has(Addressing::Static) {
        "the network card has a fixed address, which is not valid on ECS"
    } else {
        "no interface gets an IPv4 address"
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn profile(facts: &mut Facts) -> &mut NetworkProfile {
        &mut of(&mut linux_of(facts).network.profiles)[0]
    }

    cases! {
        fires: |facts, _| {
            linux_of(facts).cloud_init = Known::Absent;
            profile(facts).addressing = is(Addressing::Static);
        },
        passes: |_, _| (),
        undecided: |facts, _| profile(facts).addressing = Known::unknown("the file is too large"),
    }

    #[test]
    fn cloud_init_makes_it_a_warning_where_it_writes_the_same_file() {
        for (source, severity) in
            [(NetworkSource::Ifcfg, Severity::Degraded), (NetworkSource::Interfaces, Severity::NoLogin)]
        {
            let mut facts = bios();
            (profile(&mut facts).addressing, profile(&mut facts).source) = (is(Addressing::Static), source);
            let outcome = RULE.judge(&facts, &Target::default());
            assert_eq!(outcome.findings()[0].severity, severity, "{source:?}");
        }
    }

    #[test]
    fn network_manager_does_not_mend_a_fixed_address() {
        let found = findings(&RULE, |facts, _| {
            linux_of(facts).cloud_init = Known::Absent;
            linux_of(facts).network.network_manager = is(true);
            profile(facts).addressing = is(Addressing::Static);
        });
        assert_eq!(found[0].severity, Severity::NoLogin);
    }

    #[test]
    fn each_reason_is_said() {
        let down = findings(&RULE, |facts, _| profile(facts).on_boot = is(false));
        assert!(down[0].message.contains("does not come up"));
        let unread = findings(&RULE, |facts, _| {
            linux_of(facts).cloud_init = Known::Absent;
            profile(facts).used = is(false);
        });
        assert!(unread[0].message.contains("nothing that starts"));
        let none = findings(&RULE, |facts, _| {
            linux_of(facts).cloud_init = Known::Absent;
            linux_of(facts).network.profiles = Known::Absent;
        });
        assert_eq!(none[0].severity, Severity::NoLogin);
    }
}
