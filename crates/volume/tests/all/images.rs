//! Where test images come from, and what to do where they cannot.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use storage::Source;

/// Says that a test did not run; fails where that is not allowed.
pub(crate) fn skip(why: &str) {
    eprintln!("SKIPPED: {why}");
    assert!(std::env::var("BOOTWORTHY_REQUIRE_ORACLES").as_deref() != Ok("1"), "required, but skipped: {why}");
}

/// Whether a program can be started.
pub(crate) fn has(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

/// The folder of real images, if it is here.
pub(crate) fn corpora() -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("BOOTWORTHY_SHARED").map_or(default, PathBuf::from);
    let corpora = shared.join("corpora");
    (corpora.is_dir() && has("zstd")).then_some(corpora)
}

/// Unpacks a zstd file into a folder.
pub(crate) fn unpack(packed: &Path, folder: &Path) -> PathBuf {
    let target = folder.join(packed.file_stem().unwrap());
    let status = Command::new("zstd").args(["-q", "-d", "--sparse", "-f", "-o"]).arg(&target).arg(packed).status();
    assert!(status.unwrap().success(), "zstd -d {}", packed.display());
    target
}

/// Opens an image.
pub(crate) fn open(path: &Path) -> Source {
    Arc::new(storage::File::open(path).unwrap())
}
