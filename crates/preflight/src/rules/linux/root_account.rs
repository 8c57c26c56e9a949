//! LNX-ROOT-ACCOUNT: there is an account root that can log in.

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
Whether /etc/passwd has an account root, with a shell that lets it log in.

# Why ECS needs it
The password or key pair of a new instance is set for root. Without the account, or with /sbin/nologin as its shell,
nobody gets in.

# How to fix
`usermod -s /bin/bash root`; restore the line `root:x:0:0:root:/root:/bin/bash` in /etc/passwd.
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
    let program = root.shell.rsplit('/').next().unwrap_or_default();
    if !matches!(program, "nologin" | "false" | "sync" | "shutdown" | "halt") {
        return passed();
    }
    let message = format!("the shell of root is {}, which lets nobody in", root.shell);
    Ok(vec![Finding::new(message, "usermod -s /bin/bash root in the source system").at_all(&root.evidence)])
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
}
