//! The flags of a superblock, by the names that dumpfs(8) prints.

/// In the old place of the flags: they are in the new one.
pub(super) const MOVED: u32 = 0x80;

const UNCLEAN: u32 = 0x1;
const SOFT_UPDATES: u32 = 0x2;
const NEEDS_FSCK: u32 = 0x4;
const JOURNAL: u32 = 0x8;
const GJOURNAL: u32 = 0x40;
const CHECK_HASHES: u32 = 0x200;

/// Those with a name of their own.
const NAMES: &[(u32, &str)] = &[
    (UNCLEAN, "unclean"),
    (NEEDS_FSCK, "needs-fsck-run"),
    (0x10, "acls"),
    (0x20, "multilabel"),
    (GJOURNAL, "gjournal"),
    (0x100, "nfsv4acls"),
    (CHECK_HASHES, "check-hashes"),
    (0x400, "trim"),
];

/// The flags, and what is covered by check-hashes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flags {
    pub(super) bits: u32,
    pub(super) hashes: u32,
}

impl Flags {
    fn has(self, bit: u32) -> bool {
        self.bits & bit != 0
    }

    /// It was mounted without having been clean, or fsck(8) must look at it.
    pub(super) fn wants_check(self) -> bool {
        self.has(UNCLEAN | NEEDS_FSCK)
    }

    /// An inconsistency was found that only fsck(8) mends.
    pub(super) fn needs_fsck(self) -> bool {
        self.has(NEEDS_FSCK)
    }

    /// Hashes count only where the last kernel that wrote knew them.
    pub(super) fn hashes_superblock(self) -> bool {
        self.has(CHECK_HASHES) && self.hashes & 0x1 != 0
    }

    pub(super) fn hashes_inodes(self) -> bool {
        self.has(CHECK_HASHES) && self.hashes & 0x4 != 0
    }

    pub(super) fn names(self) -> impl Iterator<Item = String> {
        let soft = match (self.has(SOFT_UPDATES), self.has(JOURNAL)) {
            (true, true) => Some("soft-updates+journal"),
            (true, false) => Some("soft-updates"),
            _ => None,
        };
        let named = NAMES.iter().filter(move |(bit, _)| self.has(*bit)).map(|(_, name)| *name);
        soft.into_iter().chain(named).map(str::to_owned)
    }

    /// What is odd, in sentences; `clean` is what the superblock says beside them.
    pub(super) fn notes(self, clean: bool) -> Vec<String> {
        let mut notes = Vec::new();
        if !clean || self.has(UNCLEAN) {
            let then = match (self.has(JOURNAL), self.has(GJOURNAL)) {
                (true, _) => "; the journal of its soft updates was not replayed",
                (_, true) => "; its journal (gjournal) was not replayed",
                _ if self.has(SOFT_UPDATES) => "; soft updates leave at most space that is free and not marked so",
                _ => "",
            };
            notes.push(format!("it was not unmounted cleanly{then}"));
        }
        if self.has(NEEDS_FSCK) {
            notes.push("it holds an inconsistency that only fsck(8) mends".into());
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_say_what_was_not_replayed() {
        let notes = |bits, clean| Flags { bits, hashes: 0 }.notes(clean).join("; ");
        assert_eq!(notes(SOFT_UPDATES | JOURNAL, true), "");
        assert!(notes(SOFT_UPDATES | JOURNAL, false).contains("soft updates was not replayed"));
        assert!(notes(GJOURNAL, false).contains("gjournal"));
        assert!(notes(UNCLEAN, true).contains("not unmounted cleanly"));
        assert!(notes(NEEDS_FSCK, true).contains("fsck"));
    }
}
