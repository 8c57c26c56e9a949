//! The registry of what puts volumes together, and the loop that asks.

use crate::machine::Candidate;
use crate::{Kind, Machine};
use std::fmt::Debug;
use storage::Result;

/// A way to put volumes together, or to read through one: an array, a volume group, a cache.
pub(crate) trait Stack: Sync + Debug {
    /// Looks for members among the candidates, and adds what they make to the machine.
    ///
    /// # Errors
    ///
    /// Of kind `Io` only: other defects are problems of the disks.
    fn assemble(&self, machine: &mut Machine, candidates: Vec<Candidate>) -> Result<()>;
}

macro_rules! stacks {
    ($($name:ident),* $(,)?) => {
        /// All stacks, in the order in which they are asked. Each is asked only once the ones before it find no more,
        /// so that a group with members in and beside an array is put together at once.
        pub(crate) static STACKS: &[&dyn Stack] = &[$(&crate::$name::Stack),*];
    };
}

stacks! { firmware, ldm, md, bcache, lvm }

/// How often stacks may lie on stacks: twice what anybody builds.
const MAX_ROUNDS: usize = 6;

/// Asks about the volumes of the disks, then about what was put together of them, until that is nothing more.
pub(crate) fn ask_all(machine: &mut Machine) -> Result<()> {
    // How many of the volumes put together each stack has seen; none before it saw those of the disks.
    let mut seen = vec![None; STACKS.len()];
    let mut next = 0;
    let mut rounds = 0;
    while let Some(stack) = STACKS.get(next) {
        let known = machine.volumes.len();
        if seen[next] == Some(known) || rounds == MAX_ROUNDS * STACKS.len() {
            next += 1;
            continue;
        }
        let candidates = machine.candidates(seen[next]);
        seen[next] = Some(known);
        stack.assemble(machine, candidates)?;
        rounds += 1;
        // What is new may be members for those asked before.
        next = if machine.volumes.len() > known { 0 } else { next + 1 };
    }
    Ok(())
}

/// Whether it may be a member of what is made of disks and partitions, and not of logical volumes.
pub(crate) fn is_device(candidate: &Candidate) -> bool {
    candidate.kind != Kind::Logical
}
