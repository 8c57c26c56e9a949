//! LNX-GRUB-ROOT: the boot loader names the root filesystem by something that is on this disk and stays.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-GRUB-ROOT",
    aliases: &["GUESTOS.Grub"],
    title: "The boot loader names the root by a stable name",
    severity: Severity::NoBoot,
    confidence: Confidence::Current,
    source: "Check and repair custom images, item Grub (2025); compliance tool, GRUB (2024)",
    docs: "\
# What it checks
The `root=` of the entry that boots, and the filesystems that the configuration searches for: whether they name
something on this disk, and not by a name that the kernel hands out (`/dev/sda1`, `/dev/xvda1`) or that belongs to the
old machine's hardware. A search that finds nothing is a warning where the kernel lies beside the configuration, since
GRUB stays on that filesystem.

# Why ECS needs it
Disks of an instance are called /dev/vda or /dev/nvme0n1. A root by another name is waited for until the initramfs gives
up.

# How to fix
Use the UUID: `GRUB_DISABLE_LINUX_UUID=false` in /etc/default/grub, then `update-grub` or `grub2-mkconfig -o
/boot/grub2/grub.cfg`; with BLS entries `grubby --update-kernel=ALL --args=root=UUID=…`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, _) = linux(facts, target)?;
    let loader = loader(guest)?;
    let entry = boot_entry(guest)?;
    let mut tally = Tally::default();
    match &entry.root {
        Known::Is(spec) => judge_root(&mut tally, facts, entry, spec),
        Known::Absent => tally.doubt("the entry that boots has no root=: its initramfs must find the root by itself"),
        Known::Unknown(reason) => tally.doubt(reason.why.clone()),
    }
    for search in loader.searches.iter().filter(|search| !search.optional) {
        if tally.value(&search.spec.volume).is_none() && search.spec.volume.is_absent() {
            let message = format!("the boot loader searches for {}, which is not on this disk", search.spec.text);
            let remedy = "write the configuration anew in the source system: update-grub or grub2-mkconfig";
            let finding = Finding::new(message, remedy).at(search.evidence.clone());
            tally.fail(if is_idle(entry, search) { finding.only(Severity::Degraded) } else { finding });
        }
    }
    tally.done()
}

/// Whether nothing hangs on a search: one that finds nothing leaves GRUB on the filesystem that its configuration is on,
/// and the kernel is there as well.
fn is_idle(entry: &BootEntry, search: &LoaderSearch) -> bool {
    let volume = entry.kernel.value().and_then(|kernel| kernel.volume.as_ref());
    volume.is_some() && volume == search.evidence.volume.as_ref()
}

fn judge_root(tally: &mut Tally, facts: &Facts, entry: &BootEntry, spec: &DeviceSpec) {
    let place = entry.evidence.clone().saying(entry.cmdline.clone());
    let remedy = format!("write root={} in the boot loader's configuration", stable_name(facts, spec));
    let name = &spec.text;
    match (spec.kind, &spec.volume) {
        (SpecKind::KernelName, _) if name.starts_with("/dev/vd") => {
            let message = format!("root={name} is right on instances with virtio disks only, not with NVMe");
            tally.fail(Finding::new(message, remedy).at(place).only(Severity::Degraded));
        }
        (SpecKind::KernelName | SpecKind::Hardware, _) => {
            let message = format!("root={name}: there is no device of that name on ECS");
            tally.fail(Finding::new(message, remedy).at(place));
        }
        (_, Known::Absent) => {
            let message = format!("root={name}: nothing on this disk answers to that");
            tally.fail(Finding::new(message, remedy).at(place));
        }
        (_, Known::Unknown(reason)) => tally.doubt(format!("root={name}: {}", reason.why)),
        (_, Known::Is(_)) => {}
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn root_is(facts: &mut Facts, text: &str, kind: SpecKind, volume: Known<VolumeId>) {
        entry_of(facts).root = is(DeviceSpec { text: text.into(), kind, volume });
    }

    cases! {
        fires: |facts, _| root_is(facts, "/dev/sda1", SpecKind::KernelName, is(VolumeId::partition(1))),
        passes: |facts, _| *facts = lvm(),
        undecided: |facts, _| entry_of(facts).root = Known::Absent,
    }

    #[test]
    fn the_uuid_to_write_is_named() {
        let found = findings(&RULE, |facts, _| {
            root_is(facts, "/dev/sda1", SpecKind::KernelName, is(VolumeId::partition(1)));
        });
        assert!(found[0].remedy.contains("root=UUID=2a8fb91e"), "{found:?}");
    }

    #[test]
    fn a_uuid_of_another_disk_does_not_boot_and_vda_may() {
        let other = findings(&RULE, |facts, _| root_is(facts, "UUID=1", SpecKind::Uuid, Known::Absent));
        assert_eq!(other[0].severity, Severity::NoBoot);
        let vda = findings(&RULE, |facts, _| {
            root_is(facts, "/dev/vda1", SpecKind::KernelName, is(VolumeId::partition(1)));
        });
        assert_eq!(vda[0].severity, Severity::Degraded);
    }

    /// A search in that volume's configuration for what is not there. The kernel is on the first.
    fn search(facts: &mut Facts, volume: u32) {
        let spec = DeviceSpec { text: "1-2".into(), kind: SpecKind::Uuid, volume: Known::Absent };
        let evidence = Evidence::file(&VolumeId::partition(volume), "/boot/grub/grub.cfg").at_line(2);
        let search = LoaderSearch { spec, evidence, optional: false };
        loader_of(facts).searches = vec![LoaderSearch { optional: true, ..search.clone() }, search];
    }

    #[test]
    fn a_search_for_another_disk_does_not_boot_unless_the_kernel_is_at_hand() {
        let (beside, apart) =
            (findings(&RULE, |facts, _| search(facts, 1)), findings(&RULE, |facts, _| search(facts, 2)));
        assert_eq!((beside.len(), beside[0].severity), (1, Severity::Degraded));
        assert_eq!((apart.len(), apart[0].severity), (1, Severity::NoBoot));
    }
}
