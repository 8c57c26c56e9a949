//! LNX-GRUB-RESUME: the kernel command line names no device that is not in the image.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-GRUB-RESUME",
    aliases: &["GUESTOS.Grub"],
    title: "The command line names no device that is missing",
    severity: Severity::Degraded,
    confidence: Confidence::Derived,
    source: "derived: dracut and initramfs-tools wait for such devices",
    docs: "\
# What it checks
`resume=` and `rd.lvm.lv=` on the kernel command line of the entry that boots: whether what they name is on this disk.

# Why ECS needs it
The initramfs waits for such a device, a minute and a half as a rule, before it goes on or gives up. Swap space that was
on another disk of the source machine is the usual case.

# How to fix
Remove the parameter from GRUB_CMDLINE_LINUX in /etc/default/grub and write the configuration anew; with BLS entries:
`grubby --update-kernel=ALL --remove-args=resume`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, _) = linux(facts, target)?;
    let entry = boot_entry(guest)?;
    let mut tally = Tally::default();
    for parameter in absent_devices(facts, &entry.cmdline) {
        if facts.volumes.iter().any(|volume| volume.content.reason().is_some()) {
            tally.doubt(format!("whether {parameter} is on this disk: a volume could not be read"));
            continue;
        }
        let name = parameter.split('=').next().unwrap_or_default();
        let message = format!("{parameter} names a device that is not on this disk");
        let remedy =
            format!("remove it from GRUB_CMDLINE_LINUX and the entry: grubby --update-kernel=ALL --remove-args={name}");
        tally.fail(Finding::new(message, remedy).at(entry.evidence.clone().saying(entry.cmdline.clone())));
    }
    tally.done()
}

/// The parameters of a kernel command line that name a device, `name=value`, of which no volume is known.
pub fn absent_devices(facts: &Facts, cmdline: &str) -> Vec<String> {
    let is_absent = |name: &str, value: &str| match name {
        "resume" => !device_is_there(facts, value),
        "rd.lvm.lv" => !facts.volumes.iter().any(|volume| volume.id.0 == format!("lvm/{value}")),
        _ => false,
    };
    let named = parameters(cmdline).filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?)));
    named.filter(|(name, value)| is_absent(name, value)).map(|(name, value)| format!("{name}={value}")).collect()
}

/// Whether a volume answers to the name. Names of the kernel never do: they change on ECS.
fn device_is_there(facts: &Facts, name: &str) -> bool {
    facts.volumes.iter().any(|volume| {
        let (uuid, label) = match volume.content.value() {
            Some(Content::Filesystem(filesystem)) => (&filesystem.uuid, &filesystem.label),
            Some(Content::Swap { uuid, label, .. }) => (uuid, label),
            _ => (&None, &None),
        };
        let is = |known: &Option<String>, wanted: &str| {
            known.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(wanted))
        };
        match name.split_once('=') {
            Some(("UUID", wanted)) => is(uuid, wanted),
            Some(("LABEL", wanted)) => is(label, wanted),
            Some(("PARTUUID", wanted)) => is(&volume.uuid, wanted),
            _ => volume.id.0.strip_prefix("lvm/").is_some_and(|lvm| lvm_names(lvm).iter().any(|known| known == name)),
        }
    }) || matches!(name, "none" | "noresume")
}

/// `/dev/mapper/group-volume` and `/dev/group/volume`.
fn lvm_names(lvm: &str) -> [String; 2] {
    let (group, volume) = lvm.split_once('/').unwrap_or((lvm, ""));
    let double = |name: &str| name.replace('-', "--");
    [format!("/dev/mapper/{}-{}", double(group), double(volume)), format!("/dev/{lvm}")]
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| entry_of(facts).cmdline = "root=UUID=1 resume=UUID=0000".into(),
        passes: |facts, _| entry_of(facts).cmdline = "resume=UUID=2A8FB91E-74d7-40af-bbc2-5b507b9f2dc6".into(),
        undecided: |facts, _| guest_of(facts).loader = Known::Absent,
    }

    #[test]
    fn logical_volumes_are_found_by_each_of_their_names() {
        for text in ["rd.lvm.lv=debvg/root", "resume=/dev/mapper/debvg-root", "resume=/dev/debvg/root"] {
            let mut facts = lvm();
            entry_of(&mut facts).cmdline = text.into();
            assert_eq!(RULE.judge(&facts, &Target::default()).word(), "PASSED", "{text}");
        }
        assert_eq!(lvm_names("my-vg/a-b")[0], "/dev/mapper/my--vg-a--b");
    }
}
