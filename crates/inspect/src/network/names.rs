//! Names of interfaces: rules that tie them to hardware, and the scheme by which the kernel and udev name them.
//! systemd.net-naming-scheme(7), udev(7).

use crate::guest::Context;
use crate::look::{Look, Outcome as _};
use crate::services::{Init, Services};
use crate::tree::Tree;
use facts::Evidence;

/// Most lines that are reported.
const MAX_LINES: usize = 32;

/// Rules and `.link` files that name an interface by its hardware address.
pub(super) fn persistent(tree: &Tree<'_>) -> Look<Vec<Evidence>> {
    let mut found = Vec::new();
    for name in tree.names("/etc/udev/rules.d")? {
        if !name.ends_with(".rules") || !name.contains("net") {
            continue;
        }
        let Some(file) = tree.read(&format!("/etc/udev/rules.d/{name}")).optional()? else { continue };
        for (line, text) in (1..).zip(String::from_utf8_lossy(&file.bytes).lines()) {
            let by_address = text.contains("ATTR{address}==")
                || text.contains("SYSFS{address}==")
                || text.contains("ATTRS{address}==");
            if by_address && text.contains("NAME=") && !text.trim_start().starts_with('#') && found.len() < MAX_LINES {
                found.push(file.evidence.clone().at_line(line).saying(text.trim()));
            }
        }
    }
    for name in tree.names("/etc/systemd/network")? {
        if !name.ends_with(".link") {
            continue;
        }
        let Some(file) = tree.read(&format!("/etc/systemd/network/{name}")).optional()? else { continue };
        let pairs = syntax::ini::parse(&file.bytes);
        let address =
            ["MACAddress", "PermanentMACAddress"].iter().find_map(|key| syntax::ini::last(&pairs, "Match", key));
        if let Some(pair) = address
            && syntax::ini::last(&pairs, "Link", "Name").is_some()
            && found.len() < MAX_LINES
        {
            found.push(file.evidence.at_line(pair.line).saying(format!("{}={}", pair.key, pair.value)));
        }
    }
    Ok(found)
}

/// Whether interfaces are called `eth0`: told so, or older than any other scheme.
pub(super) fn old(context: &Context<'_>, services: &Services<'_, '_>) -> Look<bool> {
    if let Some(cmdline) = context.cmdline().optional()?
        && syntax::cmdline::last(cmdline, "net.ifnames").as_deref() == Some("0")
    {
        return Ok(true);
    }
    let masked = [
        "/etc/udev/rules.d/80-net-setup-link.rules",
        "/etc/udev/rules.d/80-net-name-slot.rules",
        "/etc/systemd/network/99-default.link",
    ];
    for path in masked {
        if context.tree().link(path).optional()?.as_deref() == Some("/dev/null") {
            return Ok(true);
        }
    }
    Ok(!matches!(services.init.clone().optional()?, Some(Init::Systemd) | None))
}
