//! Linux.

use crate::guest::{self, Context};
use crate::look::Outcome as _;
use crate::mounts::Stitched;
use crate::os::{distribution, platform};
use crate::root::Root;
use crate::volumes::Volumes;
use crate::{kernels, loader};
use facts::{Claim, Evidence, Guest, Known, Linux, Os, Volume};

/// The Linux system on that root. None: it is another system's.
pub(crate) fn detect(root: &Root, stitched: &Stitched<'_>, volumes: &Volumes, facts: &[Volume]) -> Option<Guest> {
    let tree = &stitched.tree;
    if tree.find("/bin/freebsd-version").is_ok() || tree.find("/etc/freebsd-update.conf").is_ok() {
        return None;
    }
    let loader = loader::examine(stitched, volumes, facts);
    let context = Context { stitched, volumes, facts, loader };
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

/// Its configuration.
fn examine(context: &Context<'_>) -> Linux {
    Linux { fstab: context.stitched.fstab.clone(), ..Linux::default() }
}
