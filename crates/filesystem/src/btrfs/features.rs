//! The features of a btrfs filesystem, and which of them keep it from being read.
//!
//! Linux `include/uapi/linux/btrfs.h`. Named as `mkfs.btrfs -O` has them, and what is no option of it as
//! `btrfs inspect-internal dump-super`, in small letters.

use storage::{Error, Result};

pub(super) const METADATA_UUID: u64 = 0x400;

/// Features without which the trees cannot be understood, and whether they are read here.
const INCOMPAT: &[(u64, &str, bool)] = &[
    (0x1, "mixed-backref", true),
    (0x2, "default-subvol", true),
    (0x4, "mixed-bg", true),
    (0x8, "compress-lzo", true),
    (0x10, "compress-zstd", true),
    (0x20, "big-metadata", true),
    (0x40, "extref", true),
    (0x80, "raid56", true),
    (0x100, "skinny-metadata", true),
    (0x200, "no-holes", true),
    (METADATA_UUID, "metadata-uuid", true),
    (0x800, "raid1c34", true),
    (0x1000, "zoned", false),
    (0x2000, "extent-tree-v2", false),
    (0x4000, "raid-stripe-tree", false),
    (0x10000, "squota", true),
];

pub(super) const FREE_SPACE_TREE: u64 = 0x1;
pub(super) const FREE_SPACE_TREE_VALID: u64 = 0x2;
pub(super) const BLOCK_GROUP_TREE: u64 = 0x8;

/// Features without which it can be read, though not changed.
const COMPAT_RO: &[(u64, &str)] =
    &[(FREE_SPACE_TREE, "free-space-tree"), (0x4, "verity"), (BLOCK_GROUP_TREE, "block-group-tree")];

/// Names of those that are set; a bit that has none is `unknown-incompat-0x8000`.
pub(super) fn names(compat_ro: u64, incompat: u64) -> Vec<String> {
    let known = INCOMPAT.iter().filter(|(bit, ..)| incompat & bit != 0).map(|(_, name, _)| (*name).to_owned());
    let read_only = COMPAT_RO.iter().filter(|(bit, _)| compat_ro & bit != 0).map(|(_, name)| (*name).to_owned());
    let bits = incompat & !INCOMPAT.iter().fold(0, |all, (bit, ..)| all | bit);
    let unknown = (bits != 0).then(|| format!("unknown-incompat-{bits:#x}"));
    known.chain(read_only).chain(unknown).collect()
}

/// Refuses what the trees cannot be read with.
pub(super) fn check(incompat: u64) -> Result<()> {
    let readable = INCOMPAT.iter().filter(|(.., read)| *read).fold(0, |all, (bit, ..)| all | bit);
    match names(0, incompat & !readable) {
        missing if missing.is_empty() => Ok(()),
        missing => Err(Error::unsupported(format!("btrfs: {} is not read here", missing.join(", ")))),
    }
}

/// Whether all is known that says where something lies.
pub(super) fn all_known(compat_ro: u64, incompat: u64) -> Result<()> {
    check(incompat)?;
    let known = COMPAT_RO.iter().fold(FREE_SPACE_TREE_VALID, |all, (bit, _)| all | bit);
    match compat_ro & !known {
        0 => Ok(()),
        bits => Err(Error::unsupported(format!("btrfs: what is free with features {bits:#x} is not known here"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_named_and_refused() {
        assert_eq!(
            names(0x9, 0x341),
            ["mixed-backref", "extref", "skinny-metadata", "no-holes", "free-space-tree", "block-group-tree"]
        );
        assert!(check(0x10FFF & !0x1000).is_ok());
        let error = check(0x9000 | 0x341).unwrap_err();
        assert_eq!(error.kind(), storage::ErrorKind::Unsupported);
        assert!(error.what().contains("zoned, unknown-incompat-0x8000"), "{error}");
        assert!(all_known(0xF, 0x341).is_ok() && all_known(0x10, 0x341).is_err());
    }
}
