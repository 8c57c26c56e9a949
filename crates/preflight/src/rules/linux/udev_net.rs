//! LNX-UDEV-NET: no interface is tied to the network card of the old machine.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-UDEV-NET",
    aliases: &["GUESTOS.Dhcp"],
    title: "No interface is tied to the old network card",
    severity: Severity::NoLogin,
    confidence: Confidence::Derived,
    source: "derived: an instance's card has a hardware address of its own",
    docs: "\
# What it checks
Files that tie names or configuration to a hardware address: 70-persistent-net.rules, `.link` files, HWADDR in ifcfg
files, `macaddress` in netplan.

# Why ECS needs it
The card of an instance has another address. A configuration for the old one is ignored. On systems before systemd the
old rule keeps the name eth0 for a card that is gone, and the new one becomes eth1, which nothing configures.

# How to fix
Delete /etc/udev/rules.d/70-persistent-net.rules, and remove HWADDR and the like from the configuration.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, linux) = linux(facts, target)?;
    let mut tally = Tally::default();
    let by_itself = network_by_itself(linux);
    let systemd = linux.init.value().is_some_and(|init| init == "systemd");
    if let Some(rules) = tally.value(&linux.network.persistent_names).filter(|rules| !rules.is_empty()) {
        let message = "interface names are tied to the network card of the old machine";
        let remedy = "delete these files, such as /etc/udev/rules.d/70-persistent-net.rules";
        let finding = Finding::new(message, remedy).at_all(rules);
        tally.fail(if systemd || by_itself { finding.only(Severity::Degraded) } else { finding });
    }
    let profiles = tally.value(&linux.network.profiles).into_iter().flatten();
    let (tied, free): (Vec<_>, Vec<_>) = profiles
        .filter(|profile| profile.used.value() != Some(&false))
        .partition(|profile| matches!(profile.interface, InterfaceMatch::Mac(_)));
    if !tied.is_empty() {
        let message = "the network is configured for the hardware address of the old card";
        let remedy = "remove the address (HWADDR, macaddress, hwaddress) from the configuration";
        let finding = Finding::new(message, remedy).at_all(tied.iter().map(|profile| &profile.evidence));
        tally.fail(if by_itself || !free.is_empty() { finding.only(Severity::Degraded) } else { finding });
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn rules(facts: &mut Facts) {
        let line = "SUBSYSTEM==\"net\", ATTR{address}==\"00:0c:29:1b:9f:21\", NAME=\"eth0\"";
        let rule = in_file("/etc/udev/rules.d/70-persistent-net.rules", 3, line);
        linux_of(facts).network.persistent_names = is(vec![rule]);
    }

    cases! {
        fires: |facts, _| {
            rules(facts);
            linux_of(facts).init = is("sysv".into());
            linux_of(facts).cloud_init = Known::Absent;
        },
        passes: |_, _| (),
        undecided: |facts, _| linux_of(facts).network.persistent_names = Known::unknown("/etc could not be read"),
    }

    #[test]
    fn with_systemd_it_is_a_warning_and_a_profile_by_address_is_not() {
        assert_eq!(findings(&RULE, |facts, _| rules(facts))[0].severity, Severity::Degraded);
        let tied = findings(&RULE, |facts, _| {
            linux_of(facts).cloud_init = Known::Absent;
            of(&mut linux_of(facts).network.profiles)[0].interface = InterfaceMatch::Mac("00:0c:29:1b:9f:21".into());
        });
        assert_eq!(tied[0].severity, Severity::NoLogin);
    }
}
