//! The names of ext2/3/4 features, as `dumpe2fs` prints them.

use crate::features::{Names, named};

const COMPAT: Names = &[
    (0x1, "dir_prealloc"),
    (0x2, "imagic_inodes"),
    (0x4, "has_journal"),
    (0x8, "ext_attr"),
    (0x10, "resize_inode"),
    (0x20, "dir_index"),
    (0x40, "lazy_bg"),
    (0x80, "snapshot_bitmap"),
    (0x200, "sparse_super2"),
    (0x400, "fast_commit"),
    (0x800, "stable_inodes"),
    (0x1000, "orphan_file"),
];

const INCOMPAT: Names = &[
    (0x1, "compression"),
    (0x2, "filetype"),
    (0x4, "needs_recovery"),
    (0x8, "journal_dev"),
    (0x10, "meta_bg"),
    (0x40, "extent"),
    (0x80, "64bit"),
    (0x100, "mmp"),
    (0x200, "flex_bg"),
    (0x400, "ea_inode"),
    (0x1000, "dirdata"),
    (0x2000, "metadata_csum_seed"),
    (0x4000, "large_dir"),
    (0x8000, "inline_data"),
    (0x1_0000, "encrypt"),
    (0x2_0000, "casefold"),
];

const RO_COMPAT: Names = &[
    (0x1, "sparse_super"),
    (0x2, "large_file"),
    (0x8, "huge_file"),
    (0x10, "uninit_bg"),
    (0x20, "dir_nlink"),
    (0x40, "extra_isize"),
    (0x80, "snapshot"),
    (0x100, "quota"),
    (0x200, "bigalloc"),
    (0x400, "metadata_csum"),
    (0x800, "replica"),
    (0x1000, "read-only"),
    (0x2000, "project"),
    (0x4000, "shared_blocks"),
    (0x8000, "verity"),
    (0x1_0000, "orphan_present"),
];

pub(super) const HAS_JOURNAL: u32 = 0x4;
pub(super) const SPARSE_SUPER2: u32 = 0x200;
pub(super) const NEEDS_RECOVERY: u32 = 0x4;
pub(super) const JOURNAL_DEVICE: u32 = 0x8;
pub(super) const META_BG: u32 = 0x10;
pub(super) const BITS_64: u32 = 0x80;
pub(super) const MMP: u32 = 0x100;
pub(super) const CSUM_SEED: u32 = 0x2000;
pub(super) const SPARSE_SUPER: u32 = 0x1;
pub(super) const GDT_CSUM: u32 = 0x10;
pub(super) const BIGALLOC: u32 = 0x200;
pub(super) const METADATA_CSUM: u32 = 0x400;
pub(super) const ORPHAN_PRESENT: u32 = 0x1_0000;
/// Incompatible features that ext2 and ext3 know: filetype, needs_recovery, meta_bg.
pub(super) const EXT3_INCOMPAT: u32 = 0x16;
/// Read-only compatible features that ext2 and ext3 know: sparse_super, large_file, btree_dir.
pub(super) const EXT3_RO_COMPAT: u32 = 0x7;
/// What makes a filesystem unreadable here: everything incompatible but filetype, needs_recovery, extent, 64bit, mmp,
/// flex_bg, metadata_csum_seed and encrypt (of which only the encrypted files are unreadable).
const READABLE_INCOMPAT: u32 = 0x1_23C6;

/// Features under which the bitmaps say all: not lazy_bg, snapshots, compression, replicas, shared blocks, nor any that
/// has no name here.
const KNOWN_BITMAPS: (u32, u32, u32) = (0x1E3F, 0x3_F7D6, 0x1_B77B);

/// The names of all features, in the order of `dumpe2fs`.
pub(super) fn names(compat: u32, incompat: u32, ro_compat: u32) -> Vec<String> {
    let mut all = named(compat, COMPAT, 'C');
    all.extend(named(incompat, INCOMPAT, 'I'));
    all.extend(named(ro_compat, RO_COMPAT, 'R'));
    all
}

/// The names of incompatible features that are not read here.
pub(super) fn unreadable(incompat: u32) -> Vec<String> {
    named(incompat & !READABLE_INCOMPAT, INCOMPAT, 'I')
}

/// The names of features with which more than the bitmaps may decide on what is in use.
pub(super) fn without_known_bitmaps(compat: u32, incompat: u32, ro_compat: u32) -> Vec<String> {
    let (known_compat, known_incompat, known_ro_compat) = KNOWN_BITMAPS;
    names(compat & !known_compat, incompat & !known_incompat, ro_compat & !known_ro_compat)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_without_a_name_are_numbered() {
        assert_eq!(
            names(0x4, 0x8000_0042, 0x400),
            ["has_journal", "filetype", "extent", "FEATURE_I31", "metadata_csum"]
        );
    }

    #[test]
    fn the_unreadable_are_named() {
        assert_eq!(unreadable(0x1_23C6), [""; 0]);
        assert_eq!(unreadable(0x8000 | 0x2_0000 | 0x10 | 0x2), ["meta_bg", "inline_data", "casefold"]);
    }
}
