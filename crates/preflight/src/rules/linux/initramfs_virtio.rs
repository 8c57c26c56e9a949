//! LNX-INITRAMFS-VIRTIO: the kernel that boots reaches its disk, because virtio is built in or in its initramfs.

use crate::rules::prelude::*;

/// What a disk of an instance needs before the root filesystem is there. What these depend on is named with them.
const NEEDED: [&str; 2] = ["virtio_blk", "virtio_pci"];

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-INITRAMFS-VIRTIO",
    aliases: &["GUESTOS.Virtio", "image_check.driver", "sersi.Virtio"],
    title: "The kernel that boots has virtio drivers at hand",
    severity: Severity::NoBoot,
    confidence: Confidence::Current,
    source: "Install a virtio driver (2021); Check and repair custom images, item Virtio (2025)",
    docs: "\
# What it checks
For the kernel of the default boot entry: whether virtio_blk and virtio_pci are built in, or in the initramfs that this
entry loads, together with every module they depend on.

# Why ECS needs it
The system disk of an instance is a virtio disk. A driver that lies on the disk only cannot be loaded before the disk is
there: the boot ends with the root filesystem not found. An initramfs that was made on VMware or bare metal for that
machine alone is the usual case.

# How to fix
Rebuild the initramfs with the drivers in it, in the source system. dracut: `dracut -f --add-drivers \"virtio_blk
virtio_pci\"`. Debian, Ubuntu: both names into /etc/initramfs-tools/modules, then `update-initramfs -u`. RHEL 5:
`mkinitrd --with=virtio_blk --with=virtio_pci -f`. SLES 11: INITRD_MODULES in /etc/sysconfig/kernel, then `mkinitrd`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, _) = linux(facts, target)?;
    let kernel = boot_kernel(guest)?;
    let mut tally = Tally::default();
    let (mut on_disk, mut nowhere) = (Vec::new(), Vec::new());
    for name in NEEDED {
        match kernel.drivers.get(name) {
            None => tally.doubt(format!("whether kernel {} has {name} was not examined", kernel.version)),
            Some(Known::Unknown(reason)) => tally.doubt(reason.why.clone()),
            Some(Known::Absent) => nowhere.push(name),
            Some(Known::Is(driver)) if driver.presence == Presence::Disk => on_disk.push(name),
            Some(Known::Is(driver)) if !driver.missing_dependencies.is_empty() => {
                let lack = driver.missing_dependencies.join(", ");
                let message = format!("{name} is in the initramfs of kernel {} without {lack}", kernel.version);
                tally.fail(Finding::new(message, remedy(kernel, &lack)).at(driver.evidence.clone()));
            }
            Some(Known::Is(_)) => {}
        }
    }
    let unread = kernel.initramfs.value().is_some_and(|initramfs| initramfs.complete.value() != Some(&true));
    let behind = match kernel.initramfs.is_absent() {
        true => "on the disk only, and is loaded without an initramfs",
        false => "on the disk but not in the initramfs",
    };
    for (names, where_) in [(on_disk, behind), (nowhere, "nowhere")] {
        if names.is_empty() {
            continue;
        }
        let all = names.join(" and ");
        if unread {
            tally.doubt(format!("{all} may be in the part of the initramfs that could not be read"));
            continue;
        }
        let message = format!("kernel {} has {all} {where_}: it does not find its disk on ECS", kernel.version);
        tally.fail(Finding::new(message, remedy(kernel, &names.join(" "))).at_all(&kernel_places(kernel)));
    }
    tally.done()
}

/// How to put modules into the initramfs with the tool that made it.
pub(crate) fn remedy(kernel: &Kernel, names: &str) -> String {
    let version = shell_word(&kernel.version);
    let initramfs = kernel.initramfs.value();
    let file = initramfs.map_or("/boot/initramfs.img".into(), |initramfs| shell_word(&initramfs.file.path));
    match initramfs.and_then(|initramfs| initramfs.generator.value()).map(String::as_str) {
        Some("dracut") => {
            format!("rebuild it in the source system: dracut -f --add-drivers \"{names}\" {file} {version}")
        }
        Some("initramfs-tools") => {
            format!("add {names} to /etc/initramfs-tools/modules, then run update-initramfs -u -k {version}")
        }
        Some("mkinitcpio") => format!("add {names} to MODULES in /etc/mkinitcpio.conf, then run mkinitcpio -P"),
        Some("mkinitrd") => {
            let with: Vec<_> = names.split(' ').map(|name| format!("--with={name}")).collect();
            let with = with.join(" ");
            format!(
                "run mkinitrd {with} -f {file} {version}; on SLES, INITRD_MODULES in /etc/sysconfig/kernel and mkinitrd"
            )
        }
        _ => format!(
            "rebuild the initramfs with {names}: dracut -f --add-drivers \"{names}\", or /etc/initramfs-tools/modules \
             and update-initramfs -u"
        ),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn only_on_disk(facts: &mut Facts) {
        kernel_of(facts).drivers.insert("virtio_blk".into(), driver(Presence::Disk, "virtio_blk"));
    }

    cases! {
        fires: |facts, _| only_on_disk(facts),
        passes: |facts, _| {
            kernel_of(facts).drivers.insert("virtio_pci".into(), driver(Presence::BuiltIn, "virtio_pci"));
        },
        undecided: |facts, _| {
            kernel_of(facts).drivers.insert("virtio_blk".into(), Known::unknown("lzma is damaged"));
        },
    }

    #[test]
    fn the_tool_that_made_it_is_named() {
        let debian = findings(&RULE, |facts, _| only_on_disk(facts));
        assert!(debian[0].remedy.contains("update-initramfs -u -k 6.1.0-50-amd64"), "{debian:?}");
        let dracut = findings(&RULE, |facts, _| {
            only_on_disk(facts);
            of(&mut kernel_of(facts).initramfs).generator = is("dracut".into());
        });
        assert!(dracut[0].remedy.contains("dracut -f --add-drivers \"virtio_blk\" /boot/initrd.img"), "{dracut:?}");
    }

    #[test]
    fn a_dependency_that_is_missing_counts() {
        let found = findings(&RULE, |facts, _| {
            let mut driver = of(&mut driver(Presence::Initramfs, "virtio_blk")).clone();
            driver.missing_dependencies = vec!["virtio_ring".into()];
            kernel_of(facts).drivers.insert("virtio_blk".into(), is(driver));
        });
        assert!(found[0].message.contains("without virtio_ring"));
    }

    #[test]
    fn an_initramfs_not_read_to_its_end_proves_nothing_missing() {
        let outcome = judge(&RULE, |facts, _| {
            only_on_disk(facts);
            of(&mut kernel_of(facts).initramfs).complete = is(false);
        });
        assert_eq!(outcome.word(), "UNKNOWN");
    }
}
