//! LNX-NIC-NAME: the network configuration is for an interface of a name that an instance has.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-NIC-NAME",
    aliases: &["GUESTOS.Dhcp"],
    title: "The network is configured for a name that exists",
    severity: Severity::NoLogin,
    confidence: Confidence::Derived,
    source: "derived: names of virtio network cards on ECS are eth0, or ens5 and the like",
    docs: "\
# What it checks
Whether the interface that is configured has a name that an instance's card gets: eth0 where `net.ifnames=0` is on the
kernel command line or the system does not rename interfaces, a name by slot otherwise. Patterns such as `en*` always
fit. Where cloud-init or NetworkManager configures what it finds, this is a warning.

# Why ECS needs it
ens192 is the name on VMware, enp0s3 the one on VirtualBox. A configuration for a name that does not exist is ignored,
and the instance has no network.

# How to fix
Add `net.ifnames=0 biosdevname=0` to the kernel command line and configure eth0, or configure by a pattern (`en*`,
`e*`).
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, linux) = linux(facts, target)?;
    let profiles = present(&linux.network.profiles, "no interface is configured")?;
    let used: Vec<_> = profiles.iter().filter(|profile| profile.used.value() != Some(&false)).collect();
    if used.is_empty() {
        return Err(Undecided::skipped("no configuration of an interface is in use (see LNX-DHCP)"));
    }
    let renames = linux.init.value().is_some_and(|init| init == "systemd");
    let old_names = if renames { known(&linux.network.old_names)? == Some(&true) } else { true };
    let fits: Vec<_> = used.iter().map(|profile| fit(&profile.interface, old_names)).collect();
    if fits.contains(&Fit::Yes) {
        return passed();
    }
    let names: Vec<_> = used.iter().map(|profile| name(&profile.interface)).collect();
    let scheme = if old_names { "eth0" } else { "ens5 or the like, eth0 only with net.ifnames=0" };
    let message = format!("the network is configured for {}; on ECS the card is {scheme}", names.join(", "));
    let remedy = "add net.ifnames=0 to the kernel command line and configure eth0, or configure by a pattern (en*)";
    let finding = Finding::new(message, remedy).at_all(used.iter().map(|profile| &profile.evidence));
    let mild = fits.contains(&Fit::Perhaps) || network_by_itself(linux);
    Ok(vec![if mild { finding.only(Severity::Degraded) } else { finding }])
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fit {
    Yes,
    Perhaps,
    No,
}

/// Whether the first card of an instance is meant. A name by slot is right on some instance types.
fn fit(interface: &InterfaceMatch, old_names: bool) -> Fit {
    match interface {
        InterfaceMatch::Any => Fit::Yes,
        InterfaceMatch::Mac(_) => Fit::No,
        InterfaceMatch::Name(name) if name.contains(['*', '?', '[']) => Fit::Yes,
        InterfaceMatch::Name(name) if name == "eth0" => {
            if old_names {
                Fit::Yes
            } else {
                Fit::No
            }
        }
        InterfaceMatch::Name(name) if matches!(name.as_str(), "ens5" | "enp0s5") && !old_names => Fit::Perhaps,
        InterfaceMatch::Name(_) => Fit::No,
    }
}

fn name(interface: &InterfaceMatch) -> &str {
    match interface {
        InterfaceMatch::Any => "any",
        InterfaceMatch::Name(name) | InterfaceMatch::Mac(name) => name,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn named(facts: &mut Facts, name: &str, old_names: bool) {
        let network = &mut linux_of(facts).network;
        of(&mut network.profiles)[0].interface = InterfaceMatch::Name(name.into());
        network.old_names = is(old_names);
    }

    cases! {
        fires: |facts, _| { linux_of(facts).cloud_init = Known::Absent; named(facts, "ens192", false) },
        passes: |facts, _| named(facts, "en*", false),
        undecided: |facts, _| linux_of(facts).network.old_names = Known::unknown("no command line"),
    }

    #[test]
    fn cloud_init_mends_it_only_where_what_it_writes_is_read() {
        for (read, severity) in [(true, Severity::Degraded), (false, Severity::NoLogin)] {
            let mut facts = bios();
            named(&mut facts, "ens192", true);
            linux_of(&mut facts).network.reads_drop_ins = is(read);
            let outcome = RULE.judge(&facts, &Target::default());
            assert_eq!(outcome.findings()[0].severity, severity, "{read}");
        }
    }

    #[test]
    fn eth0_needs_the_old_names() {
        assert!(fit(&InterfaceMatch::Name("eth0".into()), true) == Fit::Yes);
        assert!(fit(&InterfaceMatch::Name("eth0".into()), false) == Fit::No);
        let found = findings(&RULE, |facts, _| named(facts, "eth0", false));
        assert_eq!(found[0].severity, Severity::Degraded, "cloud-init configures what it finds");
    }
}
