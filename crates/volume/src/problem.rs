//! The defects that tables can have, each with a stable name.

/// A defect of a table of this disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Name, such as `gpt-backup-not-at-end`; one of [`PROBLEMS`].
    pub id: &'static str,
    /// What the table says can no longer be relied on.
    pub severe: bool,
    /// Byte of the disk where it is, or where what is missing should be.
    pub offset: u64,
    /// What is wrong, in a sentence.
    pub what: String,
}

/// A defect that a table can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Defect {
    /// Stable name.
    pub id: &'static str,
    /// Whether what the table says can no longer be relied on.
    pub severe: bool,
    /// What it means.
    pub meaning: &'static str,
}

const WARNING: bool = false;
const SEVERE: bool = true;

macro_rules! problems {
    ($($name:ident $id:literal $severe:ident $meaning:literal)*) => {
        $(pub(crate) const $name: Defect = Defect { id: $id, severe: $severe, meaning: $meaning };)*
        /// All defects that [`scan`](crate::scan) can name.
        pub static PROBLEMS: &[Defect] = &[$($name),*];
    };
}

problems! {
    DISK_UNREADABLE "disk-unreadable" SEVERE "the start of a disk beside the first cannot be read"
    MBR_BOOT_FLAG_INVALID "mbr-boot-flag-invalid" SEVERE
        "the boot flag of an entry is neither 00 nor 80, for which Linux takes the sector for no table at all"
    MBR_PARTITION_BEYOND_END "mbr-partition-beyond-end" SEVERE "a partition reaches past the end of the disk"
    MBR_PARTITION_OVERLAP "mbr-partition-overlap" WARNING "two partitions, or one and the table, share sectors"
    MBR_SEVERAL_EXTENDED "mbr-several-extended" WARNING "there is more than one extended partition"
    MBR_EXTENDED_LOOP "mbr-extended-loop" SEVERE "the chain of logical partitions comes back to itself"
    MBR_EXTENDED_BACKWARD "mbr-extended-backward" WARNING "the chain of logical partitions goes backward"
    MBR_EXTENDED_OUTSIDE "mbr-extended-outside" SEVERE "the chain of logical partitions leaves the extended partition"
    MBR_EXTENDED_UNREADABLE "mbr-extended-unreadable" SEVERE "a link of the chain of logical partitions is no table"
    MBR_EXTENDED_TOO_LONG "mbr-extended-too-long" SEVERE "the chain of logical partitions is longer than is read"
    MBR_LOGICAL_OUTSIDE "mbr-logical-outside" SEVERE "a logical partition lies outside the extended partition"
    MBR_LOGICAL_DUPLICATE "mbr-logical-duplicate" WARNING "two logical partitions begin at the same sector"
    MBR_GPT_REMAINS "mbr-gpt-remains" WARNING "a valid GPT lies behind a first sector that does not announce it"

    GPT_INVALID "gpt-invalid" SEVERE "there should be a GPT, and neither copy of it is valid"
    GPT_PROTECTIVE_MBR "gpt-protective-mbr" SEVERE
        "no MBR entry of type EE begins at sector 1, without which Linux and firmware ignore the GPT"
    GPT_HYBRID_MISMATCH "gpt-hybrid-mismatch" WARNING "the MBR lists a partition that the GPT does not"
    GPT_SECTOR_SIZE "gpt-sector-size" SEVERE "the GPT was written for another sector size than the disk has"
    GPT_PRIMARY_HEADER_BAD "gpt-primary-header-bad" WARNING "the header at the start of the disk is not valid"
    GPT_PRIMARY_ENTRIES_BAD "gpt-primary-entries-bad" WARNING "the entries at the start of the disk are not valid"
    GPT_BACKUP_MISSING "gpt-backup-missing" WARNING "there is no copy of the header at the end of the disk"
    GPT_BACKUP_HEADER_BAD "gpt-backup-header-bad" WARNING "the header at the end of the disk is not valid"
    GPT_BACKUP_ENTRIES_BAD "gpt-backup-entries-bad" WARNING "the entries at the end of the disk are not valid"
    GPT_BACKUP_NOT_AT_END "gpt-backup-not-at-end" WARNING "the backup header is not in the last sector of the disk"
    GPT_COPIES_DIFFER "gpt-copies-differ" SEVERE "both copies are valid and say different things"
    GPT_ENTRY_SIZE "gpt-entry-size" SEVERE "entries are not of 128 bytes, the only size that Linux reads"
    GPT_USABLE_RANGE "gpt-usable-range" SEVERE "the range that partitions may use is not a range of this disk"
    GPT_ENTRY_INVALID "gpt-entry-invalid" SEVERE "a partition ends before it begins, or is too large for any disk"
    GPT_ENTRY_OVERLAP "gpt-entry-overlap" SEVERE "two partitions share sectors"
    GPT_ENTRY_OUTSIDE_USABLE "gpt-entry-outside-usable" SEVERE "a partition lies outside the usable range"
    GPT_PARTITION_BEYOND_END "gpt-partition-beyond-end" SEVERE "a partition reaches past the end of the disk"
    GPT_DUPLICATE_GUID "gpt-duplicate-guid" WARNING "two partitions have the same unique GUID"
    GPT_TOO_MANY "gpt-too-many-partitions" SEVERE "there are more partitions than are read"

    BSD_LABEL_BAD "bsd-label-bad" SEVERE "the BSD label of a slice is damaged, and what it lists is not read"
    BSD_PARTITION_OUTSIDE "bsd-partition-outside" SEVERE "an entry of a BSD label lies outside what the label divides"
    BSD_PARTITION_OVERLAP "bsd-partition-overlap" WARNING "two entries of a BSD label share sectors"
    FIRMWARE_RAID "firmware-raid" WARNING "the disk is a member of a RAID of its mainboard's firmware"
    LDM_DYNAMIC "ldm-dynamic-disk" SEVERE "the disk is a dynamic disk of Windows, whose volumes are not read"

    MD_SUPERBLOCK_BAD "md-superblock-bad" WARNING "the superblock of a member of an array is damaged"
    MD_DEGRADED "md-degraded" WARNING "an array lacks members, and goes on without them"
    MD_STALE "md-stale-member" WARNING "a member of an array holds older data than the others, and is not read"
    MD_MISSING_MEMBER "md-missing-member" SEVERE "an array needs a member that is not on these disks"
    MD_UNSUPPORTED "md-unsupported" SEVERE "an array is of a level or in a state that is not read"
    MD_BEYOND_END "md-beyond-end" SEVERE "an array reaches past the end of a member"

    BCACHE_CACHED "bcache-cached" WARNING "a device is read without the cache before it, which may hold newer data"
    BCACHE_DIRTY "bcache-dirty" SEVERE "the cache before a device holds newer data than the device"
    BCACHE_BAD "bcache-superblock-bad" WARNING "the superblock of a cached device is damaged"

    LVM_LABEL_BAD "lvm-label-bad" SEVERE "the label of a physical volume is damaged"
    LVM_METADATA_BAD "lvm-metadata-bad" WARNING "a copy of the metadata is damaged; others may be whole"
    LVM_METADATA_LOST "lvm-metadata-lost" SEVERE "no valid metadata was found for a physical volume"
    LVM_DUPLICATE_PV "lvm-duplicate-pv" SEVERE "two volumes are the same physical volume"
    LVM_MISSING_PV "lvm-missing-pv" SEVERE "the group needs a physical volume that is not on these disks"
    LVM_SEGMENT_UNSUPPORTED "lvm-segment-unsupported" SEVERE "a logical volume is of a type that is not read"
    LVM_SEGMENT_BAD "lvm-segment-bad" SEVERE "the map of a logical volume contradicts itself"
    LVM_SEGMENT_LOOP "lvm-segment-loop" SEVERE "a logical volume is made of itself"
    LVM_CACHED "lvm-cached" WARNING "a logical volume is read without the cache before it, which may hold newer data"
    LVM_MIRROR_UNSYNCED "lvm-mirror-unsynced" WARNING "a copy of a mirrored logical volume is not whole, and is not read"
    LVM_THIN_BAD "lvm-thin-bad" SEVERE "the map of a thin pool is damaged"
    LVM_BEYOND_END "lvm-beyond-end" SEVERE "a logical volume reaches past the end of its physical volume"
    LVM_TOO_MANY "lvm-too-many-volumes" SEVERE "a group has more logical volumes than are read"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_stable_in_form() {
        let ids: std::collections::BTreeSet<_> = PROBLEMS.iter().map(|defect| defect.id).collect();
        assert_eq!(ids.len(), PROBLEMS.len());
        assert!(ids.iter().all(|id| id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')));
    }
}
