//! Windows registry hives, read-only.
//!
//! A hive is a file of the registry: `SYSTEM`, `SOFTWARE`, `SAM`, the boot configuration data. [`Hive::open`] takes its
//! bytes and those of its transaction logs; keys and values are then read one by one, where they are asked for, so that
//! damage in one place hides nothing in another.
//!
//! Layout: M. Suhanov, *Windows registry file format specification* (versions 1.3 to 1.6, which is NT 4.0 and later).
//! Not supported: versions 1.0 to 1.2 of the first releases of NT, security descriptors, class names.
//!
//! The crate `regf` was tried and is used by the tests only, to write hives: it refuses a whole hive for one wrong hash
//! in a list of names, and takes more than a second to check a `SOFTWARE` of 37 MB before the first key can be read.

mod base;
mod bins;
mod bytes;
mod cells;
mod hive;
mod key;
mod log;
mod name;
mod subkeys;
mod value;

pub use hive::{Hive, MAX_HIVE, State, is_clean};
pub use key::Key;
pub use value::{Data, Value};
