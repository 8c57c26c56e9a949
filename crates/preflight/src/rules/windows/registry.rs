//! WIN-REGISTRY: the registry hives are whole.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-REGISTRY",
    aliases: &["GUESTOS.Registry"],
    title: "The registry hives are whole",
    severity: Severity::NoBoot,
    confidence: Confidence::Current,
    source: "Check and repair custom images, item Registry (2025)",
    docs: "\
# What it checks
Whether SYSTEM, SOFTWARE, SAM, SECURITY and DEFAULT are there and sound in their structure, and were closed in order
or have the logs to make up for it.

# Why ECS needs it
The loader stops without SYSTEM (0xc000014c); without another hive the session manager does (0xc0000218).

# How to fix
Shut the source system down in order before its disk is copied. Restore a damaged hive from a backup
(`System32/config/RegBack`, a restore point).
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, windows) = windows(facts, target)?;
    let mut tally = Tally::default();
    for name in ["SYSTEM", "SOFTWARE", "SAM", "SECURITY", "DEFAULT"] {
        let Some(hive) = windows.hives.get(name) else {
            tally.doubt(format!("the hive {name} was not looked for"));
            continue;
        };
        if hive.is_absent() {
            let place = Evidence::file(&guest.root, format!("{}/System32/config/{name}", windows.system_root));
            tally.fail(Finding::new(format!("the hive {name} is missing"), "restore it from a backup").at(place));
        }
        let Some(hive) = tally.value(hive) else { continue };
        if !hive.damage.is_empty() {
            let finding = Finding::new(format!("the hive {name} is damaged"), "restore it from a backup");
            tally.fail(finding.at(hive.evidence.clone()).at_all(&hive.damage));
        }
        if hive.state == HiveState::Dirty {
            let message = format!("the hive {name} was left half written, without a log: its last changes are missing");
            let remedy = "shut the source system down in order, and take its disk again";
            tally.fail(Finding::new(message, remedy).at(hive.evidence.clone()).only(Severity::Degraded));
        }
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn hive<'a>(facts: &'a mut Facts, name: &str) -> &'a mut Known<Hive> {
        windows_of(facts).hives.get_mut(name).expect("a hive that is read")
    }

    cases! {
        fires: |facts, _| of(hive(facts, "SYSTEM")).damage = vec![registry("bin 2 has no mark")],
        passes: |facts, _| of(hive(facts, "SOFTWARE")).state = HiveState::Recovered,
        undecided: |facts, _| *hive(facts, "SAM") = Known::unknown("it could not be read"),
    }

    #[test]
    fn missing_and_half_written() {
        assert_eq!(findings(&RULE, |facts, _| *hive(facts, "SAM") = Known::Absent)[0].severity, Severity::NoBoot);
        let dirty = findings(&RULE, |facts, _| of(hive(facts, "SYSTEM")).state = HiveState::Dirty);
        assert_eq!(dirty[0].severity, Severity::Degraded);
    }
}
