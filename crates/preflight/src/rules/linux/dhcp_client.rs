//! LNX-DHCP-CLIENT: there is a DHCP client.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-DHCP-CLIENT",
    aliases: &["GUESTOS.Dhcp"],
    title: "There is a DHCP client",
    severity: Severity::NoLogin,
    confidence: Confidence::Derived,
    source: "derived: DHCP needs a client",
    docs: "\
# What it checks
Whether a DHCP client is installed: dhclient, dhcpcd, udhcpc, or one of the network services that have their own
(NetworkManager, systemd-networkd, wicked).

# Why ECS needs it
The address of an instance comes by DHCP. Minimal installations and systems with a fixed address may have no client.

# How to fix
Install one: `apt-get install isc-dhcp-client`, `yum install dhclient`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, linux) = linux(facts, target)?;
    let by_ifupdown = is_by_ifupdown(linux);
    // systemd-networkd is a client only for what it configures itself.
    let fits = |client: &String| !(by_ifupdown && client.ends_with("/systemd-networkd"));
    if known(&linux.network.dhcp_clients)?.into_iter().flatten().any(fits) {
        return passed();
    }
    let message = "no DHCP client is installed: an instance gets no address";
    let remedy = "install one in the source system: apt-get install isc-dhcp-client, or yum install dhclient";
    let at = Evidence::file(&guest.root, "/usr/sbin").saying("none here, nor in the other directories of programs");
    Ok(vec![Finding::new(message, remedy).at(at)])
}

/// Whether what brings up the network is ifupdown, which starts a client of its own.
fn is_by_ifupdown(linux: &Linux) -> bool {
    let mut used =
        linux.network.profiles.value().into_iter().flatten().filter(|profile| {
            profile.used.value() == Some(&true) && profile.addressing.value() == Some(&Addressing::Dhcp)
        });
    let first = used.next().is_some_and(|profile| profile.source == NetworkSource::Interfaces);
    first && used.all(|profile| profile.source == NetworkSource::Interfaces)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| linux_of(facts).network.dhcp_clients = Known::Absent,
        passes: |_, _| (),
        undecided: |facts, _| linux_of(facts).network.dhcp_clients = Known::unknown("/usr is not on this disk"),
    }

    #[test]
    fn networkd_is_no_client_of_ifupdown() {
        let by = |source: NetworkSource| {
            let mut facts = bios();
            linux_of(&mut facts).network.dhcp_clients = is(vec!["/usr/lib/systemd/systemd-networkd".into()]);
            of(&mut linux_of(&mut facts).network.profiles)[0].source = source;
            RULE.judge(&facts, &Target::default()).word()
        };
        assert_eq!((by(NetworkSource::Networkd), by(NetworkSource::Interfaces)), ("PASSED", "FAILED"));
    }
}
