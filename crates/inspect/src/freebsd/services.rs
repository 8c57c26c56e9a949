//! What starts at boot: the OpenSSH server, packet filters, the growing of the root filesystem.

use super::conf::{self, Conf};
use crate::look::{Gap, Look, Outcome as _, first};
use crate::sshd as server;
use crate::tree::Tree;
use facts::{Claim, Firewall, Known, Sshd};

/// Of the base system, or of the package `openssh-portable`.
pub(super) fn sshd(tree: &Tree<'_>, rc: &Look<Conf>) -> Look<Sshd> {
    let servers = [("/usr/sbin/sshd", "sshd"), ("/usr/local/sbin/sshd", "openssh")];
    let (path, _) = first(servers, |(path, service)| tree.find(path).map(|_| (path, service)))?;
    let mut sshd = Sshd { evidence: vec![tree.evidence(path)], ..Sshd::default() };
    let mut enabled = Ok(false);
    for (path, service) in servers {
        if tree.find(path).optional()?.is_none() {
            continue;
        }
        match conf::enabled(rc, service, &format!("{service}_enable")) {
            Ok((on, evidence)) => {
                sshd.evidence.extend(evidence);
                enabled = enabled.map(|before| before || on);
            }
            Err(gap) if enabled != Ok(true) => enabled = Err(gap),
            Err(_) => {}
        }
    }
    sshd.enabled = enabled.known();
    server::configure(tree, &mut sshd);
    Ok(sshd)
}

/// Packet filters that start.
pub(super) fn firewalls(rc: &Look<Conf>) -> Look<Vec<Firewall>> {
    let mut found = Vec::new();
    for (name, service, key) in
        [("pf", "pf", "pf_enable"), ("ipfw", "ipfw", "firewall_enable"), ("ipfilter", "ipfilter", "ipfilter_enable")]
    {
        let (on, mut evidence) = conf::enabled(rc, service, key)?;
        if !on {
            continue;
        }
        let kind = if name == "ipfw" { conf::get(rc, &["ipfw"], "firewall_type").optional()? } else { None };
        let allows_ssh = match &kind {
            Some(kind) if kind.value.eq_ignore_ascii_case("open") => Known::Is(true),
            Some(kind) if kind.value.eq_ignore_ascii_case("closed") => Known::Is(false),
            _ => Known::unknown("the rules of its kind are not read"),
        };
        evidence.extend(kind.into_iter().flat_map(|kind| kind.evidence));
        found.push(Firewall { name: name.to_owned(), allows_ssh, evidence });
    }
    Ok(found)
}

pub(super) fn growfs(rc: &Look<Conf>) -> Look<Claim<bool>> {
    let claim = conf::get(rc, &["growfs"], "growfs_enable")?;
    if claim.value.is_empty() {
        return Err(Gap::Absent);
    }
    Ok(Claim { value: conf::is_yes(&claim.value), evidence: claim.evidence })
}
