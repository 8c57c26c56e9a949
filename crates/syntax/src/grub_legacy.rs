//! GRUB 0.9x `menu.lst`, `grub.conf` (GRUB Legacy manual).

/// One `title` block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Title.
    pub title: String,
    /// `root (hd0,0)` without parentheses, of the block or the file.
    pub root: Option<String>,
    /// Path after `kernel`, without a device in parentheses.
    pub kernel: Option<String>,
    /// What follows it.
    pub cmdline: String,
    /// Path after `initrd`, without a device in parentheses.
    pub initrd: Option<String>,
    /// Line of `title`.
    pub line: u32,
}

/// The menu.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Menu {
    /// Entries in order.
    pub entries: Vec<Entry>,
    /// `default`, from 0; none for `saved`.
    pub default: Option<usize>,
    /// Line of `default`.
    pub default_line: Option<u32>,
    /// `timeout`.
    pub timeout: Option<i64>,
    /// `password` outside all blocks.
    pub locked: bool,
}

/// Reads a menu.
pub fn parse(text: &[u8]) -> Menu {
    let _ = text;
    Menu::default()
}
