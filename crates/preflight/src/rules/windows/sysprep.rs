//! WIN-SYSPREP: setup and sysprep are not half done.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-SYSPREP",
    aliases: &["GUESTOS.Sysprep"],
    title: "Setup and sysprep are not half done",
    severity: Severity::NoBoot,
    confidence: Confidence::Current,
    source: "Check and repair custom images, item Sysprep (2025)",
    docs: "\
# What it checks
Whether Windows is installed completely, or was generalized with sysprep to the end: ImageState,
SystemSetupInProgress, OOBEInProgress, SetupType.

# Why ECS needs it
An installation that was interrupted goes on at the first start, or stops with a message that only someone at the
screen can answer.

# How to fix
Start the source system and let setup finish, or run `sysprep /generalize /oobe /shutdown` again and take the disk
then.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, windows) = windows(facts, target)?;
    let setup = &windows.setup;
    let mut tally = Tally::default();
    let remedy = "start the source system and let setup finish, or run sysprep /generalize /oobe /shutdown again";
    let generalized = tally.value(&setup.generalized) == Some(&true);
    if let Some(state) = tally.value(&setup.image_state) {
        let (what, severity) = match state.value.to_ascii_uppercase().as_str() {
            "IMAGE_STATE_COMPLETE" | "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE" => ("", Severity::Info),
            "IMAGE_STATE_UNDEPLOYABLE" => ("was interrupted: the image cannot be started", Severity::NoBoot),
            _ => ("ends in another state than a finished system", Severity::Degraded),
        };
        if !what.is_empty() {
            let message = format!("setup {what} ({})", state.value);
            tally.fail(Finding::new(message, remedy).at_all(&state.evidence).only(severity));
        }
    }
    if let Some(claim) = tally.value(&setup.in_progress).filter(|claim| claim.value && !generalized) {
        tally.fail(Finding::new("setup of Windows is in progress", remedy).at_all(&claim.evidence));
    }
    if let Some(claim) = tally.value(&setup.oobe_in_progress).filter(|claim| claim.value && !generalized) {
        let finding = Finding::new("the first run of Windows is in progress", remedy).at_all(&claim.evidence);
        tally.fail(finding.only(Severity::Degraded));
    }
    if let Some(claim) = tally.value(&setup.setup_type).filter(|claim| claim.value != 0 && !generalized) {
        let command = setup.command.value().map_or("a program of setup", |command| command.value.as_str());
        let finding = Finding::new(format!("at the next start {command} runs in place of the log-on"), remedy);
        tally.fail(finding.at_all(&claim.evidence).only(Severity::Degraded));
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn state(facts: &mut Facts, name: &str) {
        windows_of(facts).setup.image_state = claim(name.into(), "ImageState");
    }

    cases! {
        fires: |facts, _| state(facts, "IMAGE_STATE_UNDEPLOYABLE"),
        passes: |facts, _| {
            state(facts, "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE");
            let setup = &mut windows_of(facts).setup;
            (setup.generalized, setup.in_progress) = (is(true), claim(true, "SystemSetupInProgress"));
            setup.setup_type = claim(2, "SetupType");
        },
        undecided: |facts, _| windows_of(facts).setup.image_state = Known::unknown("the hive is damaged"),
    }

    #[test]
    fn what_is_in_progress() {
        let severity = |change| findings(&RULE, change)[0].severity;
        assert_eq!(severity(|facts, _| windows_of(facts).setup.in_progress = claim(true, "x")), Severity::NoBoot);
        assert_eq!(severity(|facts, _| windows_of(facts).setup.setup_type = claim(1, "x")), Severity::Degraded);
        assert_eq!(severity(|facts, _| state(facts, "IMAGE_STATE_SPECIALIZE_RESEAL_TO_AUDIT")), Severity::Degraded);
    }
}
