//! Any bytes as a package database: dpkg's text, and rpm's in the formats that its reader knows apart.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = packages::dpkg(bytes);
    let _ = packages::rpm(bytes);
    let (database, log) = bytes.split_at(bytes.len() / 2);
    let _ = packages::rpm_with_wal(database, log);
});
