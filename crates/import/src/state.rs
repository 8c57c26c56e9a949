//! How far the objects of an import and the import itself are, as the journal writes it down.

use serde::{Deserialize, Serialize};

/// How far an object is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ObjectState {
    /// Parts are being sent.
    Uploading {
        /// The upload.
        id: String,
        /// Bytes of the image.
        size: u64,
        /// Bytes of a part.
        part_size: u64,
    },
    /// It is there.
    Uploaded {
        /// Its length.
        size: u64,
        /// Its tag.
        etag: String,
        /// Its CRC-64/XZ.
        crc64: u64,
    },
}

/// How far the import is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ImportState {
    /// The call is about to be made, or was made and its answer lost.
    Submitted {
        /// The `ClientToken` that makes it the same call again.
        token: String,
        /// SHA-256 of its parameters.
        parameters: String,
    },
    /// The service took it.
    Running {
        /// SHA-256 of its parameters.
        parameters: String,
        /// The task; empty for an import that was found running.
        task: String,
        /// The image to be.
        image: String,
    },
    /// The image is there.
    Finished {
        /// SHA-256 of its parameters.
        parameters: String,
        /// The image.
        image: String,
    },
}
