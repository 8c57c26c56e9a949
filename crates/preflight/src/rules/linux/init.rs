//! LNX-INIT: the system boots to where one can log in.

use crate::rules::prelude::*;

/// Targets and runlevels in which no network and no login come up.
const ENDS: [&str; 13] = [
    "rescue.target",
    "emergency.target",
    "halt.target",
    "poweroff.target",
    "reboot.target",
    "kexec.target",
    "shutdown.target",
    "sysinit.target",
    "0",
    "1",
    "6",
    "s",
    "single",
];

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-INIT",
    aliases: &[],
    title: "The system boots to a login",
    severity: Severity::NoBoot,
    confidence: Confidence::Derived,
    source: "derived; ECS troubleshooting guide, systemd (2026)",
    docs: "\
# What it checks
Whether there is an init system, and whether it boots to a target or runlevel with logins, not to rescue, emergency,
halt or reboot.

# Why ECS needs it
A system that was left in rescue mode for maintenance boots into it again, and waits there for a password at a console
where nobody is.

# How to fix
`systemctl set-default multi-user.target`; on older systems `id:3:initdefault:` in /etc/inittab.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, linux) = linux(facts, target)?;
    let mut tally = Tally::default();
    let Some(init) = known(&linux.init)? else {
        if self_contained(facts, guest) {
            return Err(Undecided::unknown("this system lays out its root at the first boot"));
        }
        let message = "there is no init system: /sbin/init is missing";
        let remedy = "install one in the source system (systemd-sysv, systemd)";
        return Ok(vec![Finding::new(message, remedy).at(Evidence::file(&guest.root, "/sbin/init"))]);
    };
    match &linux.default_target {
        Known::Is(default) if ENDS.contains(&default.name.to_ascii_lowercase().as_str()) => {
            let message = format!("the system boots to {}, where nobody can log in", default.name);
            let remedy = "systemctl set-default multi-user.target, or id:3:initdefault: in /etc/inittab";
            tally.fail(Finding::new(message, remedy).at(default.evidence.clone()));
        }
        Known::Absent if init == "systemd" => {
            let message = "nothing says what the system boots to: there is no default.target";
            let at = Evidence::file(&guest.root, "/etc/systemd/system/default.target");
            tally.fail(Finding::new(message, "systemctl set-default multi-user.target").at(at));
        }
        Known::Unknown(reason) => tally.doubt(reason.why.clone()),
        Known::Is(_) | Known::Absent => {}
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| of(&mut linux_of(facts).default_target).name = "rescue.target".into(),
        passes: |_, _| (),
        undecided: |facts, _| linux_of(facts).init = Known::unknown("/sbin could not be read"),
    }

    #[test]
    fn nothing_to_start_does_not_boot() {
        assert_eq!(findings(&RULE, |facts, _| linux_of(facts).init = Known::Absent).len(), 1);
        assert_eq!(findings(&RULE, |facts, _| linux_of(facts).default_target = Known::Absent).len(), 1);
    }
}
