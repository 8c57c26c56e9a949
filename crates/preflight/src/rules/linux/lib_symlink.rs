//! LNX-LIB-SYMLINK: links at the root of the filesystem are relative.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-LIB-SYMLINK",
    aliases: &["image_check.lib"],
    title: "Links such as /lib are relative",
    severity: Severity::Degraded,
    confidence: Confidence::Old,
    source: "Image compliance tool, item lib (2021)",
    docs: "\
# What it checks
Whether /lib, /lib64, /bin or /sbin is a symbolic link with an absolute target.

# Why ECS needs it
The platform configures an image from outside, with its root mounted elsewhere. There an absolute link leads into the
platform's own system, and the configuration fails; a relative one leads where it should.

# How to fix
Replace the link by a relative one: `ln -sfn usr/lib /lib`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, linux) = linux(facts, target)?;
    let Some(links) = known(&linux.absolute_links)?.filter(|links| !links.is_empty()) else { return passed() };
    let names: Vec<_> = links.iter().filter_map(|link| link.path.as_deref()).collect();
    let message = format!("links at the root have absolute targets: {}", names.join(", "));
    let remedy = "replace them by relative ones, such as ln -sfn usr/lib /lib";
    Ok(vec![Finding::new(message, remedy).at_all(links)])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| linux_of(facts).absolute_links = is(vec![in_file("/lib", 1, "/usr/lib")]),
        passes: |_, _| (),
        undecided: |facts, _| linux_of(facts).absolute_links = Known::unknown("the root could not be read"),
    }
}
