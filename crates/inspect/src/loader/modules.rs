//! Where GRUB 2 keeps its modules.

use super::view::View;
use crate::look::{Gap, Look};

/// Platforms that ECS has.
const PLATFORMS: &[&str] = &["i386-pc", "x86_64-efi", "arm64-efi", "i386-efi"];

/// Directories with `normal.mod`.
pub(super) fn directories(view: &View<'_>) -> Look<Vec<String>> {
    let mut found = Vec::new();
    for prefix in ["/boot/grub2", "/boot/grub"] {
        for platform in PLATFORMS {
            let directory = format!("{prefix}/{platform}");
            if view.stitched.tree.has_file(&format!("{directory}/normal.mod"))? {
                found.push(directory);
            }
        }
    }
    if found.is_empty() { Err(Gap::Absent) } else { Ok(found) }
}
