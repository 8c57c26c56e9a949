//! Network adapters.

use super::node::Node;
use super::registry::Registry;
use crate::look::{Gap, Look, Outcome as _, non_empty};
use facts::{Adapter, Known};

const INTERFACES: &str = r"Services\Tcpip\Parameters\Interfaces";
const CONNECTIONS: &str = r"Control\Network\{4D36E972-E325-11CE-BFC1-08002BE10318}";

/// Adapters with a configuration.
pub(super) fn examine(registry: &Registry) -> Look<Vec<Adapter>> {
    let adapters: Vec<_> = registry.current(INTERFACES)?.keys()?.iter().map(|key| adapter(registry, key)).collect();
    if adapters.is_empty() { Err(Gap::Absent) } else { Ok(adapters) }
}

fn adapter(registry: &Registry, key: &Node<'_>) -> Adapter {
    let name = registry.current(&format!(r"{CONNECTIONS}\{}\Connection", key.name()));
    Adapter {
        id: key.name().to_owned(),
        name: name.and_then(|key| key.text("Name")).map(|claim| claim.value).known(),
        dhcp: key.flag("EnableDHCP").map(|claim| claim.value).known(),
        addresses: addresses(key.list("IPAddress").map(|claim| claim.value)),
        name_servers: addresses(key.text("NameServer").map(|claim| words(&claim.value))),
        evidence: key.evidence(),
    }
}

fn words(text: &str) -> Vec<String> {
    text.split([',', ' ']).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The address 0.0.0.0 stands for none.
fn addresses(found: Look<Vec<String>>) -> Known<Vec<String>> {
    match found {
        Ok(list) => non_empty(list.into_iter().filter(|address| address != "0.0.0.0").collect()),
        Err(gap) => Err(gap).known(),
    }
}
