//! WIN-DHCP: network adapters get their addresses by DHCP.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-DHCP",
    aliases: &[],
    title: "Network adapters get their addresses by DHCP",
    severity: Severity::NoLogin,
    confidence: Confidence::Derived,
    source: "derived from how Windows works",
    docs: "\
# What it checks
Whether an adapter in the list of connections has fixed addresses or name servers.

# Why ECS needs it
The address of an instance is assigned by DHCP. An adapter that is new to Windows uses it. One that Windows takes for
a known one keeps a fixed address of the old network. Where the adapters were those of another hypervisor, that is a
warning: the card of an instance is another.

# How to fix
Set the adapter to obtain its address and name servers by itself: `netsh interface ip set address \"Ethernet\" dhcp`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, windows) = windows(facts, target)?;
    let mut tally = Tally::default();
    let foreign = windows.foreign_drivers.value().is_some();
    for adapter in known(&windows.adapters)?.into_iter().flatten() {
        let Some(name) = tally.value(&adapter.name) else { continue };
        let dhcp = tally.value(&adapter.dhcp) == Some(&true);
        if let Some(addresses) = tally.value(&adapter.addresses).filter(|_| !dhcp) {
            let message = format!("{name} has the fixed address {}, which is not valid on ECS", addresses.join(", "));
            let remedy = format!("netsh interface ip set address \"{name}\" dhcp");
            let finding = Finding::new(message, remedy).at(adapter.evidence.clone());
            tally.fail(if foreign { finding.only(Severity::Degraded) } else { finding });
        }
        if let Some(servers) = tally.value(&adapter.name_servers) {
            let message = format!("{name} has the fixed name servers {}", servers.join(", "));
            let finding = Finding::new(message, format!("netsh interface ip set dns \"{name}\" dhcp"));
            tally.fail(finding.at(adapter.evidence.clone()).only(Severity::Degraded));
        }
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn adapter(facts: &mut Facts) -> &mut Adapter {
        &mut of(&mut windows_of(facts).adapters)[0]
    }

    fn fixed(facts: &mut Facts) {
        (adapter(facts).dhcp, adapter(facts).addresses) = (is(false), is(vec!["192.0.2.7".into()]));
    }

    cases! {
        fires: |facts, _| fixed(facts),
        passes: |facts, _| {
            fixed(facts);
            adapter(facts).name = Known::Absent;
        },
        undecided: |facts, _| adapter(facts).addresses = Known::unknown("the value is damaged"),
    }

    #[test]
    fn adapters_of_another_hypervisor_are_a_warning() {
        let found = findings(&RULE, |facts, _| {
            fixed(facts);
            windows_of(facts).foreign_drivers = is(vec![win_service("vmxnet3", ServiceStart::Demand)]);
        });
        assert_eq!(found[0].severity, Severity::Degraded);
    }
}
