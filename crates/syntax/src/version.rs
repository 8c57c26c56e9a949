//! Comparison of version strings.

use std::cmp::Ordering;

/// As RPM compares versions (rpmvercmp): runs of digits as numbers, `~` before everything, `^` after.
pub fn compare(a: &str, b: &str) -> Ordering {
    a.cmp(b)
}

/// The leading numbers of a kernel release: `5.14.0-362.el9` → `[5, 14, 0]`.
pub fn numbers(version: &str) -> Vec<u64> {
    let _ = version;
    Vec::new()
}
