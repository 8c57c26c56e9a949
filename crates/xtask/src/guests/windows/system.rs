//! The sound system: Windows Server 2019 for x86-64, as far as rules look at it.

use super::program::{X86_64, program};
use super::registry::{Row, bytes, key, list, number, text};

/// Any program.
const PROGRAM: &[u8] = &program(X86_64);

/// A driver of the kernel that finds its device by the driver database.
macro_rules! driver {
    ($name:literal, $start:literal, $group:literal, $device:literal, $inf:literal) => {
        [
            number(concat!(r"ControlSet001\Services\", $name), "Type", 1),
            number(concat!(r"ControlSet001\Services\", $name), "Start", $start),
            number(concat!(r"ControlSet001\Services\", $name), "ErrorControl", 1),
            text(concat!(r"ControlSet001\Services\", $name), "Group", $group),
            text(
                concat!(r"ControlSet001\Services\", $name),
                "ImagePath",
                concat!(r"\SystemRoot\System32\drivers\", $name, ".sys"),
            ),
            bytes(concat!(r"DriverDatabase\DeviceIds\PCI\", $device), $inf, &[1, 255, 0, 0]),
            text(concat!(r"DriverDatabase\DriverInfFiles\", $inf), "Active", concat!($name, ".inf_amd64_0")),
            text(
                concat!(r"DriverDatabase\DriverPackages\", $name, r".inf_amd64_0\Configurations\install"),
                "Service",
                $name,
            ),
        ]
    };
}

/// The drivers for the devices of ECS.
pub(super) static DRIVERS: [[Row; 8]; 5] = [
    driver!("viostor", 0, "SCSI miniport", "VEN_1AF4&DEV_1001&SUBSYS_00021AF4&REV_00", "oem0.inf"),
    driver!("netkvm", 3, "NDIS", "VEN_1AF4&DEV_1000&SUBSYS_00011AF4&REV_00", "oem1.inf"),
    driver!("balloon", 3, "Extended Base", "VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00", "oem2.inf"),
    driver!("vioser", 3, "Extended Base", "VEN_1AF4&DEV_1003&SUBSYS_00031AF4&REV_00", "oem3.inf"),
    driver!("stornvme", 0, "SCSI miniport", "CC_010802", "stornvme.inf"),
];

pub(super) const DISKS: &str = r"ControlSet001\Control\Class\{4d36e967-e325-11ce-bfc1-08002be10318}";
pub(super) const CARD: &str =
    r"ControlSet001\Services\Tcpip\Parameters\Interfaces\{b0070000-0000-0000-0000-000000000002}";
const PARTMGR: &str = r"ControlSet001\Services\partmgr";
const VOLMGR: &str = r"ControlSet001\Services\volmgr";
pub(super) const FIREWALL_RULES: &str = r"ControlSet001\Services\SharedAccess\Parameters\FirewallPolicy\FirewallRules";
pub(super) const REMOTE_DESKTOP: &str = r"ControlSet001\Control\Terminal Server";
pub(super) const PRODUCT: &str = r"ControlSet001\Control\ProductOptions";

pub(super) static SYSTEM: &[Row] = &[
    number("Select", "Current", 1),
    number("Select", "Default", 1),
    number("Select", "LastKnownGood", 1),
    number("Setup", "SystemSetupInProgress", 0),
    number("Setup", "OOBEInProgress", 0),
    number("Setup", "SetupType", 0),
    text(PRODUCT, "ProductType", "ServerNT"),
    text(r"ControlSet001\Control\ComputerName\ComputerName", "ComputerName", "WIN-BASE"),
    text(r"ControlSet001\Control\Session Manager\Environment", "PROCESSOR_ARCHITECTURE", "AMD64"),
    list(r"ControlSet001\Control\Session Manager\Memory Management", "PagingFiles", &[r"C:\pagefile.sys 0 0"]),
    number(r"ControlSet001\Control\Session Manager\Power", "HiberbootEnabled", 0),
    number(r"ControlSet001\Control\CrashControl", "AutoReboot", 1),
    number(r"ControlSet001\Control\TimeZoneInformation", "RealTimeIsUniversal", 1),
    number(REMOTE_DESKTOP, "fDenyTSConnections", 0),
    number(r"ControlSet001\Control\Terminal Server\WinStations\RDP-Tcp", "PortNumber", 3389),
    number(r"ControlSet001\Control\Terminal Server\WinStations\RDP-Tcp", "UserAuthentication", 1),
    number(r"ControlSet001\Services\TermService", "Type", 32),
    number(r"ControlSet001\Services\TermService", "Start", 3),
    text(r"ControlSet001\Services\TermService", "ImagePath", r"C:\Windows\System32\svchost.exe -k termsvcs"),
    list(DISKS, "UpperFilters", &["partmgr"]),
    number(PARTMGR, "Type", 1),
    number(PARTMGR, "Start", 0),
    number(PARTMGR, "ErrorControl", 3),
    text(PARTMGR, "ImagePath", r"System32\drivers\partmgr.sys"),
    number(r"ControlSet001\Services\partmgr\Parameters", "SanPolicy", 1),
    number(VOLMGR, "Type", 1),
    number(VOLMGR, "Start", 0),
    number(VOLMGR, "ErrorControl", 3),
    text(VOLMGR, "ImagePath", r"System32\drivers\volmgr.sys"),
    text(
        r"ControlSet001\Control\Network\{4D36E972-E325-11CE-BFC1-08002BE10318}\{b0070000-0000-0000-0000-000000000002}\Connection",
        "Name",
        "Ethernet",
    ),
    text(r"ControlSet001\Services\Tcpip\Parameters", "Hostname", "WIN-BASE"),
    number(CARD, "EnableDHCP", 1),
    number(r"ControlSet001\Services\SharedAccess\Parameters\FirewallPolicy\PublicProfile", "EnableFirewall", 1),
    number(r"ControlSet001\Services\SharedAccess\Parameters\FirewallPolicy\StandardProfile", "EnableFirewall", 1),
    text(
        FIREWALL_RULES,
        "RemoteDesktop-UserMode-In-TCP",
        "v2.28|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=3389|App=System|",
    ),
    number(r"ControlSet001\Services\vminit", "Type", 16),
    number(r"ControlSet001\Services\vminit", "Start", 2),
    text(r"ControlSet001\Services\vminit", "ImagePath", r"C:\ProgramData\aliyun\vminit\vminit.exe"),
    number(r"ControlSet001\Services\AliyunService", "Type", 16),
    number(r"ControlSet001\Services\AliyunService", "Start", 2),
    text(r"ControlSet001\Services\AliyunService", "ImagePath", r"C:\ProgramData\aliyun\assist\aliyun-service.exe"),
];

pub(super) const VERSION: &str = r"Microsoft\Windows NT\CurrentVersion";
pub(super) const IMAGE_STATE: &str = r"Microsoft\Windows\CurrentVersion\Setup\State";

pub(super) static SOFTWARE: &[Row] = &[
    text(VERSION, "ProductName", "Windows Server 2019 Standard"),
    text(VERSION, "CurrentVersion", "6.3"),
    number(VERSION, "CurrentMajorVersionNumber", 10),
    number(VERSION, "CurrentMinorVersionNumber", 0),
    text(VERSION, "CurrentBuildNumber", "17763"),
    number(VERSION, "UBR", 5122),
    text(VERSION, "EditionID", "ServerStandard"),
    text(VERSION, "InstallationType", "Server"),
    text(VERSION, "SystemRoot", r"C:\Windows"),
    text(IMAGE_STATE, "ImageState", "IMAGE_STATE_COMPLETE"),
];

/// The record of an account, of which the flags are at 0x38: a normal account whose password does not expire.
const ENABLED: [u8; 80] = record(0x10);

/// The same, disabled.
pub(super) const DISABLED: [u8; 80] = record(0x11);

const fn record(flags: u8) -> [u8; 80] {
    let mut record = [0; 80];
    record[0] = 3;
    record[0x30] = 0xF4;
    record[0x31] = 1;
    record[0x38] = flags;
    record[0x39] = 2;
    record
}

pub(super) const ADMINISTRATOR: &str = r"SAM\Domains\Account\Users\000001F4";

pub(super) static SAM: &[Row] = &[bytes(ADMINISTRATOR, "F", &ENABLED)];

pub(super) static SECURITY: &[Row] = &[key("Policy")];

pub(super) static DEFAULT: &[Row] = &[key(r"Control Panel\Desktop")];

/// Files on the volume of Windows and on the system partition, whatever the firmware.
pub(super) static FILES: &[(&str, &[u8])] = &[
    ("C:/Program Files/desktop.ini", b"a stand-in\r\n"),
    ("C:/ProgramData/aliyun/assist/aliyun-service.exe", PROGRAM),
    ("C:/ProgramData/aliyun/vminit/vminit.exe", PROGRAM),
    ("C:/Users/Public/Desktop/desktop.ini", b"a stand-in\r\n"),
    ("C:/Windows/System32/cmd.exe", PROGRAM),
    ("C:/Windows/System32/csrss.exe", PROGRAM),
    ("C:/Windows/System32/hal.dll", PROGRAM),
    ("C:/Windows/System32/kernel32.dll", PROGRAM),
    ("C:/Windows/System32/ntdll.dll", PROGRAM),
    ("C:/Windows/System32/ntoskrnl.exe", PROGRAM),
    ("C:/Windows/System32/smss.exe", PROGRAM),
    ("C:/Windows/System32/svchost.exe", PROGRAM),
    ("C:/Windows/System32/winload.efi", PROGRAM),
    ("C:/Windows/System32/winload.exe", PROGRAM),
    ("C:/Windows/System32/drivers/partmgr.sys", PROGRAM),
    ("C:/Windows/System32/drivers/volmgr.sys", PROGRAM),
    ("C:/Windows/System32/drivers/balloon.sys", PROGRAM),
    ("C:/Windows/System32/drivers/netkvm.sys", PROGRAM),
    ("C:/Windows/System32/drivers/stornvme.sys", PROGRAM),
    ("C:/Windows/System32/drivers/vioser.sys", PROGRAM),
    ("C:/Windows/System32/drivers/viostor.sys", PROGRAM),
    ("C:/Windows/System32/DriverStore/FileRepository/balloon.inf_amd64_0/balloon.sys", PROGRAM),
    ("C:/Windows/System32/DriverStore/FileRepository/netkvm.inf_amd64_0/netkvm.sys", PROGRAM),
    ("C:/Windows/System32/DriverStore/FileRepository/vioser.inf_amd64_0/vioser.sys", PROGRAM),
    ("C:/Windows/System32/DriverStore/FileRepository/viostor.inf_amd64_0/viostor.sys", PROGRAM),
];

/// Files that BIOS needs, on the system partition.
pub(super) static BIOS_FILES: &[(&str, &[u8])] = &[("S:/bootmgr", PROGRAM)];

/// Files that UEFI needs, on the system partition.
pub(super) static UEFI_FILES: &[(&str, &[u8])] =
    &[("S:/EFI/BOOT/BOOTX64.EFI", PROGRAM), ("S:/EFI/Microsoft/Boot/bootmgfw.efi", PROGRAM)];
