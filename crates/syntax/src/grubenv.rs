//! GRUB's environment block: 1024 bytes, `# GRUB Environment Block`, `KEY=value` lines, padded with `#`.

use std::collections::BTreeMap;

/// The variables; none where it is no environment block.
pub fn parse(bytes: &[u8]) -> Option<BTreeMap<String, String>> {
    let _ = bytes;
    None
}
