//! systemd-networkd's `.network` files. systemd.network(5).

use super::{MAX_FILES, by_name};
use crate::look::{Look, Outcome as _};
use crate::tree::{File, Tree};
use facts::{Addressing, InterfaceMatch, Known, NetworkProfile, NetworkSource};
use syntax::ini::{Pair, last, parse};

/// Directories, those that come first hide files of the same name in later ones.
const DIRECTORIES: &[&str] = &["/etc/systemd/network", "/usr/lib/systemd/network", "/lib/systemd/network"];

/// Keys of `[Match]` that are never true of a virtual machine's Ethernet interface, as in the files that systemd ships.
const NOT_FOR_US: &[&str] = &["Virtualization", "Kind", "Driver", "WLANInterfaceType", "SSID", "Architecture", "Host"];

/// Profiles of Ethernet interfaces.
pub(super) fn profiles(tree: &Tree<'_>, used: &Known<bool>) -> Look<Vec<NetworkProfile>> {
    let mut seen = Vec::new();
    let mut profiles = Vec::new();
    for directory in DIRECTORIES {
        for name in tree.names(directory)?.into_iter().filter(|name| name.ends_with(".network")).take(MAX_FILES) {
            if seen.contains(&name) {
                continue;
            }
            let Some(file) = tree.read(&format!("{directory}/{name}")).optional()? else { continue };
            seen.push(name);
            profiles.extend(profile(&file, used));
        }
    }
    Ok(profiles)
}

fn profile(file: &File, used: &Known<bool>) -> Option<NetworkProfile> {
    let pairs = parse(&file.bytes);
    let get = |section: &str, key: &str| last(&pairs, section, key).map(|pair| pair.value.trim().to_owned());
    if NOT_FOR_US.iter().any(|key| get("Match", key).is_some()) {
        return None;
    }
    let name = get("Match", "Name");
    if get("Match", "Type").is_some_and(|kind| kind != "ether") || name.as_deref() == Some("lo") {
        return None;
    }
    let mac = get("Match", "MACAddress").or_else(|| get("Match", "PermanentMACAddress"));
    let interface = match (mac, name) {
        (Some(mac), _) => InterfaceMatch::Mac(mac),
        (None, Some(name)) => by_name(&name),
        (None, None) => InterfaceMatch::Any,
    };
    let is_address = |pair: &&Pair| {
        pair.key.eq_ignore_ascii_case("Address")
            && ["network", "address"].contains(&pair.section.to_ascii_lowercase().as_str())
    };
    let addresses: Vec<String> = pairs.iter().filter(is_address).map(|pair| pair.value.trim().to_owned()).collect();
    let dhcp = last(&pairs, "Network", "DHCP");
    let addressing = match dhcp.map(|pair| pair.value.trim().to_ascii_lowercase()).as_deref() {
        Some("yes" | "true" | "on" | "1" | "ipv4" | "v4" | "both") => Addressing::Dhcp,
        _ if addresses.iter().any(|address| !address.contains(':')) => Addressing::Static,
        _ => Addressing::None,
    };
    let evidence = dhcp.map_or(file.evidence.clone(), |pair| {
        file.evidence.clone().at_line(pair.line).saying(format!("DHCP={}", pair.value))
    });
    Some(NetworkProfile {
        source: NetworkSource::Networkd,
        interface,
        addressing: Known::Is(addressing),
        on_boot: Known::Is(get("Link", "ActivationPolicy").as_deref() != Some("manual")),
        addresses,
        used: used.clone(),
        evidence,
    })
}
