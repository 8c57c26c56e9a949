//! Levels of arrays.

/// Members one behind the other.
pub(super) const LINEAR: i32 = -1;

/// Stripes without redundancy.
pub(super) const RAID0: i32 = 0;

/// The same on every member.
pub(super) const RAID1: i32 = 1;

/// The name that mdadm has for a level.
pub(super) fn name(level: i32) -> String {
    match level {
        -5 => "faulty".to_owned(),
        -4 => "multipath".to_owned(),
        LINEAR => "linear".to_owned(),
        0..=10 => format!("raid{level}"),
        _ => format!("level {level}"),
    }
}
