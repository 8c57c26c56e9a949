//! A root on ZFS, which is not read: what the disk shows of it.

use facts::{Content, Evidence, Volume};

/// GPT type of a partition for ZFS on FreeBSD.
const FREEBSD_ZFS: &str = "516E7CBA-6ECF-11D6-8FF8-00022D09712B";

/// Why there may be a root on ZFS, where no other was found: the pools, and what else there is of the system.
pub(crate) fn hidden_root(volumes: &[Volume]) -> Option<String> {
    let pools: Vec<String> = volumes.iter().filter_map(pool).collect();
    if pools.is_empty() {
        return None;
    }
    let has = |wanted: fn(&Volume) -> bool| volumes.iter().find(|volume| wanted(volume));
    let boot = has(|volume| matches!(volume.content.value(), Some(Content::Other { name }) if name == "freebsd-boot"));
    let typed = has(|volume| volume.partition_type.as_deref().is_some_and(is_freebsd));
    let why = format!("ZFS root: {} cannot be looked into, ZFS is not read", pools.join(" and "));
    Some(match boot.or(typed) {
        Some(volume) => format!("{why}; {} is FreeBSD's", Evidence::volume(&volume.id, "its type")),
        None => why,
    })
}

fn is_freebsd(kind: &str) -> bool {
    kind.eq_ignore_ascii_case(FREEBSD_ZFS) || kind == "ZFS" || kind == "0xa5"
}

fn pool(volume: &Volume) -> Option<String> {
    match volume.content.value()? {
        Content::Member { of, name, .. } if of == "zfs" => {
            Some(format!("pool {} on {}", name.as_deref().unwrap_or("without a name"), volume.id))
        }
        _ => None,
    }
}
