//! LVM2: no groups are found yet.
use crate::Layout;
use storage::{ReadAt, Result};
#[derive(Debug)]
pub(crate) struct Scheme;
impl crate::Scheme for Scheme {
    fn name(&self) -> &'static str {
        "lvm"
    }
    fn scan(&self, _: &mut Layout, _: usize) -> Result<()> {
        Ok(())
    }
}
pub(crate) fn has_label(_: &dyn ReadAt) -> Result<bool> {
    Ok(false)
}
