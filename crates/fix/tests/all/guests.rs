//! Guests built on this machine: `NAME.raw` in the directory that `BOOTWORTHY_GUESTS` names.

use crate::machine::{Machine, check_script};
use fix::Effect;
use std::path::PathBuf;

fn guests() -> Vec<PathBuf> {
    let Some(directory) = std::env::var_os("BOOTWORTHY_GUESTS").map(PathBuf::from) else {
        eprintln!("SKIPPED: BOOTWORTHY_GUESTS names no directory of guests");
        return Vec::new();
    };
    let entries = std::fs::read_dir(directory).unwrap().flatten().map(|entry| entry.path());
    let mut guests: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "raw")).collect();
    guests.sort();
    guests
}

/// What a plan says of a rule is what comes out when `patch` has applied its diff.
#[test]
fn every_plan_holds_up() {
    for path in guests() {
        let Some(machine) = Machine::open(&path) else { continue };
        let plan = machine.plan();
        let name = path.file_name().unwrap().to_string_lossy();
        eprintln!("{name}: {:?}", plan.tally());
        for rule in &plan.rules {
            eprintln!("   {:?} {} {:?}", rule.effect, rule.rule, rule.findings);
        }
        for left_out in &plan.left_out {
            eprintln!("   left out {left_out:?}");
        }
        if let Some(script) = plan.script() {
            check_script(script);
        }
        let directory = tempfile::tempdir().unwrap();
        let Some(after) = machine.patched(&plan, directory.path()) else { continue };
        for (before, after) in machine.report.results.iter().zip(&after.results) {
            let (old, new) = (before.outcome.findings().len(), after.outcome.findings().len());
            assert!(new <= old, "{name}: {}: {:?}", after.id, after.outcome);
            let by_diff = |fix: &fix::Fix| fix.rules.contains(&&*before.id) && fix.verified == "on_image";
            let all_by_diff = plan.fixes.iter().filter(|fix| fix.rules.contains(&&*before.id)).all(by_diff);
            if Machine::effect(&plan, &before.id) == Some(Effect::Fixed) && all_by_diff {
                assert_eq!(new, 0, "{name}: {}: {:?}", after.id, after.outcome);
            }
        }
    }
}
