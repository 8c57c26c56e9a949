//! WIN-HIBER: Windows was shut down, not hibernated.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-HIBER",
    aliases: &[],
    title: "Windows was shut down, not hibernated",
    severity: Severity::NoBoot,
    confidence: Confidence::Derived,
    source: "derived from how Windows resumes",
    docs: "\
# What it checks
Whether hiberfil.sys holds the memory of a machine: after hibernation, or a shutdown with Fast Startup.

# Why ECS needs it
The first start would put the memory of another machine into an instance. It ends in a stop, or in a discarded session
with a file system that was not closed.

# How to fix
Start the source system, switch it off for good (`powercfg /h off`, then `shutdown /s /t 0`), and take its disk again.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, windows) = windows(facts, target)?;
    let Some(evidence) = known(&windows.hibernated)? else { return passed() };
    let message = "Windows is hibernated: hiberfil.sys holds the memory of another machine";
    let remedy = "start the source system, run powercfg /h off and shutdown /s /t 0, and take its disk again";
    Ok(vec![Finding::new(message, remedy).at(evidence.clone())])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| windows_of(facts).hibernated = is(in_file("/hiberfil.sys", 1, "HIBR")),
        passes: |_, _| (),
        undecided: |facts, _| windows_of(facts).hibernated = Known::unknown("hiberfil.sys could not be read"),
    }
}
