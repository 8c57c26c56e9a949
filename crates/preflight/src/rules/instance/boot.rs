//! INS-BOOT: the instances start by a firmware by which the disk boots.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "INS-BOOT",
    aliases: &[],
    title: "The instances start by a firmware by which the disk boots",
    severity: Severity::NoBoot,
    confidence: Confidence::Current,
    source: "Instance boot modes (2025)",
    docs: "\
# What it checks
Where `--target` names instances that start by one firmware only (`uefi`, `bios`, a family of Arm processors), whether
the disk boots by it.

# Why ECS needs it
An instance that starts by UEFI only does not start an image whose BootMode is BIOS, and the other way round.

# How to fix
Install a boot loader for that firmware in the source system, or choose instances that start by both.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    system_disk(target)?;
    let (name, way) = match (target.instance.uefi, target.instance.bios) {
        (true, _) => ("UEFI", &facts.boot.uefi),
        (_, true) => ("BIOS", &facts.boot.bios),
        _ => return Err(Undecided::skipped("--target names no firmware")),
    };
    if *present(&way.can, "not examined")? {
        return passed();
    }
    let family = target.instance.family.as_deref().unwrap_or("the target");
    let message = format!("{family} starts by {name} only, and the disk cannot boot by it");
    let remedy = format!("install a boot loader for {name} in the source system, or choose other instances");
    let places =
        if way.missing.is_empty() { vec![Evidence::words(format!("no {name} boot path"))] } else { Vec::new() };
    Ok(vec![Finding::new(message, remedy).at_all(&way.missing).at_all(&places)])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |_, target| target.instance = "uefi".parse().unwrap(),
        passes: |_, target| target.instance = "bios".parse().unwrap(),
        undecided: |facts, target| {
            target.instance = "uefi".parse().unwrap();
            facts.boot.uefi.can = Known::unknown("the ESP could not be read");
        },
    }
}
