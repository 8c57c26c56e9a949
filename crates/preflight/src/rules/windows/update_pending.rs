//! WIN-UPDATE-PENDING: no update is half done.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-UPDATE-PENDING",
    aliases: &["GUESTOS.Update"],
    title: "No update is half done",
    severity: Severity::NoBoot,
    confidence: Confidence::Current,
    source: "Check and repair custom images, item Update (2025)",
    docs: "\
# What it checks
What unfinished updates leave: RebootInProgress, RebootPending and PackagesPending of component servicing,
pending.xml, and files to be renamed at the next start.

# Why ECS needs it
An update that was interrupted is undone or goes on at the first start, with other drivers than it began with; it may
end in a loop of restarts. One that only waits for a restart holds up the first start.

# How to fix
Restart the source system until no update waits, shut it down, and take its disk again. Of an image: `dism /image:C:\\
/cleanup-image /revertpendingactions`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, windows) = windows(facts, target)?;
    let mut tally = Tally::default();
    for update in known(&windows.pending_updates)?.into_iter().flatten() {
        let (what, severity) = match update.name.as_str() {
            "RebootInProgress" => ("an update was interrupted", Severity::NoBoot),
            // Installers of all kinds leave these: they are renamed, and that is all.
            "PendingFileRenameOperations" => ("files are to be renamed at the next start", Severity::Info),
            _ => ("an update waits for a restart", Severity::Degraded),
        };
        let message = format!("{what} ({})", update.name);
        let remedy = "restart the source system until no update waits, shut it down, and take its disk again";
        tally.fail(Finding::new(message, remedy).at(update.evidence.clone()).only(severity));
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn pending(facts: &mut Facts, name: &str) {
        let update = PendingUpdate { name: name.into(), evidence: registry(name) };
        windows_of(facts).pending_updates = is(vec![update]);
    }

    cases! {
        fires: |facts, _| pending(facts, "RebootInProgress"),
        passes: |_, _| (),
        undecided: |facts, _| windows_of(facts).pending_updates = Known::unknown("the hive is damaged"),
    }

    #[test]
    fn waiting_is_a_warning_and_renaming_a_remark() {
        assert_eq!(findings(&RULE, |facts, _| pending(facts, "pending.xml"))[0].severity, Severity::Degraded);
        let renames = findings(&RULE, |facts, _| pending(facts, "PendingFileRenameOperations"));
        assert_eq!(renames[0].severity, Severity::Info);
    }
}
