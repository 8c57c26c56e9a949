//! Who wants to know how far it is.

/// Hears of progress, from several threads at once.
pub trait Progress: Sync {
    /// Parts go to this upload.
    fn begun(&self, id: &str) {
        let _ = id;
    }

    /// So many bytes more were sent; none is counted twice.
    fn sent(&self, bytes: u64) {
        let _ = bytes;
    }

    /// So many bytes are there already, from an earlier run.
    fn kept(&self, bytes: u64) {
        let _ = bytes;
    }

    /// Something that the user should know.
    fn note(&self, text: &str) {
        let _ = text;
    }
}

/// Nobody wants to know.
impl Progress for () {}
