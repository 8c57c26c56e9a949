//! What starts at boot: LNX-SSHD, LNX-GETTY, LNX-INIT, LNX-FIREWALL.

use crate::edit::Edit;
use crate::proposal::{Phase, Proposal};
use crate::shell;
use crate::work::{Work, line_of};
use facts::Known;

const INITTAB: &str = "/etc/inittab";

pub(super) fn propose(work: &mut Work<'_>) {
    let proposals = [sshd(work), getty(work), target(work)];
    work.proposals.extend(proposals.into_iter().flatten());
    firewalls(work);
}

/// Commands with which services start at boot.
pub(super) fn enable(work: &Work<'_>, names: &[&str]) -> Vec<String> {
    let each = |command: &dyn Fn(String) -> String| names.iter().map(|name| command(shell::word(name))).collect();
    match work.linux.init.value().map(String::as_str) {
        Some("openrc") => each(&|name| format!("rc-update add {name} default")),
        Some("sysv" | "upstart") if work.is_like(&["debian", "ubuntu"]) => {
            each(&|name| format!("update-rc.d {name} defaults"))
        }
        Some("sysv" | "upstart") => each(&|name| format!("chkconfig {name} on")),
        _ => vec![format!(
            "systemctl enable {}",
            names.iter().map(|name| shell::word(name)).collect::<Vec<_>>().join(" ")
        )],
    }
}

fn sshd(work: &Work<'_>) -> Option<Proposal> {
    let sshd = work.linux.sshd.value().filter(|_| work.failed("LNX-SSHD"))?;
    (sshd.enabled == Known::Is(false)).then_some(())?;
    let service = if work.is_like(&["debian", "ubuntu"]) { "ssh" } else { "sshd" };
    Some(Proposal::new("LNX-SSHD", "the SSH server starts at boot").run(Phase::Services, enable(work, &[service])))
}

fn getty(work: &Work<'_>) -> Option<Proposal> {
    work.failed("LNX-GETTY").then_some(())?;
    let proposal = Proposal::new("LNX-GETTY", "a login prompt on tty1");
    if work.has_systemd() {
        return Some(proposal.run(Phase::Services, ["systemctl enable getty@tty1.service".to_owned()]));
    }
    let program = work.program(&["/sbin/mingetty", "/sbin/agetty", "/sbin/getty"])?;
    let arguments = if program == "/sbin/mingetty" { "tty1" } else { "38400 tty1" };
    work.read(INITTAB)?;
    Some(proposal.edit(INITTAB, [Edit::Append(format!("1:2345:respawn:{program} {arguments}"))]))
}

/// What the system boots to.
fn target(work: &Work<'_>) -> Option<Proposal> {
    work.failed("LNX-INIT").then_some(())?;
    let proposal = Proposal::new("LNX-INIT", "the system boots to a login");
    let place = work.linux.default_target.value().map(|target| &target.evidence);
    if work.has_systemd() {
        return Some(proposal.run(Phase::Services, ["systemctl set-default multi-user.target".to_owned()]));
    }
    let line = place.filter(|place| place.path.as_deref() == Some(INITTAB)).and_then(line_of)?;
    Some(proposal.edit(INITTAB, [Edit::replace(line, "id:3:initdefault:")]))
}

/// Port 22 through a packet filter that has a command for it.
fn firewalls(work: &mut Work<'_>) {
    let Known::Is(firewalls) = &work.linux.firewalls else { return };
    if !work.failed("LNX-FIREWALL") {
        return;
    }
    for firewall in firewalls {
        let command = match firewall.name.as_str() {
            _ if matches!(firewall.allows_ssh, Known::Is(true) | Known::Unknown(_)) => continue,
            "firewalld" => "firewall-offline-cmd --add-service=ssh",
            "ufw" => "ufw allow 22/tcp",
            _ => continue,
        };
        let proposal = Proposal::new("LNX-FIREWALL", format!("{} lets SSH in", firewall.name));
        work.propose(proposal.run(Phase::Services, [command.to_owned()]));
    }
}
