//! WIN-2003-SP: Windows Server 2003 has a service pack.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-2003-SP",
    aliases: &[],
    title: "Windows Server 2003 has a service pack",
    severity: Severity::Degraded,
    confidence: Confidence::Old,
    source: "Import custom images (2021)",
    docs: "\
# What it checks
Whether a Windows Server 2003 has service pack 1 or 2.

# Why ECS needs it
Only Windows Server 2003 with SP1 or later is supported: the virtio drivers are not made for the first release.

# How to fix
Install service pack 2 in the source system, and take its disk again.
",
    check,
};

/// The build of Windows Server 2003.
const BUILD: u32 = 3790;

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, windows) = windows(facts, target)?;
    if windows_build(windows)? != BUILD {
        return Err(Undecided::skipped("it is not Windows Server 2003"));
    }
    if known(&windows.version.service_pack)?.is_some() {
        return passed();
    }
    let places = windows.version.build.value().map_or(&[][..], |build| build.evidence.as_slice());
    let message = "Windows Server 2003 has no service pack";
    Ok(vec![Finding::new(message, "install service pack 2 in the source system").at_all(places)])
}

#[cfg(test)]
pub(crate) mod tests {
    use crate::testing::*;

    cases! {
        fires: |facts, _| set_build(facts, 3790),
        passes: |facts, _| {
            set_build(facts, 3790);
            windows_of(facts).version.service_pack = claim("Service Pack 2".into(), "CSDVersion");
        },
        undecided: |_, _| (),
    }
}
