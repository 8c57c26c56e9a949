//! FreeBSD.
//!
//! Its configuration is shell assignments (`rc.conf`) and variables of the loader (`loader.conf`); the last one counts.
//! rc.conf(5), loader.conf(5), fstab(5).

mod cloud_init;
mod conf;
pub(crate) mod device;
mod drivers;
mod kernel;
mod loader;
mod login;
mod network;
mod services;
mod version;
pub(crate) mod zfs;

use crate::guest::{self, Context};
use crate::look::{Gap, Look, Outcome as _, first, non_empty};
use crate::mounts::Stitched;
use crate::root::Root;
use crate::tree::Tree;
use crate::volumes::Volumes;
use conf::Conf;
use facts::{Claim, DeviceSpec, Distribution, FreeBsd, Guest, Kernel, Known, Os, Volume};

/// The FreeBSD system on that root. None: it is another system's.
pub(crate) fn detect(root: &Root, stitched: &Stitched<'_>, volumes: &Volumes, facts: &[Volume]) -> Option<Guest> {
    let tree = &stitched.tree;
    if !is_here(tree) {
        return None;
    }
    let loader = Conf::of_loader(tree);
    let kernel = kernel::read(tree, &loader);
    let distribution = version::detect(tree, &kernel).known();
    let rc = Conf::of_rc(tree);
    let mut guest = Guest {
        os: Os::FreeBsd,
        root: facts[root.index].id.clone(),
        root_evidence: root.evidence.clone(),
        other_roots: root.others.clone(),
        platform: distribution.as_ref().map(platform),
        distribution,
        userland: guest::known_userland(tree),
        hostname: hostname(&rc).known(),
        mounts: stitched.mounts.clone(),
        loader: Known::Absent,
        freebsd: Some(Box::new(examine(stitched, facts, &loader, &rc, &kernel))),
        ..Guest::default()
    };
    let context = Context { stitched, volumes, loader: Known::Absent };
    guest.kernels = kernel.map(|kernel| vec![listed(&context, &kernel)]).known();
    guest.architecture = guest::machine(&guest);
    Some(guest)
}

/// Before 10.0 there is no `freebsd-version`; without either file a kernel that says so is mark enough.
fn is_here(tree: &Tree<'_>) -> bool {
    let marked = ["/bin/freebsd-version", "/etc/freebsd-update.conf"].iter().any(|path| tree.find(path).is_ok());
    let like_bsd = || tree.has_file("/boot/kernel/kernel") == Ok(true) && tree.has_file("/boot/loader") == Ok(true);
    marked || like_bsd() && kernel::read(tree, &Ok(Conf::default())).is_ok_and(|kernel| kernel.found.version.is_some())
}

fn platform(distribution: &Distribution) -> Claim<String> {
    Claim { value: "FreeBSD".to_owned(), evidence: distribution.evidence.clone() }
}

fn hostname(rc: &Look<Conf>) -> Look<Claim<String>> {
    let name = rc.as_ref().map_err(Gap::clone)?.get(&["hostname"], "hostname")?;
    if name.value.is_empty() { Err(Gap::Absent) } else { Ok(name) }
}

/// The kernel as the list of kernels has it.
fn listed(context: &Context<'_>, kernel: &kernel::File) -> Kernel {
    let directory = kernel.path.rsplit_once('/').map_or("", |(directory, _)| directory);
    Kernel {
        version: kernel.found.version.clone().unwrap_or_else(|| "of unknown version".to_owned()),
        default: true,
        image: context.file_ref(&kernel.path).known(),
        architecture: kernel.architecture.clone().known(),
        modules: Known::Is(context.tree().evidence(directory)),
        initramfs: Known::Absent,
        ..Kernel::default()
    }
}

/// Its configuration, facet by facet.
fn examine(
    stitched: &Stitched<'_>,
    volumes: &[Volume],
    loader: &Look<Conf>,
    rc: &Look<Conf>,
    kernel: &Look<kernel::File>,
) -> FreeBsd {
    let tree = &stitched.tree;
    let said = |said: fn(&kernel::File) -> Option<&String>| match kernel {
        Ok(kernel) => match said(kernel) {
            Some(text) => Ok(Claim::new(text.clone(), kernel.evidence.clone())),
            None => Err(Gap::unknown(format!("{} does not say which version it is", kernel.path))),
        },
        Err(gap) => Err(gap.clone()),
    };
    FreeBsd {
        kernel: said(|kernel| kernel.found.version.as_ref()).known(),
        kernel_config: said(|kernel| kernel.found.config.as_ref()).known(),
        drivers: drivers::examine(tree, kernel, loader, rc),
        loader: loader::examine(tree, loader),
        root_device: root_device(stitched, volumes, loader).known(),
        fstab: stitched.fstab.clone(),
        interfaces: network::interfaces(rc).known().and_then(non_empty),
        dhcp_client: first(["/sbin/dhclient", "/usr/local/sbin/dhcpcd", "/usr/local/sbin/dhclient"], |path| {
            tree.find(path).map(|_| path.to_owned())
        })
        .known(),
        default_router: network::default_router(rc).known(),
        sshd: services::sshd(tree, rc).known(),
        cloud_init: cloud_init::examine(tree, rc).known(),
        firewalls: services::firewalls(rc).known().and_then(non_empty),
        root_login: login::root(tree).known(),
        terminals: login::terminals(tree).known().and_then(non_empty),
        growfs: services::growfs(rc).known(),
        init: init(tree).known(),
        rc_files: rc.as_ref().map(|rc| rc.files.clone()).unwrap_or_default(),
    }
}

fn init(tree: &Tree<'_>) -> Look<String> {
    tree.find("/sbin/init")?;
    tree.find("/etc/rc").map(|_| "rc".to_owned())
}

/// `vfs.root.mountfrom="ufs:/dev/gpt/rootfs"`, of which the first counts, else what `fstab` mounts on `/`.
fn root_device(stitched: &Stitched<'_>, volumes: &[Volume], loader: &Look<Conf>) -> Look<Claim<DeviceSpec>> {
    let set = conf::get(loader, &[], "vfs.root.mountfrom");
    match set {
        Ok(claim) => {
            let wanted = claim.value.split_whitespace().next().ok_or(Gap::Absent)?;
            Ok(Claim { value: device::mount_from(wanted, volumes), evidence: claim.evidence })
        }
        Err(Gap::Absent) => match &stitched.fstab {
            Known::Is(fstab) => {
                let entry = fstab.entries.iter().find(|entry| entry.mount_point == "/").ok_or(Gap::Absent)?;
                Ok(Claim::new(entry.spec.clone(), entry.evidence.clone()))
            }
            Known::Absent => Err(Gap::Absent),
            Known::Unknown(reason) => Err(Gap::Unknown(reason.clone())),
        },
        Err(unknown) => Err(unknown),
    }
}

#[cfg(test)]
mod tests;
