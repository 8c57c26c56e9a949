//! NetworkManager's profiles. nm-settings-keyfile(5). Files that others than root may read are ignored by it.

use super::{MAX_FILES, by_name};
use crate::accounts::is_private;
use crate::look::{Look, Outcome as _};
use crate::tree::Tree;
use facts::{Addressing, InterfaceMatch, Known, NetworkProfile, NetworkSource};
use syntax::ini::{last, parse};

/// Where they are; `/etc` must be private.
const DIRECTORIES: &[&str] = &["/etc/NetworkManager/system-connections", "/usr/lib/NetworkManager/system-connections"];

/// Profiles of Ethernet interfaces.
pub(super) fn profiles(tree: &Tree<'_>, used: &Known<bool>) -> Look<Vec<NetworkProfile>> {
    let mut profiles = Vec::new();
    for directory in DIRECTORIES {
        for name in tree.names(directory)?.iter().filter(|name| !name.starts_with('.')).take(MAX_FILES) {
            let path = format!("{directory}/{name}");
            let Some(file) = tree.read(&path).optional()? else { continue };
            let pairs = parse(&file.bytes);
            let get = |section: &str, key: &str| last(&pairs, section, key).map(|pair| pair.value.trim().to_owned());
            if get("connection", "type").is_some_and(|kind| kind != "ethernet" && kind != "802-3-ethernet") {
                continue;
            }
            let addresses: Vec<String> = pairs
                .iter()
                .filter(|pair| matches!(pair.section.as_str(), "ipv4" | "ipv6") && pair.key.starts_with("address"))
                .map(|pair| pair.value.split(',').next().unwrap_or_default().trim().to_owned())
                .collect();
            let mac = get("ethernet", "mac-address").or_else(|| get("802-3-ethernet", "mac-address"));
            let interface = match (mac, get("connection", "interface-name")) {
                (Some(mac), _) => InterfaceMatch::Mac(mac),
                (None, Some(name)) => by_name(&name),
                (None, None) => InterfaceMatch::Any,
            };
            let method = last(&pairs, "ipv4", "method");
            let addressing = match method.map(|pair| pair.value.trim()) {
                None | Some("auto") => Addressing::Dhcp,
                Some("manual") => Addressing::Static,
                Some(_) => Addressing::None,
            };
            let evidence = method.map_or(file.evidence.clone(), |pair| {
                file.evidence.clone().at_line(pair.line).saying(format!("method={}", pair.value))
            });
            profiles.push(NetworkProfile {
                source: NetworkSource::NetworkManager,
                interface,
                addressing: Known::Is(addressing),
                on_boot: Known::Is(get("connection", "autoconnect").as_deref() != Some("false")),
                addresses,
                used: if is_private(tree, &path) == Known::Is(false) { Known::Is(false) } else { used.clone() },
                evidence,
            });
        }
    }
    Ok(profiles)
}
