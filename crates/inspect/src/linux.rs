//! Linux.

use crate::guest::{self, Context};
use crate::look::Outcome as _;
use crate::mounts::Stitched;
use crate::os::{distribution, platform};
use crate::root::Root;
use crate::services::Services;
use crate::volumes::Volumes;
use crate::{accounts, agents, cloud_init, firewall, kernels, loader, modprobe, network, selinux, sshd, system};
use facts::{Claim, Evidence, Guest, Known, Linux, Os, Volume};

/// The Linux system on that root. None: it is another system's.
pub(crate) fn detect(root: &Root, stitched: &Stitched<'_>, volumes: &Volumes, facts: &[Volume]) -> Option<Guest> {
    let tree = &stitched.tree;
    let loader = loader::examine(stitched, volumes, facts);
    let context = Context { stitched, volumes, loader };
    let distribution = distribution::detect(tree).known();
    let platform = match &distribution {
        Known::Is(distribution) => Known::Is(platform::of(distribution)),
        Known::Absent => {
            let evidence = Evidence::words("no file says which distribution it is");
            Known::Is(Claim::new("Customized Linux".to_owned(), evidence))
        }
        Known::Unknown(reason) => Known::Unknown(reason.clone()),
    };
    let mut guest = Guest {
        os: Os::Linux,
        root: facts[root.index].id.clone(),
        root_evidence: root.evidence.clone(),
        other_roots: root.others.clone(),
        distribution,
        platform,
        userland: guest::known_userland(tree),
        hostname: distribution::hostname(tree).known(),
        mounts: stitched.mounts.clone(),
        kernels: kernels::examine(&context).known(),
        linux: Some(Box::new(examine(&context))),
        loader: context.loader,
        ..Guest::default()
    };
    guest.architecture = guest::machine(&guest);
    Some(guest)
}

/// Its configuration, facet by facet.
fn examine(context: &Context<'_>) -> Linux {
    let services = Services::new(context.tree());
    let mut linux = Linux {
        fstab: context.stitched.fstab.clone(),
        network: network::examine(context, &services),
        cloud_init: cloud_init::examine(context, &services).known(),
        sshd: sshd::examine(context, &services).known(),
        selinux: selinux::examine(context).known(),
        autorelabel: selinux::autorelabel(context),
        firewalls: firewall::examine(context.tree(), &services).known(),
        ..Linux::default()
    };
    accounts::examine(context.tree(), &mut linux);
    agents::examine(context, &services, &mut linux);
    system::examine(context, &services, &mut linux);
    modprobe::examine(context, &mut linux);
    linux
}
