//! LNX-ROOT-ACCOUNT: there is an account root that can log in.

use crate::date::Date;
use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-ROOT-ACCOUNT",
    aliases: &["image_check.root-account"],
    title: "The account root can log in",
    severity: Severity::NoLogin,
    confidence: Confidence::Derived,
    source: "Instructions for importing images (2021); compliance tool, item root account",
    docs: "\
# What it checks
Whether /etc/passwd has an account root, with a shell that lets it log in, and whether /etc/shadow says that the account
has come to its end.

# Why ECS needs it
The password or key pair of a new instance is set for root. Without the account, or with /sbin/nologin as its shell,
nobody gets in. After the day on which an account ends, PAM refuses it, by password and by key.

# How to fix
`usermod -s /bin/bash root`; `chage -E -1 root`; restore the line `root:x:0:0:root:/root:/bin/bash` in /etc/passwd.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, linux) = linux(facts, target)?;
    let Some(root) = known(&linux.root_login)? else {
        let remedy = "restore the line root:x:0:0:root:/root:/bin/bash in /etc/passwd";
        let at = Evidence::file(&guest.root, "/etc/passwd");
        return Ok(vec![Finding::new("there is no account root", remedy).at(at)]);
    };
    let mut tally = Tally::default();
    let program = root.shell.rsplit('/').next().unwrap_or_default();
    if matches!(program, "nologin" | "false" | "sync" | "shutdown" | "halt") {
        let message = format!("the shell of root is {}, which lets nobody in", root.shell);
        tally.fail(Finding::new(message, "usermod -s /bin/bash root in the source system").at_all(&root.evidence));
    }
    if let Some(day) = tally.value(&root.expires) {
        let day = Date::after_1970(u64::from(*day));
        let remedy = "chage -E -1 root in the source system";
        let finding = |message: String| Finding::new(message, remedy).at_all(&root.evidence);
        tally.fail(match day <= target.today {
            true => finding(format!("the account root ended on {day}")),
            false => finding(format!("the account root ends on {day}")).only(Severity::Degraded),
        });
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| of(&mut linux_of(facts).root_login).shell = "/usr/sbin/nologin".into(),
        passes: |_, _| (),
        undecided: |facts, _| linux_of(facts).root_login = Known::unknown("/etc/passwd is too large"),
    }

    #[test]
    fn an_account_that_ended_lets_nobody_in() {
        // Day 20000 is 2024-10-04.
        let ended = findings(&RULE, |facts, target| {
            of(&mut linux_of(facts).root_login).expires = is(20_000);
            target.today = "2024-10-04".parse().unwrap();
        });
        let ends = findings(&RULE, |facts, target| {
            of(&mut linux_of(facts).root_login).expires = is(20_000);
            target.today = "2024-10-03".parse().unwrap();
        });
        assert_eq!((ended[0].severity, ends[0].severity), (Severity::NoLogin, Severity::Degraded));
        assert!(ended[0].message.contains("2024-10-04"), "{}", ended[0].message);
    }
}
