//! `/etc/network/interfaces`, with what it sources. interfaces(5).

use super::{MAX_FILES, by_name};
use crate::glob;
use crate::look::{Gap, Look, Outcome as _};
use crate::tree::Tree;
use facts::{Addressing, Evidence, InterfaceMatch, Known, NetworkProfile, NetworkSource};
use syntax::interfaces::Interface;

/// All `iface` stanzas of the files that were read, and the names that are brought up.
#[derive(Default)]
struct Stanzas {
    interfaces: Vec<(Interface, Evidence)>,
    on_boot: Vec<String>,
    files: usize,
}

/// Profiles other than loopback.
pub(super) fn profiles(tree: &Tree<'_>, used: &Known<bool>) -> Look<Vec<NetworkProfile>> {
    let mut stanzas = Stanzas::default();
    read(tree, "/etc/network/interfaces", &mut stanzas)?;
    let Stanzas { interfaces, on_boot, .. } = stanzas;
    let mut profiles: Vec<NetworkProfile> = Vec::new();
    for (interface, evidence) in interfaces {
        if interface.method == "loopback" || interface.name == "lo" || interface.name.contains(':') {
            continue;
        }
        let addresses = addresses(&interface);
        // The IPv6 stanza of an interface adds addresses to its IPv4 one.
        let same = profiles.iter_mut().find(|profile| profile.interface == by_name(&interface.name));
        if interface.family == "inet6"
            && let Some(profile) = same
        {
            profile.addresses.extend(addresses);
            continue;
        }
        profiles.push(profile(&interface, addresses, &on_boot, used, evidence));
    }
    Ok(profiles)
}

fn profile(
    interface: &Interface,
    addresses: Vec<String>,
    on_boot: &[String],
    used: &Known<bool>,
    file: Evidence,
) -> NetworkProfile {
    let option = |name: &str| interface.options.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    // `hwaddress` sets an address, it does not look for one; `match` by MAC is a thing of pattern stanzas only.
    let interface_match = match option("match-mac") {
        Some(mac) => InterfaceMatch::Mac(mac),
        None => by_name(&interface.name),
    };
    let addressing = match (interface.family.as_str(), interface.method.as_str()) {
        ("inet", "dhcp" | "bootp") => Addressing::Dhcp,
        ("inet", "static") => Addressing::Static,
        _ => Addressing::None,
    };
    let fits = |pattern: &String| glob::matches(pattern.as_bytes(), interface.name.as_bytes());
    NetworkProfile {
        source: NetworkSource::Interfaces,
        interface: interface_match,
        addressing: Known::Is(addressing),
        on_boot: Known::Is(on_boot.iter().any(fits)),
        addresses,
        used: used.clone(),
        evidence: file
            .at_line(interface.line)
            .saying(format!("iface {} {} {}", interface.name, interface.family, interface.method)),
    }
}

fn addresses(interface: &Interface) -> Vec<String> {
    let found = interface.options.iter().filter(|(key, _)| key == "address");
    found.map(|(_, value)| value.trim().to_owned()).collect()
}

fn read(tree: &Tree<'_>, path: &str, stanzas: &mut Stanzas) -> Look<()> {
    stanzas.files += 1;
    if stanzas.files > MAX_FILES {
        return Err(Gap::unknown(format!("{path}: more than {MAX_FILES} files are sourced")));
    }
    let Some(file) = tree.read(path).optional()? else { return Ok(()) };
    let parsed = syntax::interfaces::parse(&file.bytes);
    stanzas.on_boot.extend(parsed.on_boot);
    stanzas.interfaces.extend(parsed.interfaces.into_iter().map(|interface| (interface, file.evidence.clone())));
    for pattern in parsed.sources {
        let pattern = if pattern.starts_with('/') { pattern } else { format!("/etc/network/{pattern}") };
        for path in glob::expand(tree, &pattern)? {
            read(tree, &path, stanzas)?;
        }
    }
    Ok(())
}

/// Whether the file sources what lies in the directory for pieces of it.
pub(super) fn reads_drop_ins(tree: &Tree<'_>) -> Look<bool> {
    let file = tree.read("/etc/network/interfaces")?;
    let sources = syntax::interfaces::parse(&file.bytes).sources;
    let names = ["/etc/network/interfaces.d", "interfaces.d"];
    Ok(sources.iter().any(|pattern| names.iter().any(|name| pattern.starts_with(name))))
}
