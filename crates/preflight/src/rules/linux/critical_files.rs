//! LNX-CRITICAL-FILES: what every boot needs is there.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-CRITICAL-FILES",
    aliases: &[],
    title: "What every boot needs is there",
    severity: Severity::NoBoot,
    confidence: Confidence::Derived,
    source: "Instructions for importing images (2021)",
    docs: "\
# What it checks
Whether the programs that every boot needs are there: init with the loader and the C library that it is linked with, a
shell, mount.

# Why ECS needs it
The instructions forbid changes to /sbin, /bin and /lib. Without these programs the kernel finds nothing to start, or
what it starts cannot go on.

# How to fix
Install the packages again that hold them (`bash`, `util-linux`, `systemd-sysv`), or restore the files.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, linux) = linux(facts, target)?;
    let Some(missing) = known(&linux.missing_programs)?.filter(|missing| !missing.is_empty()) else { return passed() };
    if self_contained(facts, guest) {
        return Err(Undecided::unknown("this system lays out its root at the first boot"));
    }
    let places: Vec<_> = missing.iter().map(|path| Evidence::file(&guest.root, path).saying("not there")).collect();
    let message = format!("what every boot needs is missing: {}", missing.join(", "));
    let remedy = "install the packages again that hold them: bash, util-linux, systemd-sysv, libc6 (glibc)";
    Ok(vec![Finding::new(message, remedy).at_all(&places)])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| linux_of(facts).missing_programs = is(vec!["/sbin/init".into()]),
        passes: |_, _| (),
        undecided: |facts, _| linux_of(facts).missing_programs = Known::unknown("/usr is not on this disk"),
    }
}
