//! LNX-GRUB-CFG: the boot loader has a configuration that starts something by itself.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-GRUB-CFG",
    aliases: &["GUESTOS.Grub", "sersi.GRUB"],
    title: "The boot loader's configuration starts a system",
    severity: Severity::NoBoot,
    confidence: Confidence::Current,
    source: "Check and repair custom images, item Grub (2025); compliance tool, GRUB (2024)",
    docs: "\
# What it checks
Whether a configuration of GRUB, extlinux or systemd-boot is there, has an entry, starts one without a key being
pressed, and asks for no password first.

# Why ECS needs it
Nobody is at the console of a new instance. A boot loader without a configuration stops at its prompt, and one whose
menu waits, waits for ever.

# How to fix
Write it anew in the source system: `update-grub`, or `grub2-mkconfig -o /boot/grub2/grub.cfg`. For a menu that waits:
`GRUB_TIMEOUT=1` in /etc/default/grub. A superuser's password needs `--unrestricted` on the entries.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, _) = linux(facts, target)?;
    let mut tally = Tally::default();
    let anew = "write it anew in the source system: update-grub, or grub2-mkconfig -o /boot/grub2/grub.cfg";
    let Some(loader) = known(&guest.loader)? else {
        if self_contained(facts, guest) {
            return Err(Undecided::unknown("this system keeps its boot configuration inside its loader"));
        }
        let message = "there is no configuration of a boot loader in /boot or on the ESP";
        return Ok(vec![Finding::new(message, anew).at(Evidence::file(&guest.root, "/boot"))]);
    };
    let finding = |message: &str, remedy: &str| Finding::new(message, remedy).at_all(&loader.config);
    if loader.entries.is_empty() {
        tally.fail(finding("the configuration of the boot loader has no entries", anew));
        return tally.done();
    }
    if tally.value(&loader.default).is_none() && loader.default.is_absent() {
        let remedy = "set a default that exists: grub2-set-default 0, or GRUB_DEFAULT=0 and update-grub";
        let message = "no entry of the boot menu starts by itself";
        tally.fail(finding(message, remedy).at_all(&loader.default_evidence));
    }
    if loader.timeout.value().is_some_and(|seconds| *seconds < 0) {
        let remedy = match loader.kind {
            LoaderKind::Grub2 => "set GRUB_TIMEOUT=1 in /etc/default/grub and write the configuration anew",
            _ => "write timeout 1 into the configuration of the boot loader",
        };
        tally.fail(finding("the boot menu waits for a key, for ever", remedy));
    }
    if loader.locked.value() == Some(&true) {
        let remedy = "add --unrestricted to the entries, or remove the password";
        tally.fail(finding("the boot loader asks for a password before it starts the default entry", remedy));
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| guest_of(facts).loader = Known::Absent,
        passes: |_, _| (),
        undecided: |facts, _| loader_of(facts).default = Known::unknown("the menu is computed"),
    }

    #[test]
    fn a_menu_that_waits_does_not_boot() {
        assert_eq!(findings(&RULE, |facts, _| loader_of(facts).timeout = is(-1)).len(), 1);
        assert_eq!(findings(&RULE, |facts, _| loader_of(facts).locked = is(true)).len(), 1);
        assert_eq!(findings(&RULE, |facts, _| loader_of(facts).default = Known::Absent).len(), 1);
        assert_eq!(findings(&RULE, |facts, _| loader_of(facts).entries.clear()).len(), 1);
    }
}
