//! The image file.

use crate::{Evidence, Known, Media};
use serde::{Deserialize, Serialize};

/// The file that holds the disk.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Image {
    /// Its name as it was given.
    pub path: String,
    /// Its length.
    pub file_size: u64,
    /// What it is by its content: `raw`, `qcow2`, `vhd`, or the name of a format that is recognised and not read.
    /// Absent: empty.
    pub format: Known<String>,
    /// Other formats whose marks it bears as well.
    pub also_looks_like: Vec<String>,
    /// The format that its file name claims, where the name claims one.
    pub named_as: Option<String>,
    /// Length of the disk in it.
    pub virtual_size: Known<u64>,
    /// Header fields of a qcow2.
    pub qcow2: Option<Qcow2>,
    /// Header fields of a VHD.
    pub vhd: Option<Vhd>,
    /// The media that it is, where it is media and no disk.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub media: Option<Media>,
    /// What was read of it over the network, where it lies there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub remote: Option<Transfer>,
    /// Whether its metadata is sound: all of it was walked. `Is` an empty list: sound.
    pub damage: Known<Vec<Evidence>>,
    /// What is odd but harmless, as the reader of the format says.
    pub notes: Vec<String>,
}

/// What was read over the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// Bytes that the server sent.
    pub bytes: u64,
    /// In how many answers.
    pub requests: u64,
}

/// Header fields of a qcow2 (QEMU docs/interop/qcow2.rst).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Qcow2 {
    /// 2 or 3.
    pub version: u32,
    /// Cluster size.
    pub cluster_size: u64,
    /// Name of the backing file, as in the header.
    pub backing_file: Option<String>,
    /// Name of the external data file; empty where only the feature bit is set.
    pub data_file: Option<String>,
    /// Name of the encryption: `aes` or `luks`.
    pub encryption: Option<String>,
    /// `zlib` or `zstd`.
    pub compression: String,
    /// Subclusters.
    pub extended_l2: bool,
    /// Refcounts may be wrong (lazy refcounts, or a writer that crashed).
    pub dirty: bool,
    /// A writer found it damaged.
    pub corrupt: bool,
    /// Number of internal snapshots.
    pub snapshots: u32,
}

/// Kind of a VHD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VhdKind {
    /// All blocks stored in order.
    #[default]
    Fixed,
    /// Blocks stored as they are written.
    Dynamic,
    /// Only what differs from a parent.
    Differencing,
}

/// Footer and header fields of a VHD (Microsoft, "Virtual Hard Disk Image Format Specification" 1.0).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Vhd {
    /// Kind.
    pub kind: VhdKind,
    /// Creator application, four characters.
    pub creator: String,
    /// Current size in the footer.
    pub current_size: u64,
    /// What the CHS geometry in the footer amounts to.
    pub geometry_size: u64,
    /// Block size of a dynamic one.
    pub block_size: Option<u64>,
    /// Entries of the block allocation table of a dynamic one.
    pub max_table_entries: Option<u64>,
    /// Whether the footer at the end of the file is there and its checksum right.
    pub footer_valid: bool,
    /// The machine was suspended when it was written.
    pub saved_state: bool,
}
