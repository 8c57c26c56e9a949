//! LNX-ROOT-PASSWORD: root's password is not empty.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-ROOT-PASSWORD",
    aliases: &[],
    title: "root has no empty password",
    severity: Severity::Info,
    confidence: Confidence::Old,
    source: "Instructions for importing images (2021): 8 to 30 characters of three kinds",
    docs: "\
# What it checks
Whether the password field of root in /etc/shadow is empty. Whether a password is strong cannot be seen from its hash.
A locked password does no harm: the platform sets one.

# Why ECS needs it
Until the platform has set another, anybody gets in at the console without a password, and by SSH where sshd allows it.

# How to fix
`passwd -l root` in the source system, or set a password of 8 to 30 characters.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, linux) = linux(facts, target)?;
    let root = present(&linux.root_login, "there is no account root (see LNX-ROOT-ACCOUNT)")?;
    if known(&root.empty_password)? != Some(&true) {
        return passed();
    }
    let remedy = "passwd -l root in the source system, or set a password";
    Ok(vec![Finding::new("the password of root is empty", remedy).at_all(&root.evidence)])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| of(&mut linux_of(facts).root_login).empty_password = is(true),
        passes: |_, _| (),
        undecided: |facts, _| of(&mut linux_of(facts).root_login).empty_password = Known::unknown("no /etc/shadow"),
    }
}
