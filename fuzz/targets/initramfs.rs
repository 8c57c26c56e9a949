//! Any bytes as an initramfs, its content asked for.

#![no_main]

use initramfs::{Entry, Limits, Visitor};
use libfuzzer_sys::fuzz_target;

struct All;

impl Visitor for All {
    fn entry(&mut self, _: &Entry<'_>) -> bool {
        true
    }
}

fuzz_target!(|bytes: &[u8]| {
    let _ = initramfs::read(bytes, &Limits { unpacked: 16 << 20, entries: 10_000 }, &mut All);
});
