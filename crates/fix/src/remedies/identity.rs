//! What the source machine leaves of itself: LNX-MACHINE-ID, LNX-CLOUDINIT-STALE. Done last, since a running system writes
//! it again. Host keys of sshd are left alone: whether something makes new ones is not for a script to guess.

use crate::proposal::{Phase, Proposal};
use crate::work::Work;

pub(super) fn propose(work: &mut Work<'_>) {
    if work.failed("LNX-CLOUDINIT-STALE") {
        let commands = [
            "# Releases before 18.2 cannot clean up by themselves.".to_owned(),
            "cloud-init clean --logs || rm -rf -- /var/lib/cloud/instance /var/lib/cloud/instances /var/lib/cloud/sem"
                .to_owned(),
        ];
        let proposal = Proposal::new("LNX-CLOUDINIT-STALE", "cloud-init keeps nothing of an earlier run");
        work.propose(proposal.run(Phase::Last, commands));
    }
    if work.failed("LNX-MACHINE-ID") && work.linux.machine_id.value() == Some(&true) {
        let proposal = Proposal::new("LNX-MACHINE-ID", "the machine id is empty, so that each instance makes its own");
        work.propose(proposal.run(Phase::Last, ["printf '' >/etc/machine-id".to_owned()]));
    }
}
