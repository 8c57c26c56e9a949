//! LNX-GROWPART: the root filesystem grows by itself on a larger disk.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-GROWPART",
    aliases: &["GUESTOS.OnlineResizeFS"],
    title: "The root filesystem grows with the disk",
    severity: Severity::Degraded,
    confidence: Confidence::Current,
    source: "Check and repair custom images, item OnlineResizeFS (2025); ImportImage (API reference 2025-05)",
    docs: "\
# What it checks
Whether cloud-init, `growpart` and the tool of the root filesystem (`resize2fs`, `xfs_growfs`) are installed, and
whether cloud-init runs its module growpart.

# Why ECS needs it
A system disk is at least as large as the image, and mostly larger. With these the root partition and filesystem take up
the room at first boot; without them it has to be done by hand.

# How to fix
`apt-get install cloud-guest-utils`, `yum install cloud-utils-growpart`; list `growpart` and `resizefs` under
`cloud_init_modules` in /etc/cloud/cloud.cfg.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, linux) = linux(facts, target)?;
    let mut tally = Tally::default();
    if linux.growth_tools.is_absent() {
        let message = "growpart, or the tool that grows the root filesystem, is not installed";
        let remedy = "apt-get install cloud-guest-utils, or yum install cloud-utils-growpart";
        let at = Evidence::file(&guest.root, "/usr/bin/growpart").saying("this or its companion is not there");
        tally.fail(Finding::new(message, remedy).at(at));
    }
    tally.value(&linux.growth_tools);
    match tally.value(&linux.cloud_init) {
        None if linux.cloud_init.is_absent() => {
            let message = "cloud-init, which would grow the root filesystem, is not installed";
            let at = Evidence::file(&guest.root, "/usr/bin/cloud-init").saying("not there");
            tally.fail(Finding::new(message, "install cloud-init in the source system").at(at));
        }
        Some(cloud_init) => {
            let modules = tally.value(&cloud_init.modules);
            if modules.is_some_and(|modules| !modules.iter().any(|module| module == "growpart")) {
                let message = "cloud-init does not run its module growpart";
                let remedy = "list growpart and resizefs under cloud_init_modules in /etc/cloud/cloud.cfg";
                tally.fail(Finding::new(message, remedy).at(Evidence::file(&guest.root, "/etc/cloud/cloud.cfg")));
            }
        }
        None => {}
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| linux_of(facts).growth_tools = Known::Absent,
        passes: |_, _| (),
        undecided: |facts, _| linux_of(facts).growth_tools = Known::unknown("/usr is not on this disk"),
    }

    #[test]
    fn cloud_init_and_its_module_are_needed() {
        assert_eq!(findings(&RULE, |facts, _| linux_of(facts).cloud_init = Known::Absent).len(), 1);
        let module = findings(&RULE, |facts, _| of(&mut linux_of(facts).cloud_init).modules = is(vec![]));
        assert_eq!(module.len(), 1);
    }
}
