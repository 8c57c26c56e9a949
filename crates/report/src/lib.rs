//! Reports: text and pages for people, documents for programs and CI.
//!
//! A [`Reporter`] writes what `preflight` found out in one format; [`reporter`] finds it by name. Facts alone, without
//! a verdict, are written by [`inspect_text`], [`inspect_json`], [`inspect_xml`] and [`boot_chain_text`], a rule's own
//! words by [`explain`].
//!
//! Everything that comes from a guest is escaped for the format that it is written in, and long lines of it are cut
//! where people read them.
//!
//! # How to add one
//!
//! Write `NAME.rs` with a unit struct `Reporter` that implements the trait, and add its word to `reporters!`.

mod bar;
mod boot_chain;
mod escape;
mod explain;
mod freebsd;
mod github;
mod gitlab;
mod head;
mod html;
mod image_check;
mod inspect;
mod json;
mod junit;
mod map;
mod markdown;
mod markup;
mod page;
mod sarif;
mod sorted;
mod style;
mod summary;
mod text;
mod uri;
mod windows;
mod xml;

pub use boot_chain::boot_chain_text;
pub use explain::explain;
pub use github::summary as github_summary;
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

reporters! { text, json, sarif, junit, github, gitlab, markdown, image_check, html }

/// The format of that name.
pub fn reporter(name: &str) -> Option<&'static dyn Reporter> {
    REPORTERS.iter().find(|reporter| reporter.name() == name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found_by_name() {
        for one in REPORTERS {
            assert_eq!(reporter(one.name()).map(|found| found.name()), Some(one.name()));
            assert_eq!(REPORTERS.iter().filter(|other| other.name() == one.name()).count(), 1);
        }
        assert!(reporter("xml").is_none());
    }
}
