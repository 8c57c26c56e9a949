//! Reports: text for people, JSON for programs.
//!
//! A [`Reporter`] writes what `preflight` found out in one format; [`reporter`] finds it by name. Facts alone, without
//! a verdict, are written by [`inspect_text`], [`inspect_json`], [`inspect_xml`] and [`boot_chain_text`], a rule's own
//! words by [`explain`].
//!
//! Everything that comes from a guest is escaped on its way to a terminal, and long lines of it are cut.
//!
//! # How to add one
//!
//! Write `NAME.rs` with a unit struct `Reporter` that implements the trait, and add its word to `reporters!`.

mod boot_chain;
mod explain;
mod freebsd;
mod head;
mod inspect;
mod json;
mod page;
mod style;
mod summary;
mod text;
mod windows;
mod xml;

pub use boot_chain::boot_chain_text;
pub use explain::explain;
pub use inspect::{inspect_json, inspect_text};
pub use style::Style;
pub use xml::inspect_xml;

use facts::Facts;
use preflight::Report;
use std::io;

/// An image that was judged.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// What the rules say about it.
    pub report: &'a Report,
    /// What they were asked of.
    pub facts: &'a Facts,
}

/// One format of reports.
pub trait Reporter: Sync {
    /// Its name, as on the command line.
    fn name(&self) -> &'static str;

    /// Writes one document on all images, of which there is at least one.
    fn write(&self, images: &[Judged<'_>], style: &Style, out: &mut dyn io::Write) -> io::Result<()>;
}

macro_rules! reporters {
    ($($name:ident),*) => {
        /// All formats of reports.
        pub static REPORTERS: &[&dyn Reporter] = &[$(&$name::Reporter),*];
    };
}

reporters! { text, json }

/// The format of that name.
pub fn reporter(name: &str) -> Option<&'static dyn Reporter> {
    REPORTERS.iter().find(|reporter| reporter.name() == name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found_by_name() {
        assert_eq!(REPORTERS.iter().map(|reporter| reporter.name()).collect::<Vec<_>>(), ["text", "json"]);
        assert!(reporter("text").is_some() && reporter("xml").is_none());
    }
}
