//! IMG-ISO: a system disk holds an installed system, not an installer or nothing.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "IMG-ISO",
    aliases: &["GUESTOS.SystemImage"],
    title: "A system disk holds an installed system",
    severity: Severity::Reject,
    confidence: Confidence::Current,
    source: "Import custom images; Check and repair custom images, item SystemImage (2025)",
    docs: "\
# What it checks
Whether the image is an installer ISO, also one renamed to .raw (such files have a partition table and ISO 9660), or a
disk without an operating system.

# Why ECS needs it
An ISO and an empty disk are no system images: the console refuses ISO files, and what gets past it never boots.

# How to fix
Install the system from the ISO into an empty disk, on any hypervisor, and import that disk. For a disk that only
holds data, say so: `--disk data`.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let iso = |name: &str| name.starts_with("iso");
    let format = format(facts)?;
    if iso(format) || facts.image.also_looks_like.iter().any(|name| iso(name)) {
        let remedy = "install the system from it into an empty disk, and import that disk";
        return Ok(vec![
            Finding::new("the image is an ISO, an installation medium", remedy).at(file(facts, "ISO 9660")),
        ]);
    }
    system_disk(target)?;
    let disk = present(&facts.disk, "there is no disk in the image")?;
    if disk.empty.value() == Some(&true) {
        let remedy = "find out why nothing was written to it; for an empty data disk say --disk data";
        return Ok(vec![Finding::new("the disk is empty: all of it reads as zeros", remedy).at(file(facts, "zeros"))]);
    }
    if known(&facts.guest)?.is_some() {
        return passed();
    }
    match (&facts.boot.bios.can, &facts.boot.uefi.can) {
        (Known::Is(false), Known::Is(false)) => {
            let remedy = "import a disk with an installed system; for a disk that only holds data say --disk data";
            let finding = Finding::new("no operating system, and nothing that firmware would start", remedy)
                .at_all(&facts.boot.bios.missing)
                .at_all(&facts.boot.uefi.missing)
                .at(file(facts, "no root filesystem of a known system"));
            Ok(vec![finding.only(Severity::NoBoot)])
        }
        _ => Err(Undecided::unknown("the system on this disk is none that this program knows")),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |facts, _| facts.image.also_looks_like = vec!["iso".into()],
        passes: |_, _| (),
        undecided: |facts, _| facts.guest = Known::unknown("the root filesystem could not be read"),
    }

    #[test]
    fn without_a_system_it_never_passes() {
        let bootable: Change = |facts, _| facts.guest = Known::Absent;
        assert_eq!(judge(&RULE, bootable).word(), "UNKNOWN");
        let dead = findings(&RULE, |facts, _| {
            facts.guest = Known::Absent;
            facts.boot.bios.can = is(false);
        });
        assert_eq!(dead[0].severity, Severity::NoBoot);
        let empty = findings(&RULE, |facts, _| of(&mut facts.disk).empty = is(true));
        assert!(empty[0].message.contains("zeros"));
    }
}
