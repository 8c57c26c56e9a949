//! The disks that boot.

use super::mutation::Kind;
use crate::Result;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// A real disk of the directory, and what is known of it.
pub(crate) struct Guest {
    pub(crate) name: String,
    pub(crate) image: PathBuf,
    pub(crate) kind: Kind,
    /// Version of its only kernel.
    pub(crate) kernel: String,
}

impl Guest {
    /// The disks of a directory that boot, in the order of their names.
    pub(crate) fn real(directory: &Path) -> Result<Vec<Self>> {
        let mut guests = Vec::new();
        for entry in fs::read_dir(directory).map_err(|error| format!("{}: {error}", directory.display()))? {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let known: Value = serde_json::from_str(&fs::read_to_string(&path)?)?;
            if known["real"] == true && known["os_type"] == "linux" {
                guests.push(Guest::new(&path, &known)?);
            }
        }
        guests.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(guests)
    }

    fn new(path: &Path, known: &Value) -> Result<Self> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let kernel = known["kernels"][0].as_str().ok_or_else(|| format!("{name}: no kernel is listed"))?.to_owned();
        let kind = match (known["lvm"] == true, known["boot_mode"] == "uefi") {
            (true, _) => Kind::Lvm,
            (false, true) => Kind::Uefi,
            (false, false) => Kind::Bios,
        };
        Ok(Guest { name, image: path.with_extension("raw"), kind, kernel })
    }
}
