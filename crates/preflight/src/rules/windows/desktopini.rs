//! WIN-DESKTOPINI: the common desktop has its settings.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-DESKTOPINI",
    aliases: &["GUESTOS.DesktopConfig"],
    title: "The common desktop has its settings",
    severity: Severity::Info,
    confidence: Confidence::Current,
    source: "Check and repair custom images, item DesktopConfig (2025)",
    docs: "\
# What it checks
Whether desktop.ini files of the common desktop and start menu are there.

# Why ECS needs it
Without them folders show other names and icons. The cloud check lists it; instances work.

# How to fix
Copy the files from a system of the same version.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, windows) = windows(facts, target)?;
    if known(&windows.desktop_ini)?.is_some() {
        return passed();
    }
    let place = Evidence::file(&guest.root, "/Users/Public/Desktop/desktop.ini");
    let message = "desktop.ini of the common desktop is missing";
    Ok(vec![Finding::new(message, "copy it from a system of the same version").at(place)])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| windows_of(facts).desktop_ini = Known::Absent,
        passes: |_, _| (),
        undecided: |facts, _| windows_of(facts).desktop_ini = Known::unknown("the directory is damaged"),
    }
}
