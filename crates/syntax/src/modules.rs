//! Kernel module lists: `modules.builtin`, `modules.dep`, `modprobe.d`, kernel configuration files. modprobe.d(5).

use std::collections::{BTreeMap, BTreeSet};

/// A module's name from its path or file name: directory and `.ko`, `.ko.xz`, `.ko.gz`, `.ko.zst` removed, `-` made
/// `_`; none for other files.
pub fn name(path: &str) -> Option<String> {
    let _ = path;
    None
}

/// Names in `modules.builtin`.
pub fn builtin(text: &[u8]) -> BTreeSet<String> {
    let _ = text;
    BTreeSet::new()
}

/// `modules.dep`: module name → names of what it needs, all of them, not only the next.
pub fn dependencies(text: &[u8]) -> BTreeMap<String, Vec<String>> {
    let _ = text;
    BTreeMap::new()
}

/// `CONFIG_X=y|m|…` lines, and `# CONFIG_X is not set` as `n`; only the names asked for.
pub fn config(text: &[u8], wanted: &[&str]) -> BTreeMap<String, String> {
    let _ = (text, wanted);
    BTreeMap::new()
}

/// A line of `modprobe.d`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Directive {
    /// `options module key=value …`.
    Options {
        /// Module.
        module: String,
        /// Pairs; a bare word has an empty value.
        options: Vec<(String, String)>,
        /// Line.
        line: u32,
    },
    /// `blacklist module`.
    Blacklist {
        /// Module.
        module: String,
        /// Line.
        line: u32,
    },
    /// `install module command`.
    Install {
        /// Module.
        module: String,
        /// Command.
        command: String,
        /// Line.
        line: u32,
    },
    /// `alias name module`.
    Alias {
        /// Name.
        name: String,
        /// Module.
        module: String,
        /// Line.
        line: u32,
    },
}

/// Reads a file of `modprobe.d`.
pub fn modprobe(text: &[u8]) -> Vec<Directive> {
    let _ = text;
    Vec::new()
}
