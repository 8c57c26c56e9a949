//! The registry of schemes, which divide one disk or array, and the loop that asks them.

use crate::Layout;
use std::fmt::Debug;
use storage::Result;

/// A way to divide something into volumes: a partition table. What puts volumes together is a
/// `Stack`.
pub trait Scheme: Sync + Debug {
    /// Its word in [`SCHEMES`].
    fn name(&self) -> &'static str;

    /// Looks into `layout.volumes[fresh..]`, the volumes found since it was last asked, and adds what it finds to
    /// `layout`. The first volume is always the whole disk.
    ///
    /// # Errors
    ///
    /// Of kind `Io` only, but for the first sector of the disk: other defects are problems of the layout.
    fn scan(&self, layout: &mut Layout, fresh: usize) -> Result<()>;
}

macro_rules! schemes {
    ($($name:ident),* $(,)?) => {
        /// All schemes, in the order in which they are asked.
        pub static SCHEMES: &[&dyn Scheme] = &[$(&crate::$name::Scheme),*];
    };
}

schemes! { gpt, mbr, bsd }

/// How deep volumes may lie in volumes.
const MAX_ROUNDS: usize = 6;

/// Asks every scheme about every volume once, also about those that others found.
pub(crate) fn ask_all(layout: &mut Layout) -> Result<()> {
    let mut seen = vec![0; SCHEMES.len()];
    for _ in 0..MAX_ROUNDS {
        for (scheme, seen) in SCHEMES.iter().zip(&mut seen) {
            let fresh = std::mem::replace(seen, layout.volumes.len());
            if fresh < layout.volumes.len() {
                scheme.scan(layout, fresh)?;
            }
        }
    }
    layout.finish();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scheme_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<_> = SCHEMES.iter().map(|scheme| scheme.name()).collect();
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["bsd", "gpt", "mbr"]);
    }
}
