//! What was asked, for tests to look at. The headers hold signatures and session tokens, which are good nowhere else.

use crate::operation::Operation;
use crate::service::Service;
use crate::world::lock;
use std::collections::VecDeque;
use std::sync::Mutex;

/// Requests that are remembered; older ones are forgotten.
const KEPT: usize = 200_000;

/// One request and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The service asked.
    pub service: Service,
    /// What was asked.
    pub operation: Operation,
    /// The method.
    pub method: String,
    /// The path, decoded.
    pub path: String,
    /// Path and query, as they were sent.
    pub target: String,
    /// The headers, names in lower case, in the order sent.
    pub headers: Vec<(String, String)>,
    /// The number of the part, in `UploadPart`.
    pub part: Option<u32>,
    /// Bytes of the body that were read.
    pub received: u64,
    /// The status of the answer; `None` where the connection was cut before one was made.
    pub status: Option<u16>,
    /// The code of a refusal.
    pub code: Option<String>,
    /// The faults that struck, as in [`Rule`](crate::Rule)s.
    pub faults: Vec<String>,
}

/// All of them.
#[derive(Default)]
pub(crate) struct Log(Mutex<VecDeque<Record>>);

impl Log {
    pub(crate) fn push(&self, record: Record) {
        let mut records = lock(&self.0);
        if records.len() == KEPT {
            records.pop_front();
        }
        records.push_back(record);
    }

    pub(crate) fn all(&self) -> Vec<Record> {
        lock(&self.0).iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        lock(&self.0).clear();
    }
}
