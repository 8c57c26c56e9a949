//! Any bytes as a volume of unknown content.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = filesystem::identify(&bytes.to_vec());
});
