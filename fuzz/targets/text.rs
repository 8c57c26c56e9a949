//! Any bytes as each of the small text formats.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = syntax::fstab::parse(bytes);
    let _ = syntax::shell::assignments(bytes);
    let _ = syntax::bls::parse(bytes);
    let _ = syntax::grub_legacy::parse(bytes);
    let _ = syntax::grubenv::parse(bytes);
    let _ = syntax::ini::parse(bytes);
    let _ = syntax::interfaces::parse(bytes);
    let _ = syntax::modules::modprobe(bytes);
    let _ = syntax::modules::dependencies(bytes);
    let _ = syntax::modules::builtin(bytes);
    let _ = syntax::sshd::parse(bytes);
    let text = String::from_utf8_lossy(bytes);
    let _ = syntax::cmdline::parameters(&text);
    let _ = syntax::version::compare(&text, &text);
});
