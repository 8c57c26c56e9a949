//! WIN-2008R2-KB: Windows Server 2008 R2 knows SHA-2 signatures.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-2008R2-KB",
    aliases: &["GUESTOS.Hotfix"],
    title: "Windows Server 2008 R2 knows SHA-2 signatures",
    severity: Severity::NoBoot,
    confidence: Confidence::Current,
    source: "Check and repair custom images, item Hotfix (2025)",
    docs: "\
# What it checks
Whether a Windows Server 2008 R2 for x86_64 has KB3033929 or a later update with the same (KB3125574, KB4474419).

# Why ECS needs it
Drivers of today have SHA-2 signatures only. Without the update the loader refuses them with 0xc0000428. Where viostor
is already installed and fit, that is a warning: its signature is not examined.

# How to fix
Install KB3033929, or KB4474419, in the source system, and take its disk again.
",
    check,
};

/// Updates that bring it.
const ANY_OF: [&str; 3] = ["KB3033929", "KB3125574", "KB4474419"];

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, windows) = windows(facts, target)?;
    if !(7600..=7601).contains(&windows_build(windows)?) {
        return Err(Undecided::skipped("it is not Windows Server 2008 R2"));
    }
    match known(&guest.architecture)? {
        Some(found) if found.value == Architecture::X86_64 => {}
        _ => return Err(Undecided::skipped("it is not for x86_64, and takes drivers without signatures")),
    }
    let installed = known(&windows.hotfixes)?.map_or(&[][..], Vec::as_slice);
    if installed.iter().any(|update| ANY_OF.contains(&update.as_str())) {
        return passed();
    }
    let message = "KB3033929 is not installed: drivers with SHA-2 signatures are refused";
    let remedy = "install KB3033929 or KB4474419 in the source system";
    let finding = Finding::new(message, remedy).at(in_hive(guest, windows, "SOFTWARE", "Component Based Servicing"));
    let fit =
        windows_driver(windows, "viostor")?.is_some_and(|driver| driver.readiness.value() == Some(&Readiness::Ready));
    Ok(vec![if fit { finding.only(Severity::Degraded) } else { finding }])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| {
            set_build(facts, 7601);
            windows_of(facts).drivers.insert("viostor".into(), Known::Absent);
        },
        passes: |facts, _| {
            set_build(facts, 7601);
            of(&mut windows_of(facts).hotfixes).push("KB4474419".into());
        },
        undecided: |_, _| (),
    }

    #[test]
    fn with_a_driver_that_is_there_it_is_a_warning() {
        assert_eq!(findings(&RULE, |facts, _| set_build(facts, 7601))[0].severity, Severity::Degraded);
    }
}
