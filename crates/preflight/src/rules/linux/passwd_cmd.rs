//! LNX-PASSWD-CMD: the programs that set a password are there.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-PASSWD-CMD",
    aliases: &["image_check.password"],
    title: "The programs that set a password are there",
    severity: Severity::Degraded,
    confidence: Confidence::Current,
    source: "Instructions for importing images (2021); ECS troubleshooting guide, cloud-init",
    docs: "\
# What it checks
Whether `passwd` and `chpasswd` are installed.

# Why ECS needs it
The password that is chosen for a new instance is set with them at first boot.

# How to fix
Install the package that holds them again: `passwd` on Debian and Ubuntu, `shadow-utils` and `passwd` on the RHEL
family.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, linux) = linux(facts, target)?;
    if known(&linux.password_tools)?.is_some() {
        return passed();
    }
    let message = "passwd or chpasswd is missing: the password of an instance cannot be set";
    let remedy = "install the package again that holds it: passwd (Debian), shadow-utils (RHEL family)";
    let places = ["/usr/bin/passwd", "/usr/sbin/chpasswd"].map(|path| Evidence::file(&guest.root, path));
    Ok(vec![Finding::new(message, remedy).at_all(&places)])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| linux_of(facts).password_tools = Known::Absent,
        passes: |_, _| (),
        undecided: |facts, _| linux_of(facts).password_tools = Known::unknown("/usr is not on this disk"),
    }
}
