//! LNX-SSHD: an SSH server starts at boot, where it can be reached.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-SSHD",
    aliases: &["image_check.ssh"],
    title: "An SSH server starts at boot",
    severity: Severity::NoLogin,
    confidence: Confidence::Current,
    source: "Instructions for importing images (2021); ECS troubleshooting guide, SSH",
    docs: "\
# What it checks
Whether the OpenSSH server is installed, starts at boot, and listens on every address. Another port than 22 is a
warning.

# Why ECS needs it
SSH is the way into a new instance. A `ListenAddress` of the old machine keeps sshd from starting. The default security
group opens port 22 only.

# How to fix
`apt-get install openssh-server`, `yum install openssh-server`; `systemctl enable sshd` (Debian, Ubuntu: `ssh`); remove
`ListenAddress` from /etc/ssh/sshd_config.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, linux) = linux(facts, target)?;
    let Some(sshd) = known(&linux.sshd)? else {
        let remedy = "install it in the source system: apt-get install openssh-server, or yum install openssh-server";
        let at = Evidence::file(&guest.root, "/usr/sbin/sshd").saying("not there");
        return Ok(vec![Finding::new("no SSH server is installed", remedy).at(at)]);
    };
    let mut tally = Tally::default();
    if tally.value(&sshd.enabled) == Some(&false) {
        let remedy = "systemctl enable sshd (Debian, Ubuntu: ssh), or chkconfig sshd on";
        tally.fail(Finding::new("the SSH server does not start at boot", remedy).at_all(&sshd.evidence));
    }
    if let Some(lines) = sshd.listen_addresses.value().filter(|lines| !lines.is_empty()) {
        let addresses: Vec<_> = lines.iter().map(|line| line.value.as_str()).collect();
        let message = format!("sshd listens on {} only, which an instance does not have", addresses.join(", "));
        let finding = Finding::new(message, "remove ListenAddress from the configuration of sshd");
        tally.fail(finding.at_all(lines.iter().flat_map(|line| &line.evidence)));
    }
    if let Some(ports) = sshd.ports.value().filter(|ports| !ports.contains(&22)) {
        let ports: Vec<_> = ports.iter().map(ToString::to_string).collect();
        let message = format!("sshd listens on port {}, not on 22", ports.join(", "));
        let remedy = "open that port in the security group, or remove Port from the configuration of sshd";
        tally.fail(Finding::new(message, remedy).at_all(&sshd.evidence).only(Severity::Degraded));
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn sshd(facts: &mut Facts) -> &mut Sshd {
        of(&mut linux_of(facts).sshd)
    }

    cases! {
        fires: |facts, _| linux_of(facts).sshd = Known::Absent,
        passes: |_, _| (),
        undecided: |facts, _| sshd(facts).enabled = Known::unknown("a generator decides"),
    }

    #[test]
    fn each_reason_is_said() {
        assert_eq!(findings(&RULE, |facts, _| sshd(facts).enabled = is(false))[0].severity, Severity::NoLogin);
        let address = findings(&RULE, |facts, _| {
            let line = Claim::new("10.0.0.5".into(), in_file("/etc/ssh/sshd_config", 9, "ListenAddress 10.0.0.5"));
            sshd(facts).listen_addresses = is(vec![line]);
        });
        assert_eq!(address[0].severity, Severity::NoLogin);
        assert_eq!(findings(&RULE, |facts, _| sshd(facts).ports = is(vec![2222]))[0].severity, Severity::Degraded);
    }
}
