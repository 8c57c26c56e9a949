//! Packages that are missing, or should not be there: LNX-CLOUDINIT, LNX-GROWPART, LNX-SSHD, LNX-TIME, LNX-DHCP-CLIENT,
//! LNX-PASSWD-CMD, LNX-QEMUGA, LNX-FOREIGN-AGENT. What comes of it cannot be seen on the image.

use crate::proposal::{Phase, Proposal};
use crate::shell;
use crate::work::Work;
use facts::Known;

/// Who installs packages.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manager {
    Apt,
    Yum,
    Zypper,
}

/// A package by its names in the three families.
struct Package {
    rule: &'static str,
    what: &'static str,
    names: [&'static str; 3],
}

const CLOUD_INIT: Package = Package {
    rule: "LNX-CLOUDINIT",
    what: "cloud-init is installed",
    names: ["cloud-init", "cloud-init", "cloud-init"],
};
const GROWPART: Package = Package {
    rule: "LNX-GROWPART",
    what: "growpart is installed",
    names: ["cloud-guest-utils", "cloud-utils-growpart", "growpart"],
};
const SSHD: Package = Package {
    rule: "LNX-SSHD",
    what: "an SSH server is installed",
    names: ["openssh-server", "openssh-server", "openssh"],
};
const CHRONY: Package =
    Package { rule: "LNX-TIME", what: "a time service is installed", names: ["chrony", "chrony", "chrony"] };
const DHCP_CLIENT: Package = Package {
    rule: "LNX-DHCP-CLIENT",
    what: "a DHCP client is installed",
    names: ["isc-dhcp-client", "dhclient", "dhcp-client"],
};
const PASSWD: Package = Package {
    rule: "LNX-PASSWD-CMD",
    what: "passwd and chpasswd are installed",
    names: ["passwd", "passwd", "shadow"],
};

/// Agents of other platforms: the program, and its package in most distributions.
const AGENTS: &[(&str, &str)] = &[
    ("waagent", "walinuxagent"),
    ("google-guest-agent", "google-guest-agent"),
    ("amazon-ssm-agent", "amazon-ssm-agent"),
    ("open-vm-tools", "open-vm-tools"),
];

pub(super) fn propose(work: &mut Work<'_>) {
    let Some(manager) = manager(work) else { return };
    let linux = work.linux;
    let wanted = [
        (CLOUD_INIT, linux.cloud_init.is_absent()),
        (GROWPART, linux.growth_tools.is_absent()),
        (SSHD, linux.sshd.is_absent()),
        (CHRONY, true),
        (DHCP_CLIENT, true),
        (PASSWD, true),
    ];
    for (package, absent) in wanted {
        if absent && work.failed(package.rule) {
            work.propose(install(work, manager, &package));
        }
    }
    if work.failed("LNX-QEMUGA") {
        let proposal = Proposal::new("LNX-QEMUGA", "the QEMU guest agent is removed");
        work.propose(proposal.run(Phase::Packages, remove(manager, "qemu-guest-agent")));
    }
    agents(work, manager);
}

/// By the package database, else by the family of the distribution.
fn manager(work: &Work<'_>) -> Option<Manager> {
    let by = work.linux.packages.value().map(|packages| packages.manager.as_str());
    let suse = work.is_like(&["suse", "sles", "opensuse"]);
    let red_hat = work.is_like(&["rhel", "fedora", "centos", "alinux", "aliyun", "anolis"]);
    let red_hat = red_hat && work.linux.ostree.is_absent();
    match by {
        Some("dpkg") => Some(Manager::Apt),
        Some("rpm") | None if suse => Some(Manager::Zypper),
        Some("rpm") => Some(Manager::Yum),
        None if red_hat => Some(Manager::Yum),
        None if work.is_like(&["debian", "ubuntu"]) => Some(Manager::Apt),
        _ => None,
    }
}

fn install(work: &Work<'_>, manager: Manager, package: &Package) -> Proposal {
    let [deb, rpm, suse] = package.names;
    let command = match manager {
        Manager::Apt => format!("DEBIAN_FRONTEND=noninteractive apt-get install -y {deb}"),
        Manager::Yum => {
            format!("if command -v dnf >/dev/null; then dnf install -y {rpm}; else yum install -y {rpm}; fi")
        }
        Manager::Zypper => format!("zypper --non-interactive install {suse}"),
    };
    let proposal = Proposal::new(package.rule, package.what).run(Phase::Packages, [command]);
    let debian = manager == Manager::Apt;
    let services: &[&str] = match package.rule {
        "LNX-SSHD" => {
            if debian {
                &["ssh"]
            } else {
                &["sshd"]
            }
        }
        "LNX-TIME" => {
            if debian {
                &["chrony"]
            } else {
                &["chronyd"]
            }
        }
        "LNX-CLOUDINIT" => &["cloud-init-local", "cloud-init", "cloud-config", "cloud-final"],
        _ => return proposal,
    };
    // What brings cloud-init grows the root as well.
    let also = work.failed("LNX-GROWPART") && package.rule == "LNX-CLOUDINIT";
    let proposal = if also { proposal.also_for("LNX-GROWPART") } else { proposal };
    proposal.run(Phase::Services, super::services::enable(work, services))
}

fn agents(work: &mut Work<'_>, manager: Manager) {
    let Known::Is(agents) = &work.linux.foreign_agents else { return };
    if !work.failed("LNX-FOREIGN-AGENT") {
        return;
    }
    for agent in agents {
        let Some((_, package)) = AGENTS.iter().find(|(name, _)| *name == agent.name) else { continue };
        let package = if *package == "walinuxagent" && manager == Manager::Yum { "WALinuxAgent" } else { package };
        let proposal = Proposal::new("LNX-FOREIGN-AGENT", format!("{} is removed", agent.name));
        work.propose(proposal.run(Phase::Packages, remove(manager, package)));
    }
}

fn remove(manager: Manager, package: &str) -> [String; 1] {
    let package = shell::word(package);
    [match manager {
        Manager::Apt => format!("if dpkg -s {package} >/dev/null 2>&1; then apt-get remove -y {package}; fi"),
        Manager::Yum => format!("if rpm -q {package} >/dev/null; then rpm -e {package}; fi"),
        Manager::Zypper => {
            format!("if rpm -q {package} >/dev/null; then zypper --non-interactive remove {package}; fi")
        }
    }]
}
