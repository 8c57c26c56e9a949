//! LNX-SELINUX: off, as the platform asks, where it enforces.

use crate::edit::Edit;
use crate::parameters::Parameters;
use crate::proposal::Proposal;
use crate::work::{Work, line_of};
use facts::Known;

pub(super) fn propose(work: &mut Work<'_>) {
    let Known::Is(selinux) = &work.linux.selinux else { return };
    let Some(mode) = selinux.mode.value().filter(|_| work.failed("LNX-SELINUX")) else { return };
    for place in &mode.evidence {
        let proposal = match (place.path.as_deref(), line_of(place)) {
            (Some(path), Some(line)) => {
                let proposal = Proposal::new("LNX-SELINUX", format!("{path}: SELINUX=disabled"));
                Some(proposal.edit(path, [Edit::replace(line, "SELINUX=disabled")]))
            }
            _ => {
                let proposal = Proposal::new("LNX-SELINUX", "the kernel command line does not make SELinux enforcing");
                Parameters::remove("enforcing=1").propose(work, proposal)
            }
        };
        work.proposals.extend(proposal);
    }
}
