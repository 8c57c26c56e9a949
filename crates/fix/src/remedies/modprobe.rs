//! LNX-KERNEL-VIRTIO: virtio_net is not kept from loading. modprobe.d(5).

use crate::edit::Edit;
use crate::parameters::Parameters;
use crate::proposal::{Phase, Proposal};
use crate::work::{Work, line_of};

pub(super) fn propose(work: &mut Work<'_>) {
    let Some(place) = work.linux.blocked_modules.get("virtio_net").filter(|_| work.failed("LNX-KERNEL-VIRTIO")) else {
        return;
    };
    let proposal = match (place.path.as_deref(), line_of(place)) {
        (Some(path), Some(line)) => {
            let proposal = Proposal::new("LNX-KERNEL-VIRTIO", format!("{path}: virtio_net may load"));
            let proposal = proposal.edit(path, [Edit::comment(line)]);
            // The initramfs has a copy of the file.
            Some(match super::initramfs::rebuild(work) {
                Some(commands) => proposal.also_run(Phase::Initramfs, commands),
                None => proposal,
            })
        }
        _ => place.text.as_deref().and_then(|text| {
            let parameter = text.strip_prefix("kernel command line: ")?;
            let proposal = Proposal::new("LNX-KERNEL-VIRTIO", "the kernel command line lets virtio_net load");
            Parameters::remove(parameter).propose(work, proposal)
        }),
    };
    work.proposals.extend(proposal);
}
