//! WIN-RDP: remote desktop lets connections in.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-RDP",
    aliases: &[],
    title: "Remote desktop lets connections in",
    severity: Severity::NoLogin,
    confidence: Confidence::Current,
    source: "Import custom images (2021); Troubleshooting of Windows instances, remote desktop",
    docs: "\
# What it checks
Whether remote desktop is allowed (by policy or setting), its service is not disabled, and it listens on port 3389.

# Why ECS needs it
Remote desktop is the way into a Windows instance. Security groups open port 3389 by default.

# How to fix
Allow it in the system properties (`fDenyTSConnections` = 0), and set the start of the service TermService to manual.
",
    check,
};

/// The port that it listens on by default.
const PORT: u32 = 3389;

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, windows) = windows(facts, target)?;
    let desktop = &windows.remote_desktop;
    let mut tally = Tally::default();
    let absent = |text| vec![in_hive(guest, windows, "SYSTEM", text)];
    for (setting, message, remedy, text) in [
        (&desktop.allowed, "remote desktop lets nobody in", "set fDenyTSConnections to 0", "fDenyTSConnections"),
        (
            &desktop.service,
            "the service of remote desktop does not start",
            "enable the service TermService",
            "TermService",
        ),
    ] {
        let places = match setting {
            Known::Absent => absent(text),
            Known::Is(claim) if !claim.value => claim.evidence.clone(),
            _ => {
                tally.value(setting);
                continue;
            }
        };
        tally.fail(Finding::new(message, remedy).at_all(&places));
    }
    if let Some(port) = tally.value(&desktop.port).filter(|port| port.value != PORT) {
        let message = format!("remote desktop listens on port {}, not on {PORT}", port.value);
        let finding = Finding::new(message, format!("open port {} in the security group", port.value));
        tally.fail(finding.at_all(&port.evidence).only(Severity::Degraded));
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| windows_of(facts).remote_desktop.allowed = claim(false, "fDenyTSConnections"),
        passes: |facts, _| windows_of(facts).remote_desktop.port = Known::Absent,
        undecided: |facts, _| windows_of(facts).remote_desktop.allowed = Known::unknown("the hive is damaged"),
    }

    #[test]
    fn service_and_port() {
        assert_eq!(findings(&RULE, |facts, _| windows_of(facts).remote_desktop.service = Known::Absent).len(), 1);
        let port = findings(&RULE, |facts, _| windows_of(facts).remote_desktop.port = claim(13389, "PortNumber"));
        assert_eq!(port[0].severity, Severity::Degraded);
    }
}
