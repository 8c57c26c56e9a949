//! LNX-DHCP, LNX-CLOUDINIT-NET, LNX-NIC-NAME, LNX-UDEV-NET: an address by DHCP, for a card of the name that an instance
//! has.
//!
//! One profile is changed: the one that fits an instance's card best. What was only right in the old network goes with
//! it: addresses, gateways, name servers.
//!
//! # How to add a family
//!
//! Write `NAME.rs` with `fn change(&Work, &Wanted) -> Option<Vec<Edit>>`, and a line in [`edits`].

mod ifcfg;
mod interfaces;
mod keyfile;
mod netplan;
mod networkd;
mod wicked;

use crate::edit::Edit;
use crate::parameters::Parameters;
use crate::proposal::{Phase, Proposal};
use crate::work::{Work, line_of};
use facts::{Addressing, InterfaceMatch, Known, NetworkProfile, NetworkSource};

/// What is to become of a profile.
struct Wanted<'a> {
    profile: &'a NetworkProfile,
    path: &'a str,
    /// DHCP, and up at boot.
    dhcp: bool,
    /// For any card, or for eth0 where the family has no patterns.
    any_name: bool,
    /// Not for one hardware address.
    any_hardware: bool,
}

pub(super) fn propose(work: &mut Work<'_>) {
    persistent_names(work);
    let profiles: Vec<&NetworkProfile> = work.linux.network.profiles.value().into_iter().flatten().collect();
    let live: Vec<&NetworkProfile> =
        profiles.iter().copied().filter(|profile| profile.used.value() != Some(&false)).collect();
    let Some(profile) = live.iter().copied().min_by_key(|profile| distance(profile)) else {
        if let Some(profile) = profiles.first() {
            reader(work, profile);
        }
        return;
    };
    // A name that cannot be changed does not keep the address from being changed.
    let proposal = change(work, profile, true).or_else(|| change(work, profile, false));
    work.proposals.extend(proposal);
    let tied = |other: &&&NetworkProfile| !std::ptr::eq(**other, profile) && is_tied(other);
    for other in live.iter().filter(tied) {
        hardware(work, other);
    }
}

fn is_tied(profile: &NetworkProfile) -> bool {
    matches!(profile.interface, InterfaceMatch::Mac(_))
}

/// How far a profile is from one for the first card of an instance.
fn distance(profile: &NetworkProfile) -> u8 {
    let by_dhcp = profile.addressing.value() == Some(&Addressing::Dhcp);
    let name = match &profile.interface {
        InterfaceMatch::Any => 0,
        InterfaceMatch::Name(name) if name.contains('*') => 0,
        InterfaceMatch::Name(name) if name == "eth0" => 1,
        InterfaceMatch::Name(_) => 2,
        InterfaceMatch::Mac(_) => 3,
    };
    if by_dhcp { name } else { 10 + name }
}

fn change(work: &Work<'_>, profile: &NetworkProfile, with_name: bool) -> Option<Proposal> {
    let (dhcp, by_cloud_init) = (work.failed("LNX-DHCP"), work.failed("LNX-CLOUDINIT-NET"));
    let wrong_name = with_name && work.failed("LNX-NIC-NAME");
    let any_name = wrong_name && !is_tied(profile);
    let any_hardware = is_tied(profile) && (work.failed("LNX-UDEV-NET") || wrong_name);
    let path = profile.evidence.path.as_deref()?;
    let wanted = Wanted { profile, path, dhcp: dhcp || by_cloud_init, any_name, any_hardware };
    let rules = [
        ("LNX-DHCP", dhcp),
        ("LNX-CLOUDINIT-NET", by_cloud_init),
        ("LNX-NIC-NAME", wrong_name),
        ("LNX-UDEV-NET", any_hardware && work.failed("LNX-UDEV-NET")),
    ];
    let mut rules = rules.into_iter().filter(|(_, failed)| *failed).map(|(rule, _)| rule);
    let what = match (wanted.dhcp, any_name, any_hardware) {
        (true, false, false) => format!("{path}: an address by DHCP, at boot"),
        (true, ..) => format!("{path}: an address by DHCP, at boot, for whatever card there is"),
        _ => format!("{path}: for whatever card there is"),
    };
    let mut proposal = Proposal::new(rules.next()?, what);
    for rule in rules {
        proposal = proposal.also_for(rule);
    }
    // Families without patterns are for eth0, which the kernel must then call the card.
    let by_old_name = (any_name || any_hardware)
        && matches!(profile.source, NetworkSource::Ifcfg | NetworkSource::Wicked | NetworkSource::Interfaces);
    if by_old_name && work.linux.network.old_names.value() == Some(&false) && work.has_systemd() {
        proposal = Parameters::add(["net.ifnames=0", "biosdevname=0"]).propose(work, proposal)?;
    }
    for (path, edits) in edits(work, &wanted)? {
        proposal = proposal.edit(&path, edits);
    }
    for (path, edits) in old_routes(work, &wanted) {
        proposal = proposal.edit(&path, edits);
    }
    Some(proposal)
}

/// The changes, file by file.
fn edits(work: &Work<'_>, wanted: &Wanted<'_>) -> Option<Vec<(String, Vec<Edit>)>> {
    let edits = match wanted.profile.source {
        NetworkSource::Ifcfg | NetworkSource::Wicked if wanted.path.ends_with(".xml") => wicked::change(work, wanted)?,
        NetworkSource::Ifcfg => ifcfg::red_hat(work, wanted)?,
        NetworkSource::Wicked => ifcfg::suse(work, wanted)?,
        NetworkSource::Interfaces => interfaces::change(work, wanted)?,
        NetworkSource::Netplan => netplan::change(work, wanted)?,
        NetworkSource::NetworkManager => keyfile::change(work, wanted)?,
        NetworkSource::Networkd => networkd::change(work, wanted)?,
        NetworkSource::RcConf | NetworkSource::Netifrc => return None,
    };
    (!edits.is_empty()).then(|| vec![(wanted.path.to_owned(), edits)])
}

/// The default route of the old network, which other files may set.
fn old_routes(work: &Work<'_>, wanted: &Wanted<'_>) -> Vec<(String, Vec<Edit>)> {
    let (path, is_route): (_, fn(&str) -> bool) = match wanted.profile.source {
        _ if !wanted.dhcp => return Vec::new(),
        NetworkSource::Ifcfg => ("/etc/sysconfig/network", |line| line.starts_with("GATEWAY=")),
        NetworkSource::Wicked => ("/etc/sysconfig/network/routes", |line| line.starts_with("default ")),
        _ => return Vec::new(),
    };
    let lines = work.lines(path).into_iter().filter(|(_, text)| is_route(text.trim_start()));
    let edits: Vec<Edit> = lines.map(|(number, _)| Edit::Delete(number)).collect();
    if edits.is_empty() { Vec::new() } else { vec![(path.to_owned(), edits)] }
}

/// A profile beside the one that is changed: only the tie goes.
fn hardware(work: &mut Work<'_>, profile: &NetworkProfile) {
    if !work.failed("LNX-UDEV-NET") {
        return;
    }
    let Some(path) = profile.evidence.path.as_deref() else { return };
    let wanted = Wanted { profile, path, dhcp: false, any_name: false, any_hardware: true };
    let Some(edits) = edits(work, &wanted) else { return };
    let mut proposal = Proposal::new("LNX-UDEV-NET", format!("{path}: not tied to a hardware address"));
    for (path, edits) in edits {
        proposal = proposal.edit(&path, edits);
    }
    work.propose(proposal);
}

/// Files and lines that give names to hardware addresses.
fn persistent_names(work: &mut Work<'_>) {
    if !work.failed("LNX-UDEV-NET") {
        return;
    }
    let mut gone = Vec::new();
    for place in work.linux.network.persistent_names.value().into_iter().flatten() {
        let Some(path) = place.path.as_deref() else { continue };
        let proposal = Proposal::new("LNX-UDEV-NET", format!("{path}: no name for the old network card"));
        // These hold nothing else.
        let whole = path.ends_with(".link") || path.ends_with("-persistent-net.rules");
        match line_of(place) {
            _ if whole && gone.contains(&path) => {}
            _ if whole => {
                gone.push(path);
                work.proposals.push(proposal.remove(path));
            }
            Some(line) => work.proposals.push(proposal.edit(path, [Edit::comment(line)])),
            None => {}
        }
    }
}

/// The service that reads a profile nobody reads.
fn reader(work: &mut Work<'_>, profile: &NetworkProfile) {
    let (service, programs): (_, &[&str]) = match profile.source {
        NetworkSource::Interfaces => ("networking", &["/sbin/ifup", "/usr/sbin/ifup"]),
        NetworkSource::Networkd | NetworkSource::Netplan => {
            ("systemd-networkd", &["/usr/lib/systemd/systemd-networkd", "/lib/systemd/systemd-networkd"])
        }
        NetworkSource::NetworkManager => ("NetworkManager", &["/usr/sbin/NetworkManager"]),
        NetworkSource::Ifcfg => ("network", &["/etc/init.d/network", "/etc/rc.d/init.d/network"]),
        NetworkSource::Wicked => ("wicked", &["/usr/sbin/wicked"]),
        NetworkSource::RcConf | NetworkSource::Netifrc => return,
    };
    let there = work.program(programs).is_some();
    if there && work.failed("LNX-DHCP") {
        let what = format!("{service}, which reads the configuration of the network, starts at boot");
        let proposal = Proposal::new("LNX-DHCP", what).run(Phase::Services, super::services::enable(work, &[service]));
        work.propose(proposal);
    }
}

/// A line as [`Edit`] counts.
fn line_number(line: u32) -> Option<usize> {
    usize::try_from(line).ok()
}

/// The line of the profile in its file.
fn line(wanted: &Wanted<'_>) -> Option<usize> {
    line_of(&wanted.profile.evidence)
}

/// Whether a profile comes up at boot.
fn on_boot(profile: &NetworkProfile) -> bool {
    profile.on_boot != Known::Is(false)
}
