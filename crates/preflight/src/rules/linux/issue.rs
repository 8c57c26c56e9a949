//! LNX-ISSUE: the system says which distribution it is.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-ISSUE",
    aliases: &["GUESTOS.Platform", "GUESTOS.OSVersion"],
    title: "The system says which distribution it is",
    severity: Severity::Degraded,
    confidence: Confidence::Old,
    source: "Instructions for importing images (2021); Check and repair custom images, item Platform (2025)",
    docs: "\
# What it checks
Whether a release file (/etc/os-release, /etc/redhat-release, /etc/debian_version, …) names the distribution.

# Why ECS needs it
The platform configures a new instance by its distribution: network, host name, password. Where it cannot tell, it does
nothing of that.

# How to fix
Restore the file by installing its package again (`base-files`, `centos-release`, …).
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, linux) = linux(facts, target)?;
    let remedy = "install the package with the release files again: base-files, or the one named like centos-release";
    if known(&linux.release_files)?.is_none_or(Vec::is_empty) {
        let at = Evidence::file(&guest.root, "/etc/os-release");
        return Ok(vec![Finding::new("no release file says which distribution this is", remedy).at(at)]);
    }
    if known(&guest.distribution)?.is_none() {
        let at = Evidence::file(&guest.root, linux.release_files.value().map_or("", |files| &files[0]));
        return Ok(vec![Finding::new("the release files do not name the distribution", remedy).at(at)]);
    }
    passed()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| linux_of(facts).release_files = Known::Absent,
        passes: |_, _| (),
        undecided: |facts, _| linux_of(facts).release_files = Known::unknown("/etc could not be read"),
    }
}
