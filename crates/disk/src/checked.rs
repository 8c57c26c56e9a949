//! What a check of an image finds.

use storage::{Error, ErrorKind, Result};

/// Findings that are listed; what a broken table makes of a large image is not read by anyone to the end.
pub(crate) const MAX_LISTED: usize = 200;

/// What a walk through all metadata found; a clean image has neither corruptions nor leaks.
#[derive(Debug, Default)]
pub struct Checked {
    /// Damage that may cost data; as many as are worth reading.
    pub corruptions: Vec<Error>,
    /// How many there are, listed or not.
    pub corruption_count: u64,
    /// Space of the file that is marked as used and is not; as many as are worth reading.
    pub leaks: Vec<Error>,
    /// How many clusters that are.
    pub leak_count: u64,
    /// Clusters of the disk.
    pub total_clusters: u64,
    /// Those that are stored.
    pub allocated_clusters: u64,
    /// Those stored elsewhere than behind their predecessor.
    pub fragmented_clusters: u64,
    /// Those stored compressed.
    pub compressed_clusters: u64,
    /// Where the part of the file that is in use ends; 0 where that was not found out.
    pub image_end_offset: u64,
}

impl Checked {
    /// Neither damage nor waste.
    pub fn is_clean(&self) -> bool {
        self.corruption_count == 0 && self.leak_count == 0
    }

    /// Keeps damage; hands on what is no damage of the image.
    pub(crate) fn find(&mut self, error: Error) -> Result<()> {
        if error.kind() != ErrorKind::Corrupt {
            return Err(error);
        }
        self.corruption_count += 1;
        if self.corruptions.len() < MAX_LISTED {
            self.corruptions.push(error);
        }
        Ok(())
    }
}
