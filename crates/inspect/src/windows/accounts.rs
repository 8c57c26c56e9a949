//! The administrator's account, and where passwords lie.

use super::registry::Registry;
use crate::look::{Gap, Look, Outcome as _};
use crate::tree::Tree;
use facts::{Account, Evidence, Known};

/// The built-in administrator's number in every Windows.
const ADMINISTRATOR: u32 = 500;
const USERS: &str = r"SAM\Domains\Account\Users";

/// Where the flags of an account are in its record `F`, and the one of accounts that are disabled.
const FLAGS: usize = 0x38;
const DISABLED: u8 = 1;

/// Answer files: as often as not with a password in them.
const ANSWER_FILES: &[&str] = &[
    "/unattend.xml",
    "/autounattend.xml",
    "/sysprep/sysprep.inf",
    "%/Panther/unattend.xml",
    "%/Panther/Unattend/unattend.xml",
    "%/System32/Sysprep/unattend.xml",
    "%/System32/Sysprep/Panther/unattend.xml",
    "%/System32/Sysprep/sysprep.xml",
];

/// Longest answer file that is searched.
const MAX_ANSWERS: u64 = 4 << 20;

/// The built-in administrator.
pub(super) fn administrator(registry: &Registry) -> Look<Account> {
    let key = registry.sam(&format!(r"{USERS}\{ADMINISTRATOR:08X}"))?;
    let record = key.value("F")?;
    let flags = record.bytes().and_then(|record| record.get(FLAGS).copied());
    Ok(Account {
        name: name(registry).known(),
        disabled: flags
            .map_or_else(|| Known::unknown("its record is cut off"), |flags| Known::Is(flags & DISABLED != 0)),
        evidence: key.evidence(),
    })
}

/// Names are keys of which the default value has the account's number for a type.
fn name(registry: &Registry) -> Look<String> {
    for key in registry.sam(&format!(r"{USERS}\Names"))?.keys()? {
        if key.value("").optional()?.is_some_and(|value| value.kind == ADMINISTRATOR) {
            return Ok(key.name().to_owned());
        }
    }
    Err(Gap::unknown("no name has its number"))
}

/// Where passwords lie. Nothing of them is kept.
pub(super) fn secrets(registry: &Registry, tree: &Tree<'_>, system_root: &str) -> Look<Vec<Evidence>> {
    let mut found = Vec::new();
    let logon = registry.software(r"Microsoft\Windows NT\CurrentVersion\Winlogon").optional()?;
    if let Some(key) = logon
        && key.text("DefaultPassword").found()?
    {
        found.push(key.saying("DefaultPassword is set"));
    }
    for path in ANSWER_FILES {
        let path = path.replacen('%', system_root, 1);
        match tree.read_up_to(&path, MAX_ANSWERS) {
            Ok(file) if names_password(&file.bytes) => found.push(file.evidence.saying("it has a password in it")),
            Ok(_) | Err(Gap::Absent) => {}
            Err(gap) => return Err(gap),
        }
    }
    if found.is_empty() { Err(Gap::Absent) } else { Ok(found) }
}

/// Whether an answer file has an element or a setting for a password.
fn names_password(bytes: &[u8]) -> bool {
    // In UTF-16 every other byte of these words is zero.
    let plain: Vec<u8> = bytes.iter().filter(|byte| **byte != 0).map(u8::to_ascii_lowercase).collect();
    let has = |word: &str| plain.windows(word.len()).any(|window| window == word.as_bytes());
    has("<password>") || has("<administratorpassword>") || has("adminpassword=") && !has("adminpassword=*")
}

/// `desktop.ini` files of the desktop and the start menu of all users.
pub(super) fn desktop_ini(tree: &Tree<'_>) -> Look<Vec<String>> {
    const PLACES: &[&str] = &[
        "/Users/Public/Desktop/desktop.ini",
        "/Users/Public/desktop.ini",
        "/ProgramData/Microsoft/Windows/Start Menu/desktop.ini",
        "/ProgramData/Microsoft/Windows/Start Menu/Programs/desktop.ini",
    ];
    let mut found = Vec::new();
    for path in PLACES {
        if tree.find(path).found()? {
            found.push((*path).to_owned());
        }
    }
    if found.is_empty() { Err(Gap::Absent) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_files() {
        assert!(names_password(b"<AutoLogon><Password><Value>x</Value></Password>"));
        let wide: Vec<u8> = "<Password>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(names_password(&wide));
        assert!(names_password(b"[GuiUnattended]\r\nAdminPassword=secret\r\n"));
        assert!(!names_password(b"[GuiUnattended]\r\nAdminPassword=*\r\n"));
        assert!(!names_password(b"<ComputerName>*</ComputerName>"));
    }
}
