//! LNX-CRITICAL-FILES: what every boot needs is there.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-CRITICAL-FILES",
    aliases: &[],
    title: "What every boot needs is there",
    severity: Severity::NoBoot,
    confidence: Confidence::Derived,
    source: "Instructions for importing images (2021)",
    docs: "\
# What it checks
Whether the programs that every boot needs are there: init with the loader and the C library that it is linked with, a
shell, mount.

# Why ECS needs it
The instructions forbid changes to /sbin, /bin and /lib. Without these programs the kernel finds nothing to start, or
what it starts cannot go on.

# How to fix
Install the packages again that hold them (`bash`, `util-linux`, `systemd-sysv`), or restore the files.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, linux) = linux(facts, target)?;
    let systemd_alone = switches_to_systemd(guest, linux);
    let missing = known(&linux.missing_programs)?.into_iter().flatten();
    let missing: Vec<&str> =
        missing.map(String::as_str).filter(|path| !(systemd_alone && *path == "/sbin/init")).collect();
    if missing.is_empty() {
        return passed();
    }
    if self_contained(facts, guest) {
        return Err(Undecided::unknown("this system lays out its root at the first boot"));
    }
    let places: Vec<_> = missing.iter().map(|path| Evidence::file(&guest.root, *path).saying("not there")).collect();
    let message = format!("what every boot needs is missing: {}", missing.join(", "));
    let remedy = "install the packages again that hold them: bash, util-linux, systemd-sysv, libc6 (glibc)";
    Ok(vec![Finding::new(message, remedy).at_all(&places)])
}

/// Whether it is systemd in the initramfs that starts the system, as dracut's do: it looks for systemd, not for init.
fn switches_to_systemd(guest: &Guest, linux: &Linux) -> bool {
    let initramfs = guest.default_kernel().and_then(|kernel| kernel.initramfs.value());
    let made_by = initramfs.and_then(|initramfs| initramfs.generator.value());
    made_by.is_some_and(|generator| generator == "dracut") && linux.init.value().is_some_and(|init| init == "systemd")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| linux_of(facts).missing_programs = is(vec!["/sbin/init".into()]),
        passes: |_, _| (),
        undecided: |facts, _| linux_of(facts).missing_programs = Known::unknown("/usr is not on this disk"),
    }

    #[test]
    fn systemd_in_the_initramfs_needs_no_init() {
        let by = |generator: &str, path: &str| {
            let mut facts = bios();
            linux_of(&mut facts).missing_programs = is(vec![path.into()]);
            of(&mut kernel_of(&mut facts).initramfs).generator = is(generator.into());
            RULE.judge(&facts, &Target::default()).word()
        };
        assert_eq!(by("dracut", "/sbin/init"), "PASSED");
        assert_eq!((by("initramfs-tools", "/sbin/init"), by("dracut", "/bin/sh")), ("FAILED", "FAILED"));
    }
}
