//! BSD-VIRTIO: FreeBSD has the virtio drivers when it needs them.

use crate::rules::prelude::*;

/// The drivers that the root filesystem waits for.
const FOR_ROOT: [&str; 2] = ["virtio_pci", "virtio_blk"];
/// The driver of the network card.
const NETWORK: &str = "if_vtnet";
/// The first major version whose devmatch(8) loads the module of a device that it finds.
const DEVMATCH_SINCE: u64 = 12;
/// The first major version whose drivers know virtio 1.0.
const MODERN_SINCE: u64 = 13;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "BSD-VIRTIO",
    aliases: &[],
    title: "FreeBSD has the virtio drivers when it needs them",
    severity: Severity::NoBoot,
    confidence: Confidence::Derived,
    source: "Install a virtio driver (2021); known issues of FreeBSD images (2021); FreeBSD virtio(4)",
    docs: "\
# What it checks
Whether virtio_pci and virtio_blk are in the kernel, or loaded with it (`virtio_blk_load=\"YES\"` in /boot/loader.conf),
and whether if_vtnet is in the kernel or loaded at all. A module that nothing asks for is not there when it is needed.
Releases before 13 are a note: their drivers know virtio of before 1.0 only.

# Why ECS needs it
Disk and network card of an instance are virtio devices. Without virtio_blk the kernel stops at `mountroot>`; without
if_vtnet nobody reaches the system. By the known issues of 2021, FreeBSD 12 needed a patched kernel on the newer
instance families.

# How to fix
Boot the GENERIC kernel, which has them since 10.0, or add to /boot/loader.conf: `virtio_load=\"YES\"`,
`virtio_pci_load=\"YES\"`, `virtio_blk_load=\"YES\"`, `if_vtnet_load=\"YES\"`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (_, freebsd) = freebsd(facts, target)?;
    let mut findings = for_root(freebsd)?;
    match network(freebsd) {
        Err(_) if !findings.is_empty() => {}
        found => findings.extend(found?),
    }
    if let Some(kernel) = freebsd.kernel.value().filter(|_| major(freebsd).is_some_and(|major| major < MODERN_SINCE)) {
        let message = format!("the drivers of FreeBSD {} know virtio of before 1.0 only", kernel.value);
        let remedy = "upgrade to FreeBSD 13 or newer, or start instances of families that offer virtio of before 1.0";
        findings.push(Finding::new(message, remedy).at_all(&kernel.evidence).only(Severity::Info));
    }
    Ok(findings)
}

/// Disk and bus: nothing can be loaded from a disk that is not seen.
fn for_root(freebsd: &FreeBsd) -> Judged {
    let mut tally = Tally::default();
    for name in FOR_ROOT {
        let message = match look(freebsd, name) {
            Err(reason) => {
                tally.doubt(reason);
                continue;
            }
            Ok(None) => format!("the kernel has no {name}, and there is no module of it"),
            Ok(Some(driver)) => match driver.presence {
                BsdPresence::BuiltIn | BsdPresence::Loader => continue,
                BsdPresence::Late => format!("{name} is loaded by kld_list only, after the root filesystem"),
                BsdPresence::Disk => format!("{name} is a module that nothing loads with the kernel"),
            },
        };
        let remedy = format!("add {name}_load=\"YES\" to /boot/loader.conf, or boot the GENERIC kernel");
        tally.fail(Finding::new(message, remedy).at_all(&places(freebsd, name)));
    }
    tally.done()
}

/// The network card may have its driver later.
fn network(freebsd: &FreeBsd) -> Judged {
    let (message, severity) = match look(freebsd, NETWORK).map_err(Undecided::unknown)? {
        Some(driver) if driver.presence != BsdPresence::Disk => return passed(),
        Some(_) if major(freebsd).is_some_and(|major| major >= DEVMATCH_SINCE) => {
            ("if_vtnet is a module that no configuration loads: devmatch must find it", Severity::Degraded)
        }
        Some(_) => ("if_vtnet is a module that nothing loads: an instance has no network", Severity::NoLogin),
        None => ("the kernel has no if_vtnet, and there is no module of it", Severity::NoLogin),
    };
    let remedy = "add if_vtnet_load=\"YES\" to /boot/loader.conf, or boot the GENERIC kernel";
    Ok(vec![Finding::new(message, remedy).at_all(&places(freebsd, NETWORK)).only(severity)])
}

/// The driver, or why it could not be looked for.
fn look<'a>(freebsd: &'a FreeBsd, name: &str) -> Result<Option<&'a BsdDriver>, String> {
    match freebsd.drivers.get(name) {
        None => Err(format!("whether the kernel has {name} was not examined")),
        Some(Known::Unknown(reason)) => Err(reason.why.clone()),
        Some(found) => Ok(found.value()),
    }
}

/// Where a driver lies, else the kernel that has none.
fn places(freebsd: &FreeBsd, name: &str) -> Vec<Evidence> {
    let driver = freebsd.drivers.get(name).and_then(Known::value).map(|driver| driver.evidence.clone());
    let kernel = || freebsd.kernel.value().map(|kernel| kernel.evidence.clone());
    driver.or_else(kernel).unwrap_or_else(|| vec![Evidence::words("no kernel that says its version")])
}

fn major(freebsd: &FreeBsd) -> Option<u64> {
    version(&freebsd.kernel.value()?.value).first().copied()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn presence(facts: &mut Facts, name: &str, presence: BsdPresence) {
        of(freebsd_of(facts).drivers.get_mut(name).expect("a driver")).presence = presence;
    }

    cases! {
        fires: |facts, _| {
            *facts = bsd();
            freebsd_of(facts).drivers.insert("virtio_blk".into(), Known::Absent);
        },
        passes: |facts, _| {
            *facts = bsd();
            presence(facts, "virtio_blk", BsdPresence::Loader);
            presence(facts, "if_vtnet", BsdPresence::Late);
        },
        undecided: |facts, _| {
            *facts = bsd();
            freebsd_of(facts).drivers.insert("virtio_pci".into(), Known::unknown("the kernel is compressed"));
        },
    }

    #[test]
    fn a_module_must_be_asked_for_in_time() {
        for late in [BsdPresence::Late, BsdPresence::Disk] {
            let mut facts = bsd();
            presence(&mut facts, "virtio_blk", late);
            let outcome = RULE.judge(&facts, &Target::default());
            assert_eq!(outcome.findings()[0].severity, Severity::NoBoot, "{late:?}");
        }
    }

    #[test]
    fn the_network_card_costs_the_login_unless_devmatch_finds_its_driver() {
        let disk = |release: &str| {
            let mut facts = bsd();
            presence(&mut facts, "if_vtnet", BsdPresence::Disk);
            of(&mut freebsd_of(&mut facts).kernel).value = release.into();
            RULE.judge(&facts, &Target::default()).findings()[0].severity
        };
        assert_eq!((disk("11.4-RELEASE"), disk("13.2-RELEASE")), (Severity::NoLogin, Severity::Degraded));
        let none = findings(&RULE, |facts, _| {
            *facts = bsd();
            freebsd_of(facts).drivers.insert("if_vtnet".into(), Known::Absent);
        });
        assert_eq!(none[0].severity, Severity::NoLogin);
    }

    #[test]
    fn an_old_release_is_a_note_that_hides_no_doubt() {
        fn old(facts: &mut Facts) {
            *facts = bsd();
            of(&mut freebsd_of(facts).kernel).value = "12.4-RELEASE-p2".into();
        }
        assert_eq!(findings(&RULE, |facts, _| old(facts))[0].severity, Severity::Info);
        let doubt = judge(&RULE, |facts, _| {
            old(facts);
            freebsd_of(facts).drivers.remove("virtio_blk");
        });
        assert_eq!(doubt.word(), "UNKNOWN");
    }

    #[test]
    fn other_systems_are_none_of_its_business() {
        assert_eq!(judge(&RULE, |_, _| ()).word(), "SKIPPED");
        let unread = judge(&RULE, |facts, _| {
            *facts = bsd();
            guest_of(facts).freebsd = None;
        });
        assert_eq!(unread.word(), "UNKNOWN");
    }
}
