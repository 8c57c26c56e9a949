//! The whole `ImportImage` request (ECS API 2014-05-26) of an image.
//!
//! [`Draft::of`] puts it together: what the disk says about itself is derived from facts, with the evidence for it
//! ([`Origin`]); what the user states goes before it, and the two are compared. [`Draft::check`] asks the rules of
//! `preflight` of the result. A [`Writer`] prints it for people, for programs, or for a tool that makes the call. Nothing
//! here reads a file or a network, and a call can be made of [`ImportImage::parameters`] as it is.
//!
//! Not sent, for they are deprecated: `DiskDeviceMapping.N.Device`, `DiskDeviceMapping.N.DiskImSize`, `OwnerId` and its
//! like.
//!
//! # How to add an output
//!
//! Write `NAME.rs` with a unit struct `Writer` that implements the trait, and add its word to `writers!`.

mod boot_mode;
mod checks;
mod cli;
mod disk;
mod draft;
mod hcl;
mod import;
mod json;
mod nvme;
mod origin;
mod packer;
mod stated;
mod system;
mod terraform;
#[cfg(test)]
mod testing;
mod text;

pub use checks::{Checks, Problem};
pub use draft::Draft;
pub use import::{DiskDeviceMapping, ImportImage};
pub use origin::{Found, Origin};
pub use stated::{Stated, StatedDisk};

/// One way to print a request.
pub trait Writer: Sync + std::fmt::Debug {
    /// Its name, as on the command line.
    fn name(&self) -> &'static str;

    /// The request as text, or why it cannot be said in this way.
    fn write(&self, draft: &Draft, checks: &Checks) -> Result<String, String>;
}

macro_rules! writers {
    ($($name:ident),*) => {
        /// All ways to print a request.
        pub static WRITERS: &[&dyn Writer] = &[$(&$name::Writer),*];
    };
}

writers! { text, json, cli, terraform, packer }

/// The writer of that name.
pub fn writer(name: &str) -> Option<&'static dyn Writer> {
    WRITERS.iter().find(|writer| writer.name() == name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found_by_name() {
        let names: Vec<_> = WRITERS.iter().map(|writer| writer.name()).collect();
        assert_eq!(names, ["text", "json", "cli", "terraform", "packer"]);
        assert!(writer("cli").is_some() && writer("yaml").is_none());
    }
}
