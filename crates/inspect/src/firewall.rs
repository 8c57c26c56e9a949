//! Packet filters that start at boot, and whether they let SSH in as far as their files tell.

use crate::look::{Gap, Look, Outcome as _, first};
use crate::services::Services;
use crate::tree::{File, Tree};
use facts::{Evidence, Firewall};

/// Packet filters. Absent: none starts.
pub(crate) fn examine(tree: &Tree<'_>, services: &Services<'_, '_>) -> Look<Vec<Firewall>> {
    let mut found = Vec::new();
    type Reads = fn(&Tree<'_>) -> Look<(bool, File)>;
    let kinds: &[(&str, &[&str], Reads)] = &[
        ("firewalld", &["firewalld.service"], firewalld),
        ("ufw", &["ufw.service"], ufw),
        ("iptables", &["iptables.service", "netfilter-persistent.service"], iptables),
        ("nftables", &["nftables.service"], nftables),
        ("SuSEfirewall2", &["SuSEfirewall2.service", "SuSEfirewall2_setup"], suse),
    ];
    for (name, units, read) in kinds {
        let Some(shown) = services.starts(units)? else { continue };
        let rules = read(tree);
        // ufw is started and does nothing until it is switched on; the others do nothing without rules.
        if matches!(&rules, Err(Gap::Absent)) && *name != "firewalld" {
            continue;
        }
        let evidence: Vec<Evidence> =
            [shown].into_iter().chain(rules.as_ref().ok().map(|(_, file)| file.evidence.clone())).collect();
        found.push(Firewall {
            name: (*name).to_owned(),
            allows_ssh: rules.map(|(allows, _)| allows).known(),
            evidence,
        });
    }
    if found.is_empty() { Err(Gap::Absent) } else { Ok(found) }
}

fn text(file: &File) -> String {
    String::from_utf8_lossy(&file.bytes).into_owned()
}

fn firewalld(tree: &Tree<'_>) -> Look<(bool, File)> {
    let config = tree.read("/etc/firewalld/firewalld.conf").optional()?;
    let values = config.map(|file| syntax::shell::assignments(&file.bytes)).unwrap_or_default();
    let zone = syntax::shell::last(&values, "DefaultZone").map_or("public", |found| found.value.as_str());
    if zone.contains('/') {
        return Err(Gap::unknown("the default zone's name is no name"));
    }
    let places = ["/etc/firewalld/zones", "/usr/lib/firewalld/zones"];
    let file = first(places, |place| tree.read(&format!("{place}/{zone}.xml")))
        .map_err(|_| Gap::unknown(format!("the default zone {zone} could not be read")))?;
    let text = text(&file).replace('\'', "\"");
    let port = text.contains("port=\"22\"");
    Ok((text.contains("service name=\"ssh\"") || port || text.contains("target=\"ACCEPT\""), file))
}

fn ufw(tree: &Tree<'_>) -> Look<(bool, File)> {
    let config = tree.read("/etc/ufw/ufw.conf")?;
    let values = syntax::shell::assignments(&config.bytes);
    if syntax::shell::last(&values, "ENABLED").is_none_or(|found| !found.value.eq_ignore_ascii_case("yes")) {
        return Err(Gap::Absent);
    }
    let file = first(["/etc/ufw/user.rules", "/lib/ufw/user.rules"], |path| tree.read(path))
        .map_err(|_| Gap::unknown("its rules could not be read"))?;
    let defaults = tree.read("/etc/default/ufw").optional()?;
    let defaults = defaults.map(|file| syntax::shell::assignments(&file.bytes)).unwrap_or_default();
    let accepts = syntax::shell::last(&defaults, "DEFAULT_INPUT_POLICY").is_some_and(|found| found.value == "ACCEPT");
    let allows = text(&file).lines().any(|line| line.starts_with("-A") && opens_ssh(line));
    Ok((accepts || allows, file))
}

/// A rule of iptables that accepts new connections to port 22 or to anything.
fn opens_ssh(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let verdict = words.windows(2).any(|pair| matches!(pair, ["-j", "ACCEPT" | "ufw-user-limit-accept"]));
    let after = |option: &str| words.iter().position(|word| *word == option).and_then(|at| words.get(at + 1)).copied();
    let ports = after("--dport").or(after("--dports"));
    verdict && ports.is_some_and(|ports| ports.split(',').any(|port| port == "22" || port == "ssh"))
}

fn iptables(tree: &Tree<'_>) -> Look<(bool, File)> {
    let file = first(["/etc/sysconfig/iptables", "/etc/iptables/rules.v4"], |path| tree.read(path))?;
    let text = text(&file);
    let closed = text.lines().any(|line| line.starts_with(":INPUT DROP") || line.starts_with(":INPUT REJECT"));
    let rejects = text.lines().any(|line| {
        line.starts_with("-A INPUT")
            && (line.contains("-j DROP") || line.contains("-j REJECT"))
            && !line.contains("--dport")
    });
    Ok(((!closed && !rejects) || text.lines().any(opens_ssh), file))
}

fn nftables(tree: &Tree<'_>) -> Look<(bool, File)> {
    let file = first(["/etc/nftables.conf", "/etc/sysconfig/nftables.conf"], |path| tree.read(path))?;
    let text = text(&file);
    let lines = || text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    if !lines().any(|line| line.contains("policy drop") || line.contains("reject") || line.contains(" drop")) {
        return Ok((true, file));
    }
    let word = |line: &str| line.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == "22" || word == "ssh");
    let allows = lines().any(|line| line.contains("dport") && line.contains("accept") && word(line));
    if lines().any(|line| line.starts_with("include")) && !allows {
        return Err(Gap::unknown("it includes files that were not read"));
    }
    Ok((allows, file))
}

fn suse(tree: &Tree<'_>) -> Look<(bool, File)> {
    let file = tree.read("/etc/sysconfig/SuSEfirewall2")?;
    let values = syntax::shell::assignments(&file.bytes);
    let has = |key: &str, names: &[&str]| {
        let found = syntax::shell::last(&values, key);
        found.is_some_and(|found| found.value.split_whitespace().any(|word| names.contains(&word)))
    };
    Ok((has("FW_CONFIGURATIONS_EXT", &["sshd"]) || has("FW_SERVICES_EXT_TCP", &["ssh", "22"]), file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::linux;
    use facts::Known;

    #[test]
    fn rules_for_ssh() {
        assert!(opens_ssh("-A INPUT -p tcp -m state --state NEW -m tcp --dport 22 -j ACCEPT"));
        assert!(opens_ssh("-A INPUT -p tcp -m multiport --dports 80,22 -j ACCEPT"));
        assert!(!opens_ssh("-A INPUT -p tcp --dport 222 -j ACCEPT"));
        assert!(!opens_ssh("-A INPUT -p tcp --dport 22 -j DROP"));
    }

    const UFW: (&str, &str) = ("/etc/rc3.d/S01ufw", "-> x");

    fn ssh(files: &[(&str, &str)]) -> Option<Known<bool>> {
        let all: Vec<_> = files.iter().copied().chain([("/sbin/init", "")]).collect();
        linux(&all).firewalls.value().map(|all| all[0].allows_ssh.clone())
    }

    #[test]
    fn filters_that_start() {
        let rules = ("/etc/ufw/user.rules", "-A ufw-user-input -p tcp --dport 22 -j ACCEPT\n");
        assert_eq!(ssh(&[UFW, ("/etc/ufw/ufw.conf", "ENABLED=yes\n"), rules]), Some(Known::Is(true)));
        assert_eq!(
            ssh(&[UFW, ("/etc/ufw/ufw.conf", "ENABLED=yes\n"), ("/etc/ufw/user.rules", "")]),
            Some(Known::Is(false))
        );
        assert_eq!(ssh(&[UFW, ("/etc/ufw/ufw.conf", "ENABLED=no\n"), rules]), None);
        let iptables = ("/etc/rc3.d/S08iptables", "-> x");
        let open = ":INPUT ACCEPT [0:0]\n-A INPUT -p tcp --dport 22 -j ACCEPT\n-A INPUT -j REJECT\n";
        assert_eq!(ssh(&[iptables, ("/etc/sysconfig/iptables", open)]), Some(Known::Is(true)));
        assert_eq!(ssh(&[iptables, ("/etc/sysconfig/iptables", ":INPUT DROP [0:0]\n")]), Some(Known::Is(false)));
        assert_eq!(ssh(&[iptables, ("/etc/sysconfig/iptables", ":INPUT ACCEPT [0:0]\n")]), Some(Known::Is(true)));
        let firewalld = ("/etc/rc3.d/S08firewalld", "-> x");
        let zone = ("/usr/lib/firewalld/zones/public.xml", "<zone><service name=\"ssh\"/></zone>");
        assert_eq!(ssh(&[firewalld, zone]), Some(Known::Is(true)));
        assert!(ssh(&[firewalld]).unwrap().reason().is_some());
        let nft = ("/etc/rc3.d/S08nftables", "-> x");
        let closed =
            "table inet f {\n chain i {\n type filter hook input priority 0; policy drop;\n tcp dport 80 accept\n}}\n";
        assert_eq!(ssh(&[nft, ("/etc/nftables.conf", closed)]), Some(Known::Is(false)));
        assert_eq!(ssh(&[nft, ("/etc/nftables.conf", &closed.replace("80", "{ 22, 80 }"))]), Some(Known::Is(true)));
    }
}
