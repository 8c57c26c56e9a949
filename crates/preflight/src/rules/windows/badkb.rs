//! WIN-BADKB: no update that is known to do harm is installed.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-BADKB",
    aliases: &["GUESTOS.Hotfix"],
    title: "No update that is known to do harm is installed",
    severity: Severity::NoBoot,
    confidence: Confidence::Current,
    source: "Check and repair custom images, item Hotfix (2025)",
    docs: "\
# What it checks
Whether one of KB5009624, KB5009595, KB5009546, KB5009557, KB5009555, KB5014738, KB5014702, KB5014692, KB5014678 is
installed by its own name.

# Why ECS needs it
Those of January 2022 send domain controllers into a loop of restarts; on other servers they, and those of June 2022,
break single services.

# How to fix
Install the latest cumulative update, which replaces them, or uninstall it: `wusa /uninstall /kb:5009624`.
",
    check,
};

const HARMFUL: [&str; 9] = [
    "KB5009624",
    "KB5009595",
    "KB5009546",
    "KB5009557",
    "KB5009555",
    "KB5014738",
    "KB5014702",
    "KB5014692",
    "KB5014678",
];

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, windows) = windows(facts, target)?;
    let installed = known(&windows.hotfixes)?.map_or(&[][..], Vec::as_slice);
    let found: Vec<_> = installed.iter().filter(|update| HARMFUL.contains(&update.as_str())).collect();
    let kind = windows.version.product_type.value().map(|kind| kind.value);
    let finding = |update: &&String| {
        let message = format!("{update} is installed, which is known to do harm");
        let remedy = "install the latest cumulative update, or uninstall this one with wusa";
        let finding = Finding::new(message, remedy).at(in_hive(guest, windows, "SOFTWARE", (*update).clone()));
        let loops = kind == Some(ProductType::DomainController) && update.starts_with("KB5009");
        if loops { finding } else { finding.only(Severity::Degraded) }
    };
    Ok(found.iter().map(finding).collect())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn bad(facts: &mut Facts) {
        of(&mut windows_of(facts).hotfixes).push("KB5009557".into());
    }

    cases! {
        fires: |facts, _| {
            bad(facts);
            windows_of(facts).version.product_type = claim(ProductType::DomainController, "ProductType");
        },
        passes: |_, _| (),
        undecided: |facts, _| windows_of(facts).hotfixes = Known::unknown("the hive is damaged"),
    }

    #[test]
    fn on_another_server_it_is_a_warning() {
        assert_eq!(findings(&RULE, |facts, _| bad(facts))[0].severity, Severity::Degraded);
    }
}
