//! The names of XFS features, as `xfs_info` and `mkfs.xfs` have them.

use crate::features::{Names, named};

const COMPAT: Names = &[];

const RO_COMPAT: Names = &[(0x1, "finobt"), (0x2, "rmapbt"), (0x4, "reflink"), (0x8, "inobtcount")];

const INCOMPAT: Names = &[
    (0x1, "ftype"),
    (0x2, "sparse"),
    (0x4, "meta_uuid"),
    (0x8, "bigtime"),
    (0x10, "needsrepair"),
    (0x20, "nrext64"),
    (0x40, "exchange"),
    (0x80, "parent"),
    (0x100, "metadir"),
    (0x200, "zoned"),
    (0x400, "zone_gaps"),
];

/// Of `sb_features2`; version 5 has the first three always.
const FEATURES2: Names = &[(0x2, "lazy-count"), (0x8, "attr2"), (0x80, "projid32bit"), (FTYPE_V4, "ftype")];

pub(super) const FTYPE: u32 = 0x1;
pub(super) const META_UUID: u32 = 0x4;
pub(super) const NEEDS_REPAIR: u32 = 0x10;
pub(super) const NREXT64: u32 = 0x20;
/// In `sb_features2`.
pub(super) const FTYPE_V4: u32 = 0x200;
/// Features of version 5 that do not change how a tree is read, or that are read here: up to `metadir`.
const READABLE_INCOMPAT: u32 = 0x1FF;
/// Features under which the trees of free space say all.
const KNOWN_FREE: (u32, u32, u32) = (0, 0xF, 0x1FF & !NEEDS_REPAIR);

/// The feature words of a superblock; those of version 5 are zero in version 4 and the other way round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Features {
    pub(super) v5: bool,
    pub(super) ascii_ci: bool,
    pub(super) features2: u32,
    pub(super) compat: u32,
    pub(super) ro_compat: u32,
    pub(super) incompat: u32,
    pub(super) log_incompat: u32,
}

impl Features {
    pub(super) fn has(&self, incompat: u32) -> bool {
        self.incompat & incompat != 0
    }

    /// Directories tell what their entries are.
    pub(super) fn ftype(&self) -> bool {
        self.has(FTYPE) || self.features2 & FTYPE_V4 != 0
    }

    pub(super) fn names(&self) -> Vec<String> {
        let mut all = Vec::new();
        if self.v5 {
            all.push("crc".to_owned());
        } else {
            all.extend(named(self.features2, FEATURES2, 'F'));
        }
        if self.ascii_ci {
            all.push("ascii-ci".to_owned());
        }
        all.extend(named(self.compat, COMPAT, 'C'));
        all.extend(named(self.ro_compat, RO_COMPAT, 'R'));
        all.extend(named(self.incompat, INCOMPAT, 'I'));
        all
    }

    /// The names of features that are newer than what is read here.
    pub(super) fn unreadable(&self) -> Vec<String> {
        named(self.incompat & !READABLE_INCOMPAT, INCOMPAT, 'I')
    }

    /// The names of features with which more than the trees of free space may decide on what is in use.
    pub(super) fn without_known_free(&self) -> Vec<String> {
        let (compat, ro_compat, incompat) = KNOWN_FREE;
        let mut all = named(self.compat & !compat, COMPAT, 'C');
        all.extend(named(self.ro_compat & !ro_compat, RO_COMPAT, 'R'));
        all.extend(named(self.incompat & !incompat, INCOMPAT, 'I'));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_tools() {
        let v5 = Features { v5: true, ro_compat: 0x5, incompat: 0x8000_000B, ..Features::default() };
        assert_eq!(v5.names(), ["crc", "finobt", "reflink", "ftype", "sparse", "bigtime", "FEATURE_I31"]);
        assert_eq!(v5.unreadable(), ["FEATURE_I31"]);
        assert!(v5.ftype());
        let v4 = Features { ascii_ci: true, features2: 0x8A, ..Features::default() };
        assert_eq!(v4.names(), ["lazy-count", "attr2", "projid32bit", "ascii-ci"]);
        assert!(v4.unreadable().is_empty() && !v4.ftype());
    }

    #[test]
    fn what_free_space_may_depend_on_is_named() {
        let with = |ro_compat, incompat| Features { v5: true, ro_compat, incompat, ..Features::default() };
        assert!(with(0xF, 0x1EF).without_known_free().is_empty());
        assert_eq!(with(0x10, 0x210).without_known_free(), ["FEATURE_R4", "needsrepair", "zoned"]);
    }
}
