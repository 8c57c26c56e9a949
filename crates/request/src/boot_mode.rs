//! `BootMode`: what the disk can do, and which of two it is to do (Instance boot modes, 2025).

use crate::origin::{Found, Origin};
use facts::{Evidence, Facts, Known, Role};
use preflight::{Instance, Request};

/// `BootMode` of a disk whose `Architecture` is sent as that.
pub(crate) fn boot_mode(facts: &Facts, architecture: Option<&str>, instance: &Instance, stated: &Request) -> Origin {
    let found = match architecture {
        Some("arm64") => Known::Is(Found::new("UEFI", "arm64 images start by UEFI only").at(&facts.boot.uefi.evidence)),
        _ => by_the_disk(facts, instance),
    };
    Origin::of("BootMode", stated.boot_mode.as_deref(), found)
}

fn by_the_disk(facts: &Facts, instance: &Instance) -> Known<Found> {
    let boot = &facts.boot;
    let bios = |why: &str| Found::new("BIOS", why).at(&boot.bios.evidence);
    let uefi = |why: &str| Found::new("UEFI", why).at(&boot.uefi.evidence);
    match (&boot.bios.can, &boot.uefi.can) {
        (Known::Is(true), Known::Is(true)) => Known::Is(match (instance.uefi, instance.bios) {
            (true, _) => uefi("the disk boots by BIOS and by UEFI, and the target starts by UEFI only").or("BIOS"),
            (_, true) => bios("the disk boots by BIOS and by UEFI, and the target starts by BIOS only").or("UEFI"),
            _ => bios("the disk boots by BIOS and by UEFI, and BIOS is what the import takes by default").or("UEFI"),
        }),
        (Known::Is(true), Known::Unknown(reason)) => {
            Known::Is(bios(&format!("the disk boots by BIOS; whether by UEFI too is not known ({})", reason.why)))
        }
        (Known::Unknown(reason), Known::Is(true)) => {
            Known::Is(uefi(&format!("the disk boots by UEFI; whether by BIOS too is not known ({})", reason.why)))
        }
        (Known::Is(true), _) => Known::Is(bios("the disk boots by BIOS, and not by UEFI")),
        (_, Known::Is(true)) => Known::Is(uefi("the disk boots by UEFI, and not by BIOS")),
        (Known::Unknown(reason), _) | (_, Known::Unknown(reason)) => Known::Unknown(reason.clone()),
        _ => Known::Is(by_the_layout(facts)),
    }
}

/// Of a disk that boots by nothing: what it is made for. That it does not boot is for the rules to say.
fn by_the_layout(facts: &Facts) -> Found {
    match facts.volumes.iter().find(|volume| volume.role.value() == Some(&Role::Esp)) {
        Some(esp) => {
            let why = "the disk boots by nothing, and has an EFI system partition: it is made for UEFI";
            Found::new("UEFI", why).at([&Evidence::volume(&esp.id, "EFI system partition")])
        }
        None => {
            let why = "the disk boots by nothing, and has no EFI system partition: it is made for BIOS";
            Found::new("BIOS", why).at(&facts.boot.uefi.missing)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;
    use facts::Volume;

    fn mode(bios: Known<bool>, uefi: Known<bool>, architecture: &str, target: &str) -> Origin {
        let mut facts = debian();
        facts.boot.bios.can = bios;
        facts.boot.uefi.can = uefi;
        let instance = if target.is_empty() { Instance::default() } else { target.parse().unwrap() };
        boot_mode(&facts, Some(architecture), &instance, &Request::default())
    }

    #[test]
    fn what_the_disk_can_do_decides() {
        let (yes, no) = (Known::Is(true), Known::Is(false));
        for (bios, uefi, architecture, target, expected) in [
            (&yes, &no, "x86_64", "", "BIOS"),
            (&no, &yes, "x86_64", "", "UEFI"),
            (&yes, &yes, "x86_64", "", "BIOS"),
            (&yes, &yes, "i386", "", "BIOS"),
            (&yes, &yes, "x86_64", "uefi", "UEFI"),
            (&yes, &yes, "x86_64", "bios", "BIOS"),
            (&yes, &no, "x86_64", "uefi", "BIOS"),
            (&no, &yes, "arm64", "", "UEFI"),
        ] {
            let origin = mode(bios.clone(), uefi.clone(), architecture, target);
            assert_eq!(origin.sent.as_deref(), Some(expected), "{bios:?} {uefi:?} {architecture} {target}");
            assert!(!origin.found.value().unwrap().why.is_empty());
        }
    }

    #[test]
    fn a_disk_that_boots_by_nothing_is_made_for_something() {
        let neither = mode(Known::Is(false), Known::Is(false), "x86_64", "");
        assert_eq!(neither.sent.as_deref(), Some("BIOS"));
        let mut facts = debian();
        facts.boot.bios.can = Known::Is(false);
        facts.volumes = vec![Volume { role: is(Role::Esp), ..Volume::default() }];
        let origin = boot_mode(&facts, Some("x86_64"), &Instance::default(), &Request::default());
        assert_eq!(origin.sent.as_deref(), Some("UEFI"));
        assert!(origin.found.value().unwrap().why.contains("boots by nothing"));
    }

    #[test]
    fn what_is_not_known_is_not_guessed() {
        let unknown = mode(Known::unknown("the ESP could not be read"), Known::Is(false), "x86_64", "");
        assert!(unknown.is_open());
        let half = mode(Known::Is(true), Known::unknown("the ESP could not be read"), "x86_64", "");
        assert!(half.found.value().unwrap().why.contains("the ESP could not be read"));
    }
}
