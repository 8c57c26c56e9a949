//! CUS-SECURITY: a Customized Linux lets nobody in with what every instance of it shares.

use super::part1_fs::customized;
use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "CUS-SECURITY",
    aliases: &[],
    title: "Customized Linux has no login that all instances share",
    severity: Severity::Info,
    confidence: Confidence::Old,
    source: "Customize Linux images (2021)",
    docs: "\
# What it checks
For the Platform Customized Linux: whether keys in `authorized_keys` of root or of a user let somebody in, and whether
the password of root in the image, if it has one, must be changed at the first login.

# Why ECS needs it
Every instance of the image starts with the same keys and the same password. The guide asks for no default key pair, and
for a password that the first login at the console makes one change.

# How to fix
Remove the `authorized_keys` from the source system, and `chage -d 0 root`, or lock the password: `passwd -l root`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    customized(facts, target)?;
    let (_, linux) = linux(facts, target)?;
    let mut tally = Tally::default();
    for file in tally.value(&linux.authorized_keys).into_iter().flatten() {
        let message = "an SSH key in the image lets its owner into every instance";
        tally.fail(Finding::new(message, "remove the authorized_keys from the source system").at(file.clone()));
    }
    if let Some(root) = tally.value(&linux.root_login)
        && tally.value(&root.locked) == Some(&false)
        && tally.value(&root.must_change) == Some(&false)
    {
        let message = "the password of root in the image stays valid in every instance";
        let remedy = "chage -d 0 root in the source system, or lock the password: passwd -l root";
        tally.fail(Finding::new(message, remedy).at_all(&root.evidence));
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn customize(facts: &mut Facts, target: &mut Target) {
        crate::testing::customize(target);
        of(&mut linux_of(facts).root_login).must_change = is(true);
    }

    cases! {
        fires: |facts, target| {
            customize(facts, target);
            linux_of(facts).authorized_keys = is(vec![in_file("/root/.ssh/authorized_keys", 1, "1 keys")]);
        },
        passes: |facts, target| customize(facts, target),
        undecided: |facts, target| {
            customize(facts, target);
            linux_of(facts).authorized_keys = Known::unknown("/home could not be read");
        },
    }

    #[test]
    fn a_password_must_be_locked_or_changed() {
        let stays = findings(&RULE, |facts, target| {
            customize(facts, target);
            of(&mut linux_of(facts).root_login).must_change = is(false);
        });
        assert!(stays[0].message.contains("password of root"), "{stays:?}");
        let locked = judge(&RULE, |facts, target| {
            customize(facts, target);
            let root = of(&mut linux_of(facts).root_login);
            (root.locked, root.must_change) = (is(true), is(false));
        });
        assert_eq!(locked.word(), "PASSED");
        assert_eq!(judge(&RULE, |_, _| ()).word(), "SKIPPED");
    }
}
