//! LNX-BOOT-DECLARED: the declared BootMode is one that the disk can do.

use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "LNX-BOOT-DECLARED",
    aliases: &["GUESTOS.BootMode"],
    title: "The declared BootMode fits the disk",
    severity: Severity::NoBoot,
    confidence: Confidence::Current,
    source: "Instance boot modes (2025): the declaration is not verified",
    docs: "\
# What it checks
Where a BootMode is declared, whether the disk boots that way.

# Why ECS needs it
The service believes the declaration, and starts instances with that firmware. A disk for the other one shows a black
screen or the UEFI shell.

# How to fix
Declare what the disk can do: `--boot-mode BIOS` or `--boot-mode UEFI`. A disk that can do both is best declared as
UEFI on newer instance types.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    system_disk(target)?;
    let Some(declared) = &target.request.boot_mode else {
        return Err(Undecided::skipped("no BootMode is declared"));
    };
    let (way, other, other_name) = match declared.to_ascii_uppercase().as_str() {
        "BIOS" => (&facts.boot.bios, &facts.boot.uefi, "UEFI"),
        "UEFI" => (&facts.boot.uefi, &facts.boot.bios, "BIOS"),
        _ => return Err(Undecided::skipped("that BootMode does not exist (see IMG-BOOTMODE)")),
    };
    if *present(&way.can, "not examined")? {
        return passed();
    }
    let remedy = match other.can.value() {
        Some(true) => format!("declare --boot-mode {other_name}, which this disk can do"),
        _ => format!("install a boot loader for {declared} in the source system"),
    };
    let finding = Finding::new(format!("BootMode is declared as {declared}, and the disk cannot boot by it"), remedy);
    Ok(vec![finding.at_all(&way.missing).at_all(&other.evidence)])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    cases! {
        fires: |_, target| target.request.boot_mode = Some("UEFI".into()),
        passes: |_, target| target.request.boot_mode = Some("BIOS".into()),
        undecided: |_, _| (),
    }

    #[test]
    fn the_other_way_is_named() {
        let found = findings(&RULE, |_, target| target.request.boot_mode = Some("UEFI".into()));
        assert!(found[0].remedy.contains("--boot-mode BIOS"));
    }
}
