//! Owners and modes that sshd insists on: with others it does not start, or does not take a key. sshd(8), `StrictModes`.

use crate::look::{Look, Outcome as _};
use crate::tree::{Found, Tree};
use facts::Evidence;

/// The empty directory that it locks itself into; the name differs by distribution. It is made at boot where it is
/// below `/run`.
const EMPTY: &[&str] = &["/var/empty/sshd", "/usr/share/empty.sshd", "/var/empty", "/var/lib/empty", "/run/sshd"];

/// What of root's a login by key goes through.
const ROOTS: &[&str] = &["/root", "/root/.ssh", "/root/.ssh/authorized_keys"];

/// Mode bits by which group or others may write.
const WRITABLE: u32 = 0o022;

/// Files with a wrong owner or mode.
pub(super) fn wrong(tree: &Tree<'_>) -> Look<Vec<Evidence>> {
    let mut found = Vec::new();
    for name in tree.names("/etc/ssh")? {
        if name.starts_with("ssh_host_") && name.ends_with("_key") {
            let path = format!("/etc/ssh/{name}");
            judge(tree, &path, |file| is_key_private(tree, file), &mut found)?;
        }
    }
    for path in EMPTY.iter().chain(ROOTS) {
        judge(tree, path, |file| Ok(file.metadata.mode & WRITABLE == 0), &mut found)?;
    }
    Ok(found)
}

fn judge(tree: &Tree<'_>, path: &str, is_right: impl Fn(&Found) -> Look<bool>, found: &mut Vec<Evidence>) -> Look<()> {
    let Some(file) = tree.find(path).optional()? else { return Ok(()) };
    if file.metadata.uid != 0 || !is_right(&file)? {
        let text = format!("owner {}, mode {:04o}", file.metadata.uid, file.metadata.mode & 0o7777);
        found.push(Evidence::file(&file.volume, path).saying(text));
    }
    Ok(())
}

/// Nobody but root may read a host key; the Red Hat family lets the group `ssh_keys` read it.
fn is_key_private(tree: &Tree<'_>, file: &Found) -> Look<bool> {
    match file.metadata.mode & 0o077 {
        0 => Ok(true),
        0o040 => Ok(group(tree, "ssh_keys")? == Some(file.metadata.gid)),
        _ => Ok(false),
    }
}

fn group(tree: &Tree<'_>, name: &str) -> Look<Option<u32>> {
    let Some(file) = tree.read("/etc/group").optional()? else { return Ok(None) };
    let text = String::from_utf8_lossy(&file.bytes);
    let mut lines = text.lines().map(|line| line.split(':'));
    Ok(lines.find_map(|mut fields| if fields.next() == Some(name) { fields.nth(1)?.parse().ok() } else { None }))
}
