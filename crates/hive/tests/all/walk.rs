//! All of a hive, visited once.

use hive::{Hive, Key};
use storage::Error;

/// What was met on the way.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) keys: usize,
    pub(crate) values: usize,
    pub(crate) bytes: usize,
    pub(crate) errors: Vec<Error>,
}

/// Keys that a walk visits at most: damaged hives may have cycles, which the caller of `keys` must break.
const BUDGET: usize = 400_000;

pub(crate) fn walk(hive: &Hive) -> Seen {
    let mut seen = Seen::default();
    match hive.root() {
        Ok(root) => descend(&root, 0, &mut seen),
        Err(error) => seen.errors.push(error),
    }
    seen
}

fn descend(key: &Key<'_>, depth: usize, seen: &mut Seen) {
    seen.keys += 1;
    for value in key.values() {
        match value {
            Ok(value) => {
                seen.values += 1;
                seen.bytes += value.bytes().map_or(0, <[u8]>::len);
            }
            Err(error) => seen.errors.push(error),
        }
    }
    if depth > 64 || seen.keys > BUDGET || seen.errors.len() > 100_000 || seen.bytes > 1 << 28 {
        return;
    }
    for child in key.keys() {
        match child {
            Ok(child) => descend(&child, depth + 1, seen),
            Err(error) => seen.errors.push(error),
        }
    }
}
