//! Remote desktop and Windows Firewall.

use super::registry::Registry;
use super::services::Services;
use crate::look::{Gap, Look, Outcome as _};
use facts::{Claim, FirewallRule, RemoteDesktop, ServiceStart, WindowsFirewall};

const TERMINAL_SERVER: &str = r"Control\Terminal Server";
const POLICY: &str = r"Policies\Microsoft\Windows NT\Terminal Services";
const FIREWALL: &str = r"Services\SharedAccess\Parameters\FirewallPolicy";
const FIREWALL_POLICY: &str = r"Policies\Microsoft\WindowsFirewall";

/// Port of remote desktop where none is set.
const DEFAULT_PORT: u32 = 3389;

pub(super) fn desktop(services: &Services<'_>) -> RemoteDesktop {
    let registry = services.registry;
    let listener = registry.current(&format!(r"{TERMINAL_SERVER}\WinStations\RDP-Tcp"));
    let service = services.get("TermService").and_then(|service| {
        let start = service.start.value().ok_or_else(|| Gap::unknown("TermService has no Start"))?;
        Ok(Claim::new(*start != ServiceStart::Disabled, service.evidence.saying(format!("Start = {}", *start as u8))))
    });
    RemoteDesktop {
        allowed: denied(registry).map(|claim| Claim { value: !claim.value, evidence: claim.evidence }).known(),
        port: listener.as_ref().map_err(Clone::clone).and_then(|key| key.number("PortNumber")).known(),
        network_level_authentication: listener.and_then(|key| key.flag("UserAuthentication")).known(),
        service: service.known(),
    }
}

/// A policy wins over the setting.
fn denied(registry: &Registry) -> Look<Claim<bool>> {
    let policy = registry.software(POLICY).and_then(|key| key.flag("fDenyTSConnections"));
    match policy {
        Err(Gap::Absent) => registry.current(TERMINAL_SERVER)?.flag("fDenyTSConnections"),
        found => found,
    }
}

pub(super) fn firewall(registry: &Registry, port: Option<u32>) -> WindowsFirewall {
    WindowsFirewall {
        domain: profile(registry, &["DomainProfile"]).known(),
        private: profile(registry, &["StandardProfile", "PrivateProfile"]).known(),
        public: profile(registry, &["PublicProfile"]).known(),
        remote_desktop: rules(registry, port.unwrap_or(DEFAULT_PORT)).known(),
    }
}

/// Whether it is on in a profile, which policies may call by another name.
fn profile(registry: &Registry, names: &[&str]) -> Look<Claim<bool>> {
    let policy = crate::look::first(names, |name| {
        registry.software(&format!(r"{FIREWALL_POLICY}\{name}"))?.flag("EnableFirewall")
    });
    match policy {
        Err(Gap::Absent) => {
            crate::look::first(names, |name| registry.current(&format!(r"{FIREWALL}\{name}"))?.flag("EnableFirewall"))
        }
        found => found,
    }
}

/// The active rules about remote desktop, of the system and of policies.
fn rules(registry: &Registry, port: u32) -> Look<Vec<FirewallRule>> {
    let mut rules = Vec::new();
    let system = registry.current(&format!(r"{FIREWALL}\FirewallRules"));
    let policy = registry.software(&format!(r"{FIREWALL_POLICY}\FirewallRules"));
    for key in [system, policy] {
        let Some(key) = key.optional()? else { continue };
        for value in key.values()? {
            if let Some(parsed) = value.text().and_then(|text| rule(&value.name, text, port)) {
                rules.push(FirewallRule { evidence: key.saying(&value.name), ..parsed });
            }
        }
    }
    rules.extend(open_ports(registry, port)?);
    if rules.is_empty() { Err(Gap::Absent) } else { Ok(rules) }
}

/// `v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Public|LPort=3389|…`; none if it is not about the port.
fn rule(name: &str, text: &str, port: u32) -> Option<FirewallRule> {
    let fields: Vec<(&str, &str)> = text.split('|').filter_map(|field| field.split_once('=')).collect();
    let has = |key: &str, value: &str| {
        fields.iter().any(|(k, v)| k.eq_ignore_ascii_case(key) && v.eq_ignore_ascii_case(value))
    };
    let all =
        |key: &str| fields.iter().filter(|(k, _)| k.eq_ignore_ascii_case(key)).map(|(_, v)| (*v).to_owned()).collect();
    if !has("Active", "TRUE") || !has("Dir", "In") {
        return None;
    }
    let ports: Vec<String> = all("LPort");
    // A rule for programs of all ports is no rule about this one.
    if !has("Protocol", "6") || !ports.iter().any(|text| covers(text, port)) {
        return None;
    }
    let allows = has("Action", "Allow");
    Some(FirewallRule { name: name.to_owned(), allows, profiles: all("Profile"), ..FirewallRule::default() })
}

/// Whether a port is among `3389`, `80,3389` or `3000-4000`.
fn covers(ports: &str, port: u32) -> bool {
    ports.split(',').any(|part| match part.trim().split_once('-') {
        Some((low, high)) => {
            let bounds = low.parse().ok().zip(high.parse().ok());
            bounds.is_some_and(|(low, high): (u32, u32)| (low..=high).contains(&port))
        }
        None => part.trim().parse() == Ok(port),
    })
}

/// Before Vista, ports are opened one by one: `3389:TCP:*:Enabled:…`.
fn open_ports(registry: &Registry, port: u32) -> Look<Vec<FirewallRule>> {
    let key = registry.current(&format!(r"{FIREWALL}\StandardProfile\GloballyOpenPorts\List"));
    let Some(key) = key.optional()? else { return Ok(Vec::new()) };
    let start = format!("{port}:TCP");
    let values = key.values()?.into_iter().filter(|value| value.name.eq_ignore_ascii_case(&start));
    let enabled = values.filter(|value| {
        value.text().is_some_and(|text| text.split(':').any(|field| field.eq_ignore_ascii_case("Enabled")))
    });
    let rule = |value: hive::Value| FirewallRule {
        evidence: key.saying(&value.name),
        name: value.name,
        allows: true,
        profiles: vec!["Private".into()],
    };
    Ok(enabled.map(rule).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_about_remote_desktop() {
        let of = |name: &str, text: &str| rule(name, text, 3389).map(|rule| (rule.allows, rule.profiles));
        let inbox =
            "v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Domain|Profile=Private|LPort=3389|App=System|";
        let profiles = vec!["Domain".to_owned(), "Private".to_owned()];
        assert_eq!(of("RemoteDesktop-UserMode-In-TCP", inbox), Some((true, profiles)));
        assert_eq!(of("x", &inbox.replace("TRUE", "FALSE")), None);
        assert!(!of("x", &inbox.replace("Allow", "Block")).unwrap().0);
        assert_eq!(of("x", &inbox.replace("3389", "80")), None);
        assert!(of("x", &inbox.replace("3389", "3000-4000")).is_some());
        assert_eq!(of("x", &inbox.replace("Protocol=6", "Protocol=17")), None);
    }
}
