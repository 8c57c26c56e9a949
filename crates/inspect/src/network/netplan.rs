//! `/etc/netplan/*.yaml`: later files, by name, add to and replace keys of earlier ones. netplan.io reference.

use super::{MAX_FILES, by_name};
use crate::look::{Gap, Look, Outcome as _};
use crate::tree::Tree;
use facts::{Addressing, Evidence, InterfaceMatch, Known, NetworkProfile, NetworkSource};
use std::collections::BTreeMap;
use syntax::yaml::{Node, Value};

/// Directories, those that come first hide files of the same name in later ones.
const DIRECTORIES: &[&str] = &["/etc/netplan", "/usr/lib/netplan", "/lib/netplan"];

/// What is known of one interface after all files.
#[derive(Default)]
struct Merged {
    interface: Option<InterfaceMatch>,
    dhcp4: Option<bool>,
    addresses: Vec<String>,
    evidence: Evidence,
}

/// Profiles of Ethernet interfaces.
pub(super) fn profiles(tree: &Tree<'_>, used: &Known<bool>) -> Look<Vec<NetworkProfile>> {
    let mut merged: BTreeMap<String, Merged> = BTreeMap::new();
    for path in files(tree)? {
        let Some(file) = tree.read(&path).optional()? else { continue };
        let node = syntax::yaml::parse(&file.bytes).map_err(|why| Gap::unknown(format!("{path}: {why}")))?;
        let Some(ethernets) = node.get("network").and_then(|network| network.get("ethernets")) else { continue };
        let Value::Map(pairs) = &ethernets.value else { continue };
        for (id, settings) in pairs.iter().take(MAX_FILES) {
            merge(merged.entry(id.clone()).or_default(), settings, &file.evidence);
        }
    }
    Ok(merged.into_iter().map(|(id, settings)| profile(&id, settings, used)).collect())
}

fn files(tree: &Tree<'_>) -> Look<Vec<String>> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for directory in DIRECTORIES {
        for name in tree.names(directory)?.into_iter().filter(|name| name.ends_with(".yaml")).take(MAX_FILES) {
            let path = format!("{directory}/{name}");
            files.entry(name).or_insert(path);
        }
    }
    Ok(files.into_values().collect())
}

fn merge(merged: &mut Merged, settings: &Node, file: &Evidence) {
    if let Some(matching) = settings.get("match") {
        let text = |key: &str| matching.get(key).and_then(Node::text);
        merged.interface = Some(match (text("macaddress"), text("name")) {
            (Some(mac), _) => InterfaceMatch::Mac(mac.to_owned()),
            (None, Some(name)) => by_name(name),
            (None, None) => InterfaceMatch::Any,
        });
    }
    let mut line = settings.line;
    if let Some(node) = settings.get("dhcp4") {
        merged.dhcp4 = node.truth();
        line = node.line;
    }
    if let Some(node) = settings.get("addresses") {
        merged.addresses = node.items().iter().filter_map(|item| address(item)).collect();
    }
    merged.evidence = file.clone().at_line(line);
}

/// An address, or the one with options: a mapping with the address as its key.
fn address(node: &Node) -> Option<String> {
    match &node.value {
        Value::Map(pairs) => pairs.first().map(|(address, _)| address.clone()),
        _ => node.text().map(str::to_owned),
    }
}

fn profile(id: &str, settings: Merged, used: &Known<bool>) -> NetworkProfile {
    let addressing = match settings.dhcp4 {
        Some(true) => Addressing::Dhcp,
        _ if settings.addresses.iter().any(|address| !address.contains(':')) => Addressing::Static,
        _ => Addressing::None,
    };
    NetworkProfile {
        source: NetworkSource::Netplan,
        interface: settings.interface.unwrap_or_else(|| by_name(id)),
        addressing: Known::Is(addressing),
        on_boot: Known::Is(true),
        addresses: settings.addresses,
        used: used.clone(),
        evidence: settings.evidence,
    }
}
