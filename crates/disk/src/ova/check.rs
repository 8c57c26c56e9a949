//! Checking the manifest and every disk.

use super::label;
use super::package::Package;
use crate::Checked;
use std::sync::Arc;
use storage::{Error, Result, Slice, Source};

/// The counts of all disks together. Where the file ends that is in use is not told: it is the archive's end.
pub(super) fn check(file: &Source) -> Result<Checked> {
    let package = Package::read(file)?;
    let mut all = Checked::default();
    package.verify(file).map(|_| ()).or_else(|error| all.find(error))?;
    for drive in package.drives() {
        let name = label(&drive.href);
        let within = |error: Error| error.within(format!("{name:?} in the OVA"));
        let checked = package.locate(file, drive).and_then(|(member, format)| {
            let slice = Slice::new(file.clone(), member.start, member.size)?;
            crate::check(Arc::new(slice), Some(format)).map_err(within)
        });
        let add = |checked: Checked| {
            all.corruptions.extend(checked.corruptions.into_iter().map(within));
            all.corruption_count += checked.corruption_count;
            all.leaks.extend(checked.leaks.into_iter().map(within));
            all.leak_count += checked.leak_count;
            all.total_clusters += checked.total_clusters;
            all.allocated_clusters += checked.allocated_clusters;
            all.fragmented_clusters += checked.fragmented_clusters;
            all.compressed_clusters += checked.compressed_clusters;
        };
        checked.map(|checked| checked.map_or((), add)).or_else(|error| all.find(error))?;
    }
    Ok(all)
}
