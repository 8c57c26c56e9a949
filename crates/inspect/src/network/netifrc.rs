//! Gentoo's `/etc/conf.d/net`, read by netifrc for each `net.NAME` service. Gentoo handbook, "Network configuration".

use super::by_name;
use crate::look::{Look, Outcome as _};
use crate::services::Services;
use crate::tree::Tree;
use facts::{Addressing, Known, NetworkProfile, NetworkSource};

/// Profiles, one a `config_NAME`. An interface without a line that is brought up gets its address by DHCP.
pub(super) fn profiles(tree: &Tree<'_>, services: &Services<'_, '_>) -> Look<Vec<NetworkProfile>> {
    let Some(file) = tree.read("/etc/conf.d/net").optional()? else { return Ok(Vec::new()) };
    let values = syntax::shell::assignments(&file.bytes);
    let mut profiles = Vec::new();
    for value in &values {
        let Some(name) = value.key.strip_prefix("config_").filter(|name| *name != "lo") else { continue };
        let words: Vec<&str> = value.value.split_whitespace().collect();
        let dhcp = words.iter().any(|word| *word == "dhcp" || *word == "dhcpcd");
        let addresses: Vec<String> = words
            .iter()
            .filter(|word| word.starts_with(|c: char| c.is_ascii_digit()))
            .map(|word| (*word).to_owned())
            .collect();
        let starts = services.starts(&[&format!("net.{name}")]).map(|shown| shown.is_some()).known();
        profiles.push(NetworkProfile {
            source: NetworkSource::Netifrc,
            interface: by_name(name),
            addressing: Known::Is(match (dhcp, addresses.is_empty()) {
                (true, _) => Addressing::Dhcp,
                (_, false) => Addressing::Static,
                _ => Addressing::None,
            }),
            on_boot: starts.clone(),
            used: starts,
            addresses,
            evidence: file.evidence.clone().at_line(value.line).saying(format!("{}={}", value.key, value.value)),
        });
    }
    Ok(profiles)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::linux;

    #[test]
    fn one_line_an_interface() {
        let found = linux(&[
            ("/sbin/init", ""),
            ("/etc/runlevels/default/net.eth0", "-> /etc/init.d/net.eth0"),
            ("/etc/conf.d/net", "config_eth0=\"dhcp\"\nconfig_eth1=\"192.0.2.9/24\"\nconfig_lo=\"127.0.0.1/8\"\n"),
        ]);
        let profiles = found.network.profiles.value().unwrap();
        assert_eq!(profiles.len(), 2);
        assert_eq!((&profiles[0].addressing, &profiles[0].used), (&Known::Is(Addressing::Dhcp), &Known::Is(true)));
        assert_eq!(
            (&profiles[1].addressing, &profiles[1].on_boot),
            (&Known::Is(Addressing::Static), &Known::Is(false))
        );
    }
}
