//! WIN- rules: a Windows Server 2019 on NTFS, made anew for each disk with other settings and files.
//!
//! Nothing on it is Microsoft's: programs are the headers of programs, and the registry has what is asked for. It does
//! not start; what rules say of it is what they say of one that does.

mod boot;
mod disk;
mod edit;
mod program;
mod registry;
mod system;

use super::case::{Base, Case, Recipe, SOUND, Words};
use crate::Result;
use crate::scratch::Disk;
use edit::Edit::{File, NoFile, NoKey, NoValue, Set};
use edit::{BCD, SAM, SOFTWARE, SYSTEM};
use registry::{bytes, key, list, number, text};
use std::path::Path;

pub(super) use edit::Edit;

/// What starts the disk: an MBR with an active partition, or a GPT with an EFI system partition.
#[derive(Clone, Copy, Debug)]
pub(super) enum Firmware {
    Bios,
    Uefi,
}

/// A system: firmware, and changes of the sound one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Windows {
    firmware: Firmware,
    edits: &'static [Edit],
}

impl Windows {
    /// Writes its disk.
    pub(super) fn make(self, path: &Path) -> Result<()> {
        disk::make(path, self.firmware, self.edits)
    }
}

/// A system by BIOS.
const fn bios(edits: &'static [Edit]) -> Recipe {
    Recipe { base: Base::Windows(Windows { firmware: Firmware::Bios, edits }), ..SOUND }
}

/// A system by UEFI.
const fn uefi(edits: &'static [Edit]) -> Recipe {
    Recipe { base: Base::Windows(Windows { firmware: Firmware::Uefi, edits }), ..SOUND }
}

/// The sound system by BIOS, and a changed one.
const fn with(rule: &'static str, edits: &'static [Edit]) -> Case {
    Case { rule, passing: bios(&[]), failing: bios(edits) }
}

/// The same by UEFI.
const fn with_uefi(rule: &'static str, edits: &'static [Edit]) -> Case {
    Case { rule, passing: uefi(&[]), failing: uefi(edits) }
}

/// The sound system by BIOS, and one whose disk is changed.
const fn broken(rule: &'static str, change: fn(&mut Disk) -> Result<()>) -> Case {
    Case { rule, passing: bios(&[]), failing: Recipe { change, ..bios(&[]) } }
}

const NVME: Words = &["--nvme-support", "supported"];

/// What component servicing leaves of an update that was interrupted, of one that does harm, and of one with SHA-2.
const INTERRUPTED: &str = r"Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootInProgress";
const HARMFUL: &str =
    r"Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages\Package_for_KB5009557~31bf~amd64~~1.1";
const SHA2: &str =
    r"Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages\Package_for_KB4474419~31bf~amd64~~1.1";

/// Windows Server 2008 R2. Nothing ties viostor to the disk of an instance, so that it is not known to be fit.
const R2: [Edit; 9] = [
    Set(SOFTWARE, text(system::VERSION, "ProductName", "Windows Server 2008 R2 Standard")),
    Set(SOFTWARE, text(system::VERSION, "CurrentVersion", "6.1")),
    Set(SOFTWARE, text(system::VERSION, "CurrentBuildNumber", "7601")),
    Set(SOFTWARE, text(system::VERSION, "CSDVersion", "Service Pack 1")),
    NoValue(SOFTWARE, system::VERSION, "CurrentMajorVersionNumber"),
    NoValue(SOFTWARE, system::VERSION, "CurrentMinorVersionNumber"),
    NoValue(SOFTWARE, system::VERSION, "UBR"),
    NoKey(SYSTEM, r"ControlSet001\Services\stornvme"),
    NoKey(SYSTEM, "DriverDatabase"),
];

/// The same with the update.
const R2_WITH_UPDATE: [Edit; R2.len() + 1] = {
    let mut edits = [Set(SOFTWARE, number(SHA2, "CurrentState", 0x70)); R2.len() + 1];
    let mut index = 0;
    while index < R2.len() {
        edits[index] = R2[index];
        index += 1;
    }
    edits
};

pub(super) static ALL: &[Case] = &[
    with("WIN-ADMIN", &[Set(SAM, bytes(system::ADMINISTRATOR, "F", &system::DISABLED))]),
    // Of a domain controller, which has no accounts in SAM.
    with(
        "WIN-BADKB",
        &[
            Set(SYSTEM, text(system::PRODUCT, "ProductType", "LanmanNT")),
            Set(SOFTWARE, number(HARMFUL, "CurrentState", 0x70)),
        ],
    ),
    with(
        "WIN-BCD",
        &[
            Set(BCD, bytes(boot::LOADER_DEVICE, "Element", &boot::ELSEWHERE_ON_MBR)),
            Set(BCD, bytes(boot::SYSTEM_DEVICE, "Element", &boot::ELSEWHERE_ON_MBR)),
        ],
    ),
    with_uefi(
        "WIN-BCD",
        &[
            Set(BCD, bytes(boot::LOADER_DEVICE, "Element", &boot::ELSEWHERE_ON_GPT)),
            Set(BCD, bytes(boot::SYSTEM_DEVICE, "Element", &boot::ELSEWHERE_ON_GPT)),
        ],
    ),
    broken("WIN-BITLOCKER", |disk| disk.overwrite(disk.root(), b"\xEB\x58\x90-FVE-FS-")),
    with("WIN-BOOTDRV-MISSING", &[NoFile("C:/Windows/System32/drivers/volmgr.sys")]),
    with("WIN-BOOTMGR", &[NoFile("S:/bootmgr")]),
    with_uefi("WIN-BOOTMGR", &[NoFile("S:/EFI/BOOT/BOOTX64.EFI")]),
    with(
        "WIN-DEVINSTALL",
        &[Set(SYSTEM, number(r"ControlSet001\Services\DeviceInstall\Parameters", "DeviceInstallDisabled", 1))],
    ),
    with(
        "WIN-DHCP",
        &[
            Set(SYSTEM, number(system::CARD, "EnableDHCP", 0)),
            Set(SYSTEM, list(system::CARD, "IPAddress", &["192.0.2.10"])),
        ],
    ),
    with("WIN-DISKFILTER", &[Set(SYSTEM, list(system::DISKS, "UpperFilters", &["partmgr", "removed"]))]),
    with("WIN-FIREWALL", &[NoKey(SYSTEM, system::FIREWALL_RULES)]),
    with("WIN-HIBER", &[File("C:/hiberfil.sys", b"HIBR and the memory of a machine")]),
    with("WIN-MOUNTEDDEVICES", &[Set(SYSTEM, bytes(boot::LETTERS, boot::C, &boot::SYSTEM_ON_MBR))]),
    // The partition ends a MiB before the volume does.
    broken("WIN-NTFS", |disk| {
        let short = u32::try_from(disk::WINDOWS_SECTORS - 2048)?;
        disk.overwrite(boot::WINDOWS_LENGTH, &short.to_le_bytes())
    }),
    Case {
        rule: "WIN-NVME",
        passing: Recipe { arguments: NVME, ..bios(&[]) },
        failing: Recipe {
            arguments: NVME,
            ..bios(&[Set(SYSTEM, number(r"ControlSet001\Services\stornvme\StartOverride", "0", 3))])
        },
    },
    with("WIN-OSLOADER", &[NoFile("C:/Windows/System32/winload.exe")]),
    with_uefi("WIN-OSLOADER", &[NoFile("C:/Windows/System32/winload.efi")]),
    // What is active cannot be started either: WIN-BOOTMGR and LNX-BOOT-BIOS say so too.
    broken("WIN-PARTITION", |disk| disk.overwrite(boot::ACTIVE, &[0])),
    with("WIN-RDP", &[Set(SYSTEM, number(system::REMOTE_DESKTOP, "fDenyTSConnections", 1))]),
    with("WIN-REGISTRY", &[NoFile("C:/Windows/System32/config/SECURITY")]),
    with(
        "WIN-SYSPREP",
        &[
            Set(SYSTEM, number("Setup", "SystemSetupInProgress", 1)),
            Set(SOFTWARE, text(system::IMAGE_STATE, "ImageState", "IMAGE_STATE_UNDEPLOYABLE")),
        ],
    ),
    with("WIN-UPDATE-PENDING", &[Set(SOFTWARE, key(INTERRUPTED))]),
    with(
        "WIN-VERSION",
        &[
            Set(SYSTEM, text(system::PRODUCT, "ProductType", "WinNT")),
            Set(SOFTWARE, text(system::VERSION, "ProductName", "Windows 10 Pro")),
            Set(SOFTWARE, text(system::VERSION, "EditionID", "Professional")),
            Set(SOFTWARE, text(system::VERSION, "InstallationType", "Client")),
        ],
    ),
    with("WIN-VIRTIO-NET", &[NoKey(SYSTEM, r"ControlSet001\Services\netkvm")]),
    with("WIN-VIRTIO-STOR", &[NoKey(SYSTEM, r"ControlSet001\Services\viostor")]),
    Case { rule: "WIN-2008R2-KB", passing: bios(&R2_WITH_UPDATE), failing: bios(&R2) },
    with("WIN-XEN", &[Set(SYSTEM, list(r"ControlSet001\Services\XenPCI\Parameters", "hide_devices", &["vbd"]))]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use edit::Contents;

    #[test]
    fn each_change_is_of_something_that_is_there() {
        for case in ALL {
            for recipe in [&case.passing, &case.failing] {
                let Base::Windows(windows) = recipe.base else { continue };
                let mut contents = Contents::new(windows.firmware);
                let sound = contents.hives();
                let files = windows.edits.iter().any(|edit| matches!(edit, File(..) | NoFile(_)));
                let changed = contents.change_all(windows.edits).map(|()| files || contents.hives() != sound);
                assert_eq!(changed.unwrap(), !windows.edits.is_empty(), "{}", case.rule);
                assert!(contents.files(windows.edits).is_ok(), "{}", case.rule);
            }
        }
    }

    #[test]
    fn what_is_not_there_cannot_be_removed() {
        for edit in [NoFile("C:/x"), NoKey(SYSTEM, "x"), NoValue(SYSTEM, "Select", "x"), Set("x", key("y"))] {
            let mut contents = Contents::new(Firmware::Bios);
            let done = contents.change_all(&[edit]).and_then(|()| contents.files(&[edit]));
            assert!(done.is_err(), "{edit:?}");
        }
    }
}
