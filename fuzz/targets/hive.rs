//! Any bytes as a registry hive: a bounded walk over its keys and values.

#![no_main]

use hive::{Hive, Key};
use libfuzzer_sys::fuzz_target;

fn walk(key: &Key<'_>, depth: u8, budget: &mut u32) {
    for value in key.values() {
        let _ = value.map(|value| value.text().is_some() || value.list().is_some() || value.number().is_some());
    }
    for child in key.keys().flatten() {
        *budget = budget.saturating_sub(1);
        if *budget == 0 || depth == 0 {
            return;
        }
        walk(&child, depth - 1, budget);
    }
}

fuzz_target!(|bytes: &[u8]| {
    // What follows the first half may be a log of it.
    let (hive, log) = bytes.split_at(bytes.len() / 2);
    for opened in [Hive::open(bytes.to_vec(), &[]), Hive::open(hive.to_vec(), &[log.to_vec()])] {
        if let Ok(root) = opened.as_ref().map_err(drop).and_then(|hive| hive.root().map_err(drop)) {
            walk(&root, 16, &mut 500);
        }
    }
});
