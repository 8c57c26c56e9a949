//! Linux.

use crate::guest::{self, Context};
use crate::look::Outcome as _;
use crate::mounts::Stitched;
use crate::os::{distribution, platform};
use crate::root::Root;
use crate::services::Services;
use crate::volumes::Volumes;
use crate::{
    accounts, agents, cloud_init, firewall, getty, kernels, loader, modprobe, network, packages, passwords, selinux,
    sshd, system,
};
use facts::{Claim, Distribution, Evidence, Guest, Known, Linux, Os, Volume};

/// The Linux system on that root. None: it is another system's.
pub(crate) fn detect(root: &Root, stitched: &Stitched<'_>, volumes: &Volumes, facts: &[Volume]) -> Option<Guest> {
    let tree = &stitched.tree;
    let loader = loader::examine(stitched, volumes, facts);
    let context = Context { stitched, volumes, loader };
    let distribution = distribution::detect(tree).known();
    let deployment = stitched.deployment.clone().map(|deployment| deployment.map(|found| found.evidence));
    let linux = examine(&context, distribution.value());
    let mut guest = Guest {
        os: Os::Linux,
        root: facts[root.index].id.clone(),
        root_evidence: root.evidence.iter().cloned().chain(deployment.into_iter().flatten()).collect(),
        other_roots: root.others.clone(),
        platform: platform(&distribution, volumes),
        distribution,
        userland: guest::known_userland(tree),
        hostname: distribution::hostname(tree).known(),
        mounts: stitched.mounts.clone(),
        kernels: kernels::examine(&context).known(),
        linux: Some(Box::new(linux)),
        loader: context.loader,
        ..Guest::default()
    };
    guest.architecture = guest::machine(&guest);
    Some(guest)
}

/// What `Platform` must say. The directory through which ECS configures a customized system has no other use.
fn platform(distribution: &Known<Distribution>, volumes: &Volumes) -> Known<Claim<String>> {
    let customized = |evidence| Known::Is(Claim::new("Customized Linux".to_owned(), evidence));
    match (system::custom_directory(volumes), distribution) {
        (Ok(directory), _) => customized(directory),
        (_, Known::Is(distribution)) => Known::Is(platform::of(distribution)),
        (_, Known::Absent) => customized(Evidence::words("no file says which distribution it is")),
        (_, Known::Unknown(reason)) => Known::Unknown(reason.clone()),
    }
}

/// Its configuration, facet by facet.
fn examine(context: &Context<'_>, distribution: Option<&Distribution>) -> Linux {
    let services = Services::new(context, distribution);
    let mut linux = Linux {
        fstab: context.stitched.fstab.clone(),
        network: network::examine(context, &services),
        cloud_init: cloud_init::examine(context, &services).known(),
        sshd: sshd::examine(context, &services).known(),
        selinux: selinux::examine(context).known(),
        autorelabel: selinux::autorelabel(context),
        packages: packages::examine(context.tree()).known(),
        firewalls: firewall::examine(context.tree(), &services).known(),
        ostree: match &context.stitched.deployment {
            Ok(deployment) => deployment.as_ref().map(|found| found.evidence.clone()).into(),
            Err(gap) => Err(gap.clone()).known(),
        },
        ..Linux::default()
    };
    accounts::examine(context.tree(), &mut linux);
    agents::examine(context, &services, &mut linux);
    system::examine(context, &services, &mut linux);
    passwords::examine(context.tree(), &mut linux);
    linux.login_terminals = getty::examine(context, &services).known();
    modprobe::examine(context, &mut linux);
    linux
}
