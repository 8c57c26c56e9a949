//! BSD-FSTAB: FreeBSD finds its filesystems by names that are right on ECS.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "BSD-FSTAB",
    aliases: &[],
    title: "FreeBSD finds its filesystems by names that stay",
    severity: Severity::NoBoot,
    confidence: Confidence::Derived,
    source: "Instructions for importing images (2021); FreeBSD fstab(5), glabel(8)",
    docs: "\
# What it checks
Whether an entry of /etc/fstab, or vfs.root.mountfrom in /boot/loader.conf, names its device by a driver that ECS has
not (/dev/ada0p2, /dev/da0p2, /dev/nda0p2) or by the hardware of the old machine (/dev/diskid), or by a label that
nothing on this disk has. Swap and entries with `noauto` or `failok` are warnings; /dev/vtbd0 is a note.

# Why ECS needs it
The first disk of an instance is vtbd0. Where the root filesystem has another name, the kernel stops at `mountroot>`;
where another filesystem has, the boot stops in single-user mode.

# How to fix
Write a name that stays: `/dev/gpt/NAME` (`gpart show -l` prints it), `/dev/ufs/LABEL`, or `/dev/ufsid/ID`
(`glabel status`).
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, freebsd) = freebsd(facts, target)?;
    // What only warns is kept apart: it must not hide that something that stops the boot could not be told.
    let (mut boot, mut notes) = (Tally::default(), Vec::new());
    match &freebsd.root_device {
        Known::Is(root) => follow(facts, &root.value, &root.evidence, false, &mut boot, &mut notes),
        Known::Unknown(reason) => boot.doubt(reason.why.clone()),
        // ZFS is found by the pool that the loader itself came from.
        Known::Absent if root(facts)?.filesystem().is_none_or(|found| found.fs_type != "ufs") => {}
        Known::Absent => {
            let message = "neither fstab nor loader.conf says where the root filesystem is";
            let remedy = format!("write into /etc/fstab: {} / ufs rw 1 1", stay(facts, &guest.root));
            boot.fail(Finding::new(message, remedy).at(Evidence::file(&guest.root, "/etc/fstab")));
        }
    }
    let told = freebsd.root_device.value().map_or(&[][..], |root| &root.evidence);
    for entry in boot.value(&freebsd.fstab).iter().flat_map(|fstab| &fstab.entries) {
        if entry.fs_type != "xx" && !told.contains(&entry.evidence) {
            let optional = entry.fs_type == "swap" || ["noauto", "failok"].iter().any(|name| entry.has_option(name));
            follow(facts, &entry.spec, std::slice::from_ref(&entry.evidence), optional, &mut boot, &mut notes);
        }
    }
    let mut findings = boot.done()?;
    findings.extend(notes);
    Ok(findings)
}

/// One device that the system is told to use.
fn follow(
    facts: &Facts,
    spec: &DeviceSpec,
    places: &[Evidence],
    optional: bool,
    boot: &mut Tally,
    notes: &mut Vec<Finding>,
) {
    let name = &spec.text;
    let first_disk =
        name.strip_prefix("/dev/vtbd0").is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()));
    let (message, severity) = match (spec.kind, &spec.volume) {
        (SpecKind::Pseudo | SpecKind::Network, _) => return,
        (SpecKind::Removable, _) if optional => return,
        (SpecKind::KernelName, Known::Is(_)) if first_disk => {
            (format!("{name} is right on instances with virtio disks only, not with NVMe"), Severity::Info)
        }
        (SpecKind::KernelName | SpecKind::Hardware, _) => {
            (format!("{name}: there is no device of that name on ECS"), Severity::NoBoot)
        }
        (_, Known::Absent) => (format!("{name}: nothing on this disk has that name"), Severity::NoBoot),
        (_, Known::Unknown(_)) if optional => return,
        (_, Known::Unknown(reason)) => return boot.doubt(format!("{name} could not be looked for: {}", reason.why)),
        (_, Known::Is(_)) => return,
    };
    let stay = spec.volume.value().map_or_else(|| UNNAMED.to_owned(), |volume| stay(facts, volume));
    let finding = Finding::new(message, format!("write {stay} in place of {name}")).at_all(places);
    match severity {
        Severity::NoBoot if !optional => boot.fail(finding),
        severity => notes.push(finding.only(severity.min(Severity::Degraded))),
    }
}

/// In place of a name, where none is known.
const UNNAMED: &str = "/dev/gpt/NAME (gpart show -l prints it)";

/// The name of a volume that stays, in FreeBSD.
fn stay(facts: &Facts, id: &VolumeId) -> String {
    let Some(volume) = facts.volume(id) else { return UNNAMED.to_owned() };
    let ufs = volume.filesystem().filter(|found| found.fs_type == "ufs");
    let gpt = volume.name.as_ref().filter(|name| !name.is_empty()).map(|name| format!("/dev/gpt/{name}"));
    let label = || ufs?.label.as_ref().filter(|label| !label.is_empty()).map(|label| format!("/dev/ufs/{label}"));
    let id = || ufs?.uuid.as_ref().map(|uuid| format!("/dev/ufsid/{uuid}"));
    gpt.or_else(label).or_else(id).unwrap_or_else(|| UNNAMED.to_owned())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn entries(facts: &mut Facts) -> &mut Vec<FstabEntry> {
        &mut of(&mut freebsd_of(facts).fstab).entries
    }

    fn spec(text: &str, kind: SpecKind) -> DeviceSpec {
        DeviceSpec { text: text.into(), kind, volume: is(VolumeId::partition(3)) }
    }

    /// The same device in fstab and for the kernel.
    fn root_is(facts: &mut Facts, text: &str, kind: SpecKind) {
        *facts = bsd();
        entries(facts)[0].spec = spec(text, kind);
        of(&mut freebsd_of(facts).root_device).value = spec(text, kind);
    }

    fn add(facts: &mut Facts, spec: DeviceSpec, fs_type: &str, options: &str) {
        *facts = bsd();
        let mut entry = mount(spec, "/data", fs_type, options);
        entry.evidence.line = Some(4);
        entries(facts).push(entry);
    }

    cases! {
        fires: |facts, _| root_is(facts, "/dev/ada0p3", SpecKind::KernelName),
        passes: |facts, _| root_is(facts, "/dev/ufsid/6b03dc966b8b4567", SpecKind::Uuid),
        undecided: |facts, _| {
            *facts = bsd();
            freebsd_of(facts).fstab = Known::unknown("the file is damaged");
        },
    }

    #[test]
    fn the_name_that_stays_is_told_once() {
        let found = findings(&RULE, |facts, _| root_is(facts, "/dev/da0p3", SpecKind::KernelName));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].remedy, "write /dev/gpt/rootfs in place of /dev/da0p3");
        let mut facts = bsd();
        facts.volumes[2].name = None;
        assert_eq!(stay(&facts, &VolumeId::partition(3)), "/dev/ufsid/6b03dc966b8b4567");
    }

    #[test]
    fn the_first_virtio_disk_is_a_note_and_no_other_is() {
        let at = |name: &str| {
            let mut facts = bsd();
            root_is(&mut facts, name, SpecKind::KernelName);
            RULE.judge(&facts, &Target::default()).findings()[0].severity
        };
        assert_eq!(at("/dev/vtbd0p3"), Severity::Info);
        for name in ["/dev/vtbd1p3", "/dev/vtbd01p3", "/dev/nda0p3", "/dev/nvd0p3"] {
            assert_eq!(at(name), Severity::NoBoot, "{name}");
        }
    }

    #[test]
    fn what_the_boot_does_not_wait_for_is_a_warning() {
        for (fs_type, options) in [("swap", "sw"), ("ufs", "rw,noauto"), ("ufs", "rw,failok")] {
            let mut facts = bsd();
            add(&mut facts, spec("/dev/ada1p1", SpecKind::KernelName), fs_type, options);
            let outcome = RULE.judge(&facts, &Target::default());
            assert_eq!(outcome.findings()[0].severity, Severity::Degraded, "{fs_type} {options}");
        }
        let cd = judge(&RULE, |facts, _| add(facts, spec("/dev/cd0", SpecKind::Removable), "cd9660", "ro,noauto"));
        assert_eq!(cd.word(), "PASSED");
    }

    #[test]
    fn names_that_lead_nowhere_or_cannot_be_followed() {
        let lost = findings(&RULE, |facts, _| {
            let lost = DeviceSpec { volume: Known::Absent, ..spec("/dev/gpt/old", SpecKind::PartLabel) };
            add(facts, lost, "ufs", "rw");
        });
        assert_eq!(lost[0].severity, Severity::NoBoot);
        let unknown = judge(&RULE, |facts, _| {
            let mirror = DeviceSpec { volume: Known::unknown("GEOM"), ..spec("/dev/mirror/gm0", SpecKind::Other) };
            add(facts, mirror, "ufs", "rw");
            let swap = spec("/dev/ada0p2", SpecKind::KernelName);
            entries(facts).push(mount(swap, "none", "swap", "sw"));
        });
        assert_eq!(unknown.word(), "UNKNOWN", "a warning hides no doubt");
    }

    #[test]
    fn a_root_that_nothing_names_is_found_by_zfs_only() {
        fn unnamed(facts: &mut Facts) {
            *facts = bsd();
            freebsd_of(facts).fstab = Known::Absent;
            freebsd_of(facts).root_device = Known::Absent;
        }
        let ufs = findings(&RULE, |facts, _| unnamed(facts));
        assert!(ufs[0].remedy.contains("/dev/gpt/rootfs / ufs"), "{ufs:?}");
        let zfs = judge(&RULE, |facts, _| {
            unnamed(facts);
            root_fs(facts).fs_type = "zfs".into();
        });
        assert_eq!(zfs.word(), "PASSED");
    }
}
