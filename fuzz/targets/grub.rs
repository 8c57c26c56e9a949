//! Any bytes as a GRUB 2 configuration, with a host on which every file is that configuration.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::collections::BTreeMap;
use syntax::grub::{Entry, Host, SearchBy};

struct Echo<'a>(&'a [u8]);

impl Host for Echo<'_> {
    fn read(&mut self, device: &str, path: &str) -> Option<(String, Vec<u8>)> {
        (path.len() < 64).then(|| (format!("({device}){path}"), self.0.to_vec()))
    }
    fn exists(&mut self, _: &str, path: &str) -> bool {
        path.len() % 2 == 0
    }
    fn search(&mut self, _: SearchBy, what: &str) -> Option<String> {
        (what.len() % 2 == 0).then(|| "hd0,gpt1".to_owned())
    }
    fn bls_entries(&mut self, _: &str, _: &str, _: &BTreeMap<String, String>) -> Vec<Entry> {
        Vec::new()
    }
}

fuzz_target!(|bytes: &[u8]| {
    let _ = syntax::grub::run(bytes, "/boot/grub/grub.cfg", "hd0,gpt1", "(hd0,gpt1)/boot/grub", &mut Echo(bytes));
});
