//! LNX-FIREWALL: a packet filter lets SSH in.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-FIREWALL",
    aliases: &["image_check.firewall"],
    title: "A packet filter lets SSH in",
    severity: Severity::NoLogin,
    confidence: Confidence::Derived,
    source: "Instructions for importing images (2021); compliance tool, item firewall (2021)",
    docs: "\
# What it checks
Whether a packet filter starts at boot (firewalld, ufw, iptables, nftables, SuSEfirewall2), and if so, whether its rules
let SSH in.

# Why ECS needs it
A filter that was written for the old network keeps everybody out of the instance. Security groups do the filtering in
front of an instance; the old instructions want the firewall off.

# How to fix
Open the port (`firewall-offline-cmd --add-service=ssh`, `ufw allow ssh`), or turn the filter off:
`systemctl disable firewalld`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, linux) = linux(facts, target)?;
    let Some(firewalls) = known(&linux.firewalls)? else { return passed() };
    let mut tally = Tally::default();
    for firewall in firewalls {
        match &firewall.allows_ssh {
            Known::Is(true) => {}
            Known::Is(false) | Known::Absent => {
                let message = format!("{} starts at boot and does not let SSH in", firewall.name);
                let remedy = format!("open port 22 in {}, or turn it off and use security groups", firewall.name);
                tally.fail(Finding::new(message, remedy).at_all(&firewall.evidence));
            }
            Known::Unknown(reason) => tally.doubt(format!("whether {} lets SSH in: {}", firewall.name, reason.why)),
        }
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn ufw(facts: &mut Facts, allows_ssh: Known<bool>) {
        let evidence = vec![in_file("/etc/ufw/ufw.conf", 6, "ENABLED=yes")];
        linux_of(facts).firewalls = is(vec![Firewall { name: "ufw".into(), allows_ssh, evidence }]);
    }

    cases! {
        fires: |facts, _| ufw(facts, is(false)),
        passes: |facts, _| ufw(facts, is(true)),
        undecided: |facts, _| ufw(facts, Known::unknown("the rules are a program")),
    }
}
