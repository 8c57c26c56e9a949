//! GRUB 2 configuration: the shell-like language of `grub.cfg` (GRUB manual, "Writing full configuration files").
//!
//! Evaluated as GRUB would, as far as a boot without a person at the keyboard goes: variables, `if`/`elif`/`else`
//! with `[ … ]`/`test`, loops, `set`, `load_env`, `search`, `source`/`configfile`/`.`, functions, `menuentry`,
//! `submenu`, `blscfg`. As in GRUB the block of an entry is run after the whole file, with the variables at its end,
//! and a submenu and a `configfile` see only exported variables. Conditions on what only a running machine knows
//! (platform, keys pressed) are taken as false unless the caller presets variables with [`run_with`]. Everything is
//! bounded: commands, bytes, nesting, entries.
//!
//! Not supported: `probe`, `regexp`, `eval`, wildcards, configurations of other loaders (`legacy_configfile`), and
//! what Xen's `multiboot2` and `module2` load. A command that is not known fails and is a problem of the menu.

mod commands;
mod condition;
mod entries;
mod evaluator;
mod expand;
mod lexer;
mod menu;
mod parser;
mod scopes;
mod search;

use std::collections::BTreeMap;

use evaluator::Evaluator;

/// Longest value of a variable, in bytes. Ours: a kernel command line has at most 4096.
pub const MAX_VALUE: usize = 64 << 10;

/// A place in a configuration file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file, by the name the [`Host`] gave it.
    pub file: String,
    /// Line.
    pub line: u32,
}

/// What GRUB finds around it. Device names are the host's own (`(lvm/debvg-root)`, `(hd0,gpt2)`), without parentheses.
pub trait Host {
    /// Content and full name of a file on a device; `device` is `$root` or what the path says in parentheses.
    fn read(&mut self, device: &str, path: &str) -> Option<(String, Vec<u8>)>;
    /// Whether a file is there.
    fn exists(&mut self, device: &str, path: &str) -> bool;
    /// The device whose filesystem has that UUID, label or file (`search --fs-uuid`, `--label`, `--file`).
    fn search(&mut self, by: SearchBy, what: &str) -> Option<String>;
    /// Entries that `blscfg` makes from the directory on the device, in menu order ([`crate::bls::menu_order`],
    /// [`crate::bls::menu_entry`]); none where there is no directory.
    fn bls_entries(&mut self, device: &str, directory: &str, variables: &BTreeMap<String, String>) -> Vec<Entry>;
}

/// What `search` looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchBy {
    /// `--fs-uuid`, `-u`, `search.fs_uuid`.
    Uuid,
    /// `--label`, `-l`, `search.fs_label`.
    Label,
    /// `--file`, `-f`, `search.file`.
    File,
}

/// A `search` that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// By what.
    pub by: SearchBy,
    /// For what.
    pub what: String,
    /// The device found.
    pub found: Option<String>,
    /// Where.
    pub place: Place,
    /// Inside the entry of that index, or outside all.
    pub entry: Option<usize>,
}

/// A file that an entry loads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Device: the path's own, or `$root` at that point.
    pub device: String,
    /// Path on it.
    pub path: String,
    /// Where it is named.
    pub place: Place,
}

/// One menu entry, its commands run with the variables in force at its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// `--id`, or of the option variable `menuentry_id_option`.
    pub id: Option<String>,
    /// Title.
    pub title: String,
    /// Titles of the submenus it is in, outermost first.
    pub submenus: Vec<String>,
    /// Index path in the menu, such as `[1, 2]` for `1>2`.
    pub position: Vec<usize>,
    /// What `linux`, `linux16`, `linuxefi`, `linux_relative` loads.
    pub kernel: Option<File>,
    /// What `initrd` and its like load, in order.
    pub initrds: Vec<File>,
    /// What follows the kernel, variables expanded.
    pub cmdline: String,
    /// `--unrestricted`.
    pub unrestricted: bool,
    /// Where it begins.
    pub place: Place,
}

/// What the configuration comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Menu {
    /// Entries, submenus flattened in order.
    pub entries: Vec<Entry>,
    /// `default` at the end, expanded; `"0"` where it is not set.
    pub default: String,
    /// Where `default` was last set.
    pub default_place: Option<Place>,
    /// Index in `entries` that `default` means: by id, title, submenu path or position. None: it names nothing.
    pub default_entry: Option<usize>,
    /// `timeout`; none where not set.
    pub timeout: Option<i64>,
    /// `superusers` is set.
    pub locked: bool,
    /// Searches in the order run.
    pub searches: Vec<Search>,
    /// Files read.
    pub files: Vec<String>,
    /// Variables at the end.
    pub variables: BTreeMap<String, String>,
    /// What could not be followed: unknown commands that matter, includes that are not there, bounds reached.
    pub problems: Vec<(Place, String)>,
}

/// What every GRUB of today says of itself.
const FEATURES: [&str; 8] = [
    "feature_200_final",
    "feature_all_video_module",
    "feature_chainloader_bpb",
    "feature_default_font_path",
    "feature_menuentry_id",
    "feature_menuentry_options",
    "feature_platform_search_hint",
    "feature_timeout_style",
];

/// Runs the configuration `text`, called `name`, found on `device` with `$prefix` = `prefix` (`(device)/path`).
pub fn run(text: &[u8], name: &str, device: &str, prefix: &str, host: &mut dyn Host) -> Menu {
    run_with(&BTreeMap::new(), text, name, device, prefix, host)
}

/// As [`run`], with variables set beforehand, such as `grub_platform` (`pc`, `efi`) and `grub_cpu` (`x86_64`).
pub fn run_with(
    variables: &BTreeMap<String, String>,
    text: &[u8],
    name: &str,
    device: &str,
    prefix: &str,
    host: &mut dyn Host,
) -> Menu {
    let mut evaluator = Evaluator::new(host);
    let own = [("root", device), ("prefix", prefix), ("config_directory", prefix)];
    let features = FEATURES.map(|feature| (feature, "y"));
    let preset = variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in own.into_iter().chain(features).chain(preset) {
        evaluator.scopes.set(name, Some(value.to_string()));
        evaluator.scopes.export(name);
    }
    evaluator.menu.files.push(name.to_string());
    evaluator.text(text, name);
    evaluator.conclude();
    evaluator.menu
}
