//! LNX-SSHD-CONFIG: sshd takes its configuration.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-SSHD-CONFIG",
    aliases: &[],
    title: "sshd takes its configuration",
    severity: Severity::NoLogin,
    confidence: Confidence::Derived,
    source: "derived from OpenSSH sshd_config(5), 5.3 to 10",
    docs: "\
# What it checks
Whether /etc/ssh/sshd_config is there, and whether it and the files that it includes hold a line with which sshd does not
start: a keyword that the installed version does not know, an argument that is missing, too many, or none of those that
the keyword takes, a port that is none, a quote that is not closed, a keyword that has no place in a Match block. The
program on the disk tells what its version knows.

# Why ECS needs it
sshd reads all of its configuration before it listens, and ends at the first such line. SSH is the way into a new
instance. A running server does not show it: it reads the file at its next start, which is the first boot on ECS.

# How to fix
`sshd -t` names the lines. Correct or remove them, and run it again.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, linux) = linux(facts, target)?;
    let sshd = present(&linux.sshd, "there is no SSH server (see LNX-SSHD)")?;
    if sshd.enabled.value() == Some(&false) {
        return Err(Undecided::skipped("the SSH server does not start at boot (see LNX-SSHD)"));
    }
    Ok(known(&sshd.refused)?.into_iter().flatten().map(finding).collect())
}

fn finding(line: &Claim<String>) -> Finding {
    let at = line.evidence.first();
    let path = at.and_then(|at| at.path.as_deref()).unwrap_or("/etc/ssh/sshd_config");
    let (place, remedy) = match at.and_then(|at| at.line) {
        Some(number) => {
            (format!("line {number} of {path}"), format!("correct or remove line {number} of {path}, then run sshd -t"))
        }
        None => (path.to_owned(), "install the package of the SSH server again, then run sshd -t".to_owned()),
    };
    Finding::new(format!("sshd does not start, because of {place}: {}", line.value), remedy).at_all(&line.evidence)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn refuse(facts: &mut Facts) {
        let at = in_file("/etc/ssh/sshd_config", 7, "permitrootlogn yes");
        let line = Claim::new("there is no keyword permitrootlogn".into(), at);
        of(&mut linux_of(facts).sshd).refused = is(vec![line]);
    }

    cases! {
        fires: |facts, _| refuse(facts),
        passes: |_, _| (),
        undecided: |facts, _| of(&mut linux_of(facts).sshd).refused = Known::unknown("the program could not be read"),
    }

    #[test]
    fn the_line_is_named() {
        let found = findings(&RULE, |facts, _| refuse(facts));
        assert!(found[0].message.contains("line 7 of /etc/ssh/sshd_config: there is no keyword permitrootlogn"));
        let missing = findings(&RULE, |facts, _| {
            let at = Evidence::file(&VolumeId::partition(1), "/etc/ssh/sshd_config");
            let line = Claim::new("its configuration is missing".into(), at);
            of(&mut linux_of(facts).sshd).refused = is(vec![line]);
        });
        assert!(missing[0].remedy.contains("install the package"));
    }

    #[test]
    fn a_server_that_nothing_starts_is_of_another_rule() {
        let outcome = judge(&RULE, |facts, _| {
            refuse(facts);
            of(&mut linux_of(facts).sshd).enabled = is(false);
        });
        assert_eq!(outcome.word(), "SKIPPED");
    }
}
