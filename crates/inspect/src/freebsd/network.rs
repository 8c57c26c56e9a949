//! Interfaces: `ifconfig_*` of `rc.conf`.

use super::conf::{self, Conf};
use crate::look::{Gap, Look, Outcome as _};
use facts::{Addressing, Claim, InterfaceMatch, Known, NetworkProfile, NetworkSource};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// Interfaces that are listed.
const MAX_INTERFACES: usize = 256;
/// The scripts that read them.
const SERVICES: &[&str] = &["network", "netif"];
/// Endings of variables that are not an interface's own addresses of IPv4.
const BESIDE: &[&str] = &["_ipv6", "_aliases", "_name", "_descr", "_ipx"];

/// One profile an interface, by name. `DEFAULT` is for those that have none of their own.
pub(super) fn interfaces(rc: &Look<Conf>) -> Look<Vec<NetworkProfile>> {
    let conf = rc.as_ref().map_err(Gap::clone)?;
    let names: BTreeSet<&str> = conf.sets.iter().filter_map(|set| set.key.strip_prefix("ifconfig_")).collect();
    let own = |name: &&str| {
        let numbered = name.rsplit_once("_alias").is_some_and(|(_, tail)| tail.bytes().all(|b| b.is_ascii_digit()));
        !name.is_empty() && !name.starts_with("lo0") && !numbered && !BESIDE.iter().any(|end| name.ends_with(end))
    };
    names.into_iter().filter(own).take(MAX_INTERFACES).map(|name| profile(conf, name)).collect()
}

/// `defaultrouter`; `NO` stands for none.
pub(super) fn default_router(rc: &Look<Conf>) -> Look<Claim<String>> {
    let router = conf::get(rc, &["routing"], "defaultrouter")?;
    let none = router.value.is_empty() || router.value.eq_ignore_ascii_case("NO");
    if none { Err(Gap::Absent) } else { Ok(router) }
}

fn profile(conf: &Conf, name: &str) -> Look<NetworkProfile> {
    let value = conf.get(SERVICES, &format!("ifconfig_{name}"));
    let text = value.as_ref().map(|claim| claim.value.clone()).unwrap_or_default();
    let words: Vec<&str> = text.split_whitespace().collect();
    let says = |options: &[&str]| words.iter().any(|word| options.iter().any(|o| word.eq_ignore_ascii_case(o)));
    let addresses = addresses(&words);
    let addressing = if says(&["DHCP", "SYNCDHCP", "NOSYNCDHCP"]) {
        Addressing::Dhcp
    } else if addresses.is_empty() {
        Addressing::None
    } else {
        Addressing::Static
    };
    Ok(NetworkProfile {
        source: NetworkSource::RcConf,
        interface: if name == "DEFAULT" { InterfaceMatch::Any } else { InterfaceMatch::Name(name.to_owned()) },
        addressing: value.clone().map(|_| addressing).known(),
        on_boot: value.clone().map(|_| !says(&["NOAUTO"])).known(),
        addresses,
        used: Known::Is(true),
        evidence: value.ok().and_then(|claim| claim.evidence.into_iter().next()).unwrap_or_default(),
    })
}

/// `inet 192.0.2.1/24` or `192.0.2.1 netmask 255.255.255.0`, but not what follows other words.
fn addresses(words: &[&str]) -> Vec<String> {
    let address = |word: &str| word.split('/').next().is_some_and(|word| word.parse::<Ipv4Addr>().is_ok());
    let starts = words
        .iter()
        .enumerate()
        .filter(|(index, word)| address(word) && (*index == 0 || words[index - 1].eq_ignore_ascii_case("inet")));
    starts.map(|(_, word)| (*word).to_owned()).collect()
}
