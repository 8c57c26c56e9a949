//! WIN-OSLOADER: the loader, the kernel and the HAL are there.

use super::bcd::VISTA;
use crate::rules::linux::boot_bios::{Way, wanted};
use crate::rules::prelude::*;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "WIN-OSLOADER",
    aliases: &[],
    title: "The loader, the kernel and the HAL are there",
    severity: Severity::NoBoot,
    confidence: Confidence::Current,
    source: "Repair of custom images, item OSLoader (SDK model 7.11.8)",
    docs: "\
# What it checks
Whether ntoskrnl.exe, hal.dll and the loader for the firmware (winload.exe by BIOS, winload.efi by UEFI; from Vista
on) are in System32, and are programs.

# Why ECS needs it
The boot manager loads them before anything else of Windows. Without one of them the start ends with 0xc000000f or
0xc0000001.

# How to fix
In the recovery environment: `sfc /scannow /offbootdir=C:\\ /offwindir=C:\\Windows`, or copy the file from the same
build.
",
    check,
};

fn check(facts: &Facts, target: &Target) -> Judged {
    let (guest, windows) = windows(facts, target)?;
    let loader = match wanted(facts, target) {
        _ if windows_build(windows)? < VISTA => None,
        Way::Bios => Some("winload.exe"),
        Way::Uefi => Some("winload.efi"),
    };
    let mut tally = Tally::default();
    for name in ["ntoskrnl.exe", "hal.dll"].into_iter().chain(loader) {
        let Some(file) = windows.system_files.get(name) else {
            tally.doubt(format!("{name} was not looked for"));
            continue;
        };
        let what = match file {
            Known::Absent => "is not there",
            Known::Is(program) if program.size == 0 => "is empty",
            Known::Is(program) if program.architecture.is_absent() => "is not a program",
            _ => {
                tally.value(file);
                continue;
            }
        };
        let path = format!("{}/System32/{name}", windows.system_root);
        let remedy = "restore it from the same build: sfc /scannow /offbootdir=C:\\ /offwindir=C:\\Windows";
        tally.fail(Finding::new(format!("{path} {what}"), remedy).at(Evidence::file(&guest.root, path)));
    }
    tally.done()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::*;

    fn file<'a>(facts: &'a mut Facts, name: &str) -> &'a mut Known<Program> {
        windows_of(facts).system_files.get_mut(name).expect("a file that is looked for")
    }

    cases! {
        fires: |facts, _| *file(facts, "winload.exe") = Known::Absent,
        passes: |facts, _| *file(facts, "winload.efi") = Known::Absent,
        undecided: |facts, _| *file(facts, "hal.dll") = Known::unknown("the index is damaged"),
    }

    #[test]
    fn an_empty_file_is_no_kernel_and_a_compressed_one_is() {
        assert_eq!(findings(&RULE, |facts, _| of(file(facts, "ntoskrnl.exe")).size = 0).len(), 1);
        assert_eq!(findings(&RULE, |facts, _| of(file(facts, "ntoskrnl.exe")).architecture = Known::Absent).len(), 1);
        let compressed = |facts: &mut Facts, _: &mut Target| {
            of(file(facts, "ntoskrnl.exe")).architecture = Known::unknown("it is compressed");
        };
        assert!(findings(&RULE, compressed).is_empty());
    }
}
