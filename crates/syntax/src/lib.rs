//! The text formats found in guests.
//!
//! Pure functions from text to structures: no files, no knowledge of volumes. Every parser takes hostile input: it is
//! bounded, never panics, and keeps the line number (from 1) of everything it returns. Text arrives as bytes; what is
//! not UTF-8 is replaced. What lies beyond [`MAX_TEXT`] bytes is not looked at: whoever reads the file says so.

pub mod bls;
pub mod cmdline;
pub mod fstab;
pub mod grub;
pub mod grub_legacy;
pub mod grubenv;
pub mod ini;
pub mod interfaces;
pub mod loader_conf;
pub mod modules;
pub mod shell;
pub mod sshd;
mod text;
pub mod version;
pub mod yaml;

pub use text::{MAX_ITEMS, MAX_TEXT};
