//! wicked's own configuration, `/etc/wicked/ifconfig/*.xml`: wicked-ifconfig(5).
//!
//! Only the elements that decide are looked for, as text: a name, `ipv4:dhcp`, `ipv4:static` with its addresses.

use super::{MAX_FILES, by_name};
use crate::look::{Look, Outcome as _};
use crate::tree::Tree;
use facts::{Addressing, InterfaceMatch, Known, NetworkProfile, NetworkSource};

/// Where the files are.
const DIRECTORY: &str = "/etc/wicked/ifconfig";

/// Profiles in its files, one an `<interface>`.
pub(super) fn profiles(tree: &Tree<'_>, used: &Known<bool>) -> Look<Vec<NetworkProfile>> {
    let mut profiles = Vec::new();
    for name in tree.names(DIRECTORY)?.into_iter().filter(|name| name.ends_with(".xml")).take(MAX_FILES) {
        let Some(file) = tree.read(&format!("{DIRECTORY}/{name}")).optional()? else { continue };
        let text = String::from_utf8_lossy(&file.bytes).into_owned();
        for interface in text.split("<interface").skip(1).take(MAX_FILES) {
            let interface = interface.split("</interface>").next().unwrap_or_default();
            if inner(interface, "name") != Some("lo") {
                let evidence = file.evidence.clone();
                profiles.push(NetworkProfile { used: used.clone(), evidence, ..profile(interface) });
            }
        }
    }
    Ok(profiles)
}

fn profile(interface: &str) -> NetworkProfile {
    let name = inner(interface, "name").unwrap_or_default();
    let is_enabled = |element: &str| {
        let found = inner(interface, element);
        found.is_some_and(|inside| inner(inside, "enabled").is_none_or(|value| value == "true"))
    };
    let addresses = inner(interface, "ipv4:static").into_iter().flat_map(|inside| inside.split("<local>").skip(1));
    let addresses: Vec<String> =
        addresses.filter_map(|rest| rest.split('<').next()).map(|text| text.trim().to_owned()).collect();
    NetworkProfile {
        source: NetworkSource::Wicked,
        interface: match inner(interface, "permanent-address") {
            Some(mac) => InterfaceMatch::Mac(mac.to_owned()),
            None => by_name(name),
        },
        addressing: Known::Is(match (is_enabled("ipv4:dhcp"), addresses.is_empty()) {
            (true, _) => Addressing::Dhcp,
            (_, false) => Addressing::Static,
            _ => Addressing::None,
        }),
        on_boot: Known::Is(inner(interface, "mode") != Some("manual")),
        addresses,
        ..NetworkProfile::default()
    }
}

/// What stands in the first element of that name.
fn inner<'t>(text: &'t str, element: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(&format!("<{element}>"))?;
    Some(rest.split_once(&format!("</{element}>"))?.0.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::linux;

    #[test]
    fn elements_that_decide() {
        let text = "<interface>\n <name>eth0</name>\n <ipv4:dhcp><enabled>true</enabled></ipv4:dhcp>\n</interface>\n\
                    <interface><name>eth1</name><ipv4:static><address><local>192.0.2.1/24</local></address></ipv4:static>\
                    </interface>\n<interface><name>lo</name></interface>";
        let found = linux(&[("/etc/wicked/ifconfig/all.xml", text)]);
        let profiles = found.network.profiles.value().unwrap();
        assert_eq!(profiles.len(), 2);
        assert_eq!(profiles[0].addressing, Known::Is(Addressing::Dhcp));
        assert_eq!(profiles[0].interface, InterfaceMatch::Name("eth0".into()));
        assert_eq!(profiles[1].addresses, ["192.0.2.1/24"]);
        assert_eq!(profiles[1].addressing, Known::Is(Addressing::Static));
        assert_eq!(inner("<a>1", "a"), None);
    }
}
