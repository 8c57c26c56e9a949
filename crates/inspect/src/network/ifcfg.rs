//! `ifcfg-*` files: of the Red Hat family (initscripts, sysconfig.txt) and of SUSE (ifcfg(5), wicked).

use super::{MAX_FILES, by_name};
use crate::look::{Look, Outcome as _};
use crate::tree::Tree;
use facts::{Addressing, InterfaceMatch, Known, NetworkProfile, NetworkSource};
use syntax::shell::{Assignment, assignments, last};

/// Endings of copies that nothing reads.
const COPIES: &[&str] = &["~", ".bak", ".old", ".orig", ".rpmnew", ".rpmorig", ".rpmsave", ".cfsaved", ".dpkg-old"];

/// Profiles in `/etc/sysconfig/network-scripts`.
pub(super) fn red_hat(tree: &Tree<'_>, used: &Known<bool>) -> Look<Vec<NetworkProfile>> {
    read(tree, "/etc/sysconfig/network-scripts", |name, values| {
        let get = |key: &str| last(values, key).map(|found| found.value.trim().to_owned());
        let mac = get("HWADDR").filter(|mac| !mac.is_empty());
        NetworkProfile {
            source: NetworkSource::Ifcfg,
            interface: mac
                .map_or_else(|| by_name(&get("DEVICE").unwrap_or_else(|| name.to_owned())), InterfaceMatch::Mac),
            addressing: Known::Is(addressing(get("BOOTPROTO").as_deref(), !addresses(values).is_empty())),
            // Initscripts bring an interface up unless told otherwise.
            on_boot: Known::Is(get("ONBOOT").is_none_or(|value| !value.eq_ignore_ascii_case("no"))),
            addresses: addresses(values),
            used: used.clone(),
            ..NetworkProfile::default()
        }
    })
}

/// Profiles in `/etc/sysconfig/network`.
pub(super) fn suse(tree: &Tree<'_>, used: &Known<bool>) -> Look<Vec<NetworkProfile>> {
    read(tree, "/etc/sysconfig/network", |name, values| {
        let get = |key: &str| last(values, key).map(|found| found.value.trim().to_ascii_lowercase());
        let mac = get("LLADDR").filter(|mac| !mac.is_empty());
        let mac = mac.or_else(|| name.strip_prefix("eth-id-").map(str::to_owned));
        let on_boot = get("STARTMODE")
            .is_some_and(|mode| ["auto", "boot", "onboot", "hotplug", "nfsroot"].contains(&mode.as_str()));
        NetworkProfile {
            source: NetworkSource::Wicked,
            interface: mac.map_or_else(|| by_name(name), InterfaceMatch::Mac),
            addressing: Known::Is(addressing(get("BOOTPROTO").as_deref(), !addresses(values).is_empty())),
            on_boot: Known::Is(on_boot),
            addresses: addresses(values),
            used: used.clone(),
            ..NetworkProfile::default()
        }
    })
}

fn read(
    tree: &Tree<'_>,
    directory: &str,
    profile: impl Fn(&str, &[Assignment]) -> NetworkProfile,
) -> Look<Vec<NetworkProfile>> {
    let mut profiles = Vec::new();
    for file_name in tree.names(directory)?.iter().take(MAX_FILES) {
        let Some(name) = file_name.strip_prefix("ifcfg-") else { continue };
        // SUSE once named files by hardware address.
        let alias = name.contains(':') && !name.starts_with("eth-id-");
        if name == "lo" || alias || COPIES.iter().any(|ending| name.ends_with(ending)) {
            continue;
        }
        let Some(file) = tree.read(&format!("{directory}/{file_name}")).optional()? else { continue };
        let values = assignments(&file.bytes);
        let line = last(&values, "BOOTPROTO").or_else(|| last(&values, "IPADDR"));
        let evidence = match line {
            Some(found) => file.evidence.at_line(found.line).saying(format!("{}={}", found.key, found.value)),
            None => file.evidence,
        };
        profiles.push(NetworkProfile { evidence, ..profile(name, &values) });
    }
    Ok(profiles)
}

fn addressing(protocol: Option<&str>, has_address: bool) -> Addressing {
    match protocol.map(str::to_ascii_lowercase).as_deref() {
        Some("dhcp" | "bootp" | "dhcp4" | "dhcp+autoip" | "auto") => Addressing::Dhcp,
        Some("static") => Addressing::Static,
        _ if has_address => Addressing::Static,
        _ => Addressing::None,
    }
}

/// `IPADDR`, `IPADDR0`, `IPADDR_1`, `IPV6ADDR`.
fn addresses(values: &[Assignment]) -> Vec<String> {
    let is_address = |key: &str| {
        key.strip_prefix("IPADDR").is_some_and(|rest| rest.trim_start_matches('_').bytes().all(|b| b.is_ascii_digit()))
            || key == "IPV6ADDR"
    };
    let found = values.iter().filter(|value| is_address(&value.key) && !value.value.trim().is_empty());
    found.map(|value| value.value.trim().to_owned()).collect()
}
