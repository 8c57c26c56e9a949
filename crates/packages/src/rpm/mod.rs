//! The database of rpm: headers of packages in a container.

mod berkeley;
mod header;
mod ndb;
mod sqlite;

use crate::{MAX_PACKAGES, Package};
use storage::{Error, Result};

/// Called with each header blob.
type Each<'a> = dyn FnMut(&[u8]) -> Result<()> + 'a;

/// Packages in a database: `Packages` (Berkeley DB), `Packages.db` (ndb) or `rpmdb.sqlite`.
///
/// # Errors
///
/// `Unsupported` for another container; `Corrupt` where its structure or a header contradicts itself.
pub fn rpm(database: &[u8]) -> Result<Vec<Package>> {
    rpm_with_wal(database, &[])
}

/// The same with the `-wal` file that SQLite keeps beside its database, which holds what was written last.
///
/// # Errors
///
/// As of [`rpm`].
pub fn rpm_with_wal(database: &[u8], wal: &[u8]) -> Result<Vec<Package>> {
    let mut packages = Vec::new();
    let mut each = |blob: &[u8]| {
        if packages.len() == MAX_PACKAGES {
            return Err(Error::refused(format!("more than {MAX_PACKAGES} packages are installed")));
        }
        packages.extend(header::package(blob)?);
        Ok(())
    };
    if sqlite::is_one(database) {
        sqlite::walk(database, wal, &mut each)?;
    } else if berkeley::is_one(database) {
        berkeley::walk(database, &mut each)?;
    } else if ndb::is_one(database) {
        ndb::walk(database, &mut each)?;
    } else {
        return Err(Error::unsupported("is no package database that is known: neither Berkeley DB, ndb nor SQLite"));
    }
    Ok(packages)
}
