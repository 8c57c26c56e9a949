//! What package databases say is installed.
//!
//! Two families: the one text file of dpkg ([`dpkg`]), and the three containers in which rpm keeps its headers
//! ([`rpm`]): Berkeley DB (to Fedora 32, RHEL 8), ndb (SUSE) and SQLite (Fedora 33, RHEL 9 and later). A database is
//! read for names and versions; nothing is verified, and indexes beside it are not looked at.
//!
//! Not supported: databases of apk, pacman, portage and pkgng.
#![forbid(unsafe_code)]

mod bytes;
mod dpkg;
mod rpm;

pub use dpkg::dpkg;
pub use rpm::{rpm, rpm_with_wal};

/// A package that is installed.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Package {
    /// Its name: `openssh-server`.
    pub name: String,
    /// As its tools print it: `1:9.2p1-2+deb12u3`, `8.7p1-34.el9`; an epoch of rpm stands before a colon.
    pub version: String,
    /// `amd64`, `x86_64`, `noarch`; empty where it is not said.
    pub architecture: String,
}

/// Packages of one database: far more than any system has.
pub const MAX_PACKAGES: usize = 100_000;
