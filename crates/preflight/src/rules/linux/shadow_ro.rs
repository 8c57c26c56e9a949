//! LNX-SHADOW-RO: account files can be written.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-SHADOW-RO",
    aliases: &["image_check.shadow-authority"],
    title: "Account files can be written",
    severity: Severity::Degraded,
    confidence: Confidence::Old,
    source: "Instructions for importing images (2021); compliance tool, item shadow authority",
    docs: "\
# What it checks
Whether /etc/shadow, /etc/passwd, /etc/group or /etc/gshadow has the immutable or the append-only flag.

# Why ECS needs it
The password of a new instance is written there. Hardening guides set the flags, and then it cannot be; old instructions
say that creating the instance fails.

# How to fix
`chattr -i -a /etc/shadow /etc/passwd /etc/group /etc/gshadow` in the source system.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, linux) = linux(facts, target)?;
    let accounts = ["/etc/shadow", "/etc/passwd", "/etc/group", "/etc/gshadow"];
    let is_account = |file: &&Evidence| file.path.as_deref().is_some_and(|path| accounts.contains(&path));
    let files: Vec<_> = known(&linux.immutable_files)?.into_iter().flatten().filter(is_account).collect();
    if files.is_empty() {
        return passed();
    }
    let names: Vec<_> = files.iter().filter_map(|file| file.path.as_deref()).collect();
    let message = format!("{} cannot be written: a password cannot be set", names.join(", "));
    let remedy = format!("chattr -i -a {} in the source system", names.join(" "));
    Ok(vec![Finding::new(message, remedy).at_all(files)])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| linux_of(facts).immutable_files = is(vec![in_file("/etc/shadow", 1, "immutable")]),
        passes: |facts, _| linux_of(facts).immutable_files = is(vec![in_file("/etc/resolv.conf", 1, "immutable")]),
        undecided: |facts, _| linux_of(facts).immutable_files = Known::unknown("the flags were not read"),
    }
}
