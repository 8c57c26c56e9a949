//! WIN-DEVINSTALL: new devices may be installed.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-DEVINSTALL",
    aliases: &["GUESTOS.Server"],
    title: "New devices may be installed",
    severity: Severity::NoLogin,
    confidence: Confidence::Current,
    source: "Check and repair custom images, item Server (2025)",
    docs: "\
# What it checks
Whether DeviceInstallDisabled or a policy forbids the installation of devices.

# Why ECS needs it
The network card of an instance is a new device. If it may not be installed, there is no network. Sysprep sets this
itself and takes it back at the first start, so that in a generalized system it is a remark.

# How to fix
Delete `DeviceInstallDisabled` below `Services\\DeviceInstall\\Parameters` or `Services\\PlugPlay\\Parameters`, and
the policy.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, windows) = windows(facts, target)?;
    let Some(places) = known(&windows.device_installation_disabled)? else { return passed() };
    let message = "the installation of devices is forbidden: an instance may have no network card";
    let remedy = "delete DeviceInstallDisabled and the policy for the installation of devices";
    let finding = Finding::new(message, remedy).at_all(places);
    let generalized = windows.setup.generalized.value() == Some(&true);
    Ok(vec![if generalized { finding.only(Severity::Info) } else { finding }])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn forbidden(facts: &mut Facts) {
        windows_of(facts).device_installation_disabled = is(vec![registry("DeviceInstallDisabled = 1")]);
    }

    cases! {
        fires: |facts, _| forbidden(facts),
        passes: |_, _| (),
        undecided: |facts, _| windows_of(facts).device_installation_disabled = Known::unknown("the hive is damaged"),
    }

    #[test]
    fn sysprep_takes_it_back() {
        let found = findings(&RULE, |facts, _| {
            forbidden(facts);
            windows_of(facts).setup.generalized = is(true);
        });
        assert_eq!(found[0].severity, Severity::Info);
    }
}
