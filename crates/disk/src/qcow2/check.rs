//! The whole of the metadata.

use super::header::Header;
use storage::{Error, ReadAt, Result};

pub(super) fn check(_: &dyn ReadAt, _: &Header) -> Result<Vec<Error>> {
    Ok(Vec::new())
}
