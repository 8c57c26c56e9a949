//! LNX-SELINUX: SELinux is off, or can be on.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-SELINUX",
    aliases: &["GUESTOS.Selinux", "image_check.security"],
    title: "SELinux is off",
    severity: Severity::NoBoot,
    confidence: Confidence::Current,
    source: "Instructions for importing images (2021); Check and repair custom images, item Selinux (2025)",
    docs: "\
# What it checks
Whether SELinux is enforcing, and whether the policy it names is installed.

# Why ECS needs it
The platform edits files of the image from outside, which leaves them without their label: enforcing, they may be out of
reach for login and boot. The official advice is to turn SELinux off; systems with it boot as a rule, so that this is a
warning. An enforcing system without its policy stops at once.

# How to fix
`SELINUX=disabled` or `permissive` in /etc/selinux/config. If it is to stay on: `touch /.autorelabel`, which labels all
files anew at the next boot.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, linux) = linux(facts, target)?;
    let Some(selinux) = known(&linux.selinux)? else { return passed() };
    let Some(mode) = known(&selinux.mode)? else { return passed() };
    if mode.value != SelinuxMode::Enforcing {
        return passed();
    }
    if selinux.policy_present.value() == Some(&false) {
        let policy = selinux.policy.value().map_or("it names", String::as_str);
        let message = format!("SELinux is enforcing, and the policy {policy} is not installed: the boot stops");
        let remedy = "install the policy (selinux-policy-targeted), or set SELINUX=disabled in /etc/selinux/config";
        let at = Evidence::file(&guest.root, "/etc/selinux");
        return Ok(vec![Finding::new(message, remedy).at_all(&mode.evidence).at(at)]);
    }
    let message = "SELinux is enforcing: files that the platform edits lose their label";
    let remedy = "set SELINUX=disabled in /etc/selinux/config, or touch /.autorelabel to keep it on";
    let finding = Finding::new(message, remedy).at_all(&mode.evidence);
    let relabels = linux.autorelabel.value() == Some(&true);
    Ok(vec![finding.only(if relabels { Severity::Info } else { Severity::Degraded })])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn enforcing(facts: &mut Facts, policy_present: bool) {
        linux_of(facts).selinux = is(Selinux {
            mode: is(Claim::new(SelinuxMode::Enforcing, in_file("/etc/selinux/config", 7, "SELINUX=enforcing"))),
            policy: is("targeted".into()),
            policy_present: is(policy_present),
        });
    }

    cases! {
        fires: |facts, _| enforcing(facts, false),
        passes: |_, _| (),
        undecided: |facts, _| linux_of(facts).selinux = Known::unknown("/etc could not be read"),
    }

    #[test]
    fn with_a_policy_it_boots() {
        assert_eq!(findings(&RULE, |facts, _| enforcing(facts, true))[0].severity, Severity::Degraded);
        let relabelled = findings(&RULE, |facts, _| {
            enforcing(facts, true);
            linux_of(facts).autorelabel = is(true);
        });
        assert_eq!(relabelled[0].severity, Severity::Info);
    }
}
