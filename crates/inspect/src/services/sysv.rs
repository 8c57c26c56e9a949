//! SysV start links: `S20name` in the directory of the runlevel. The links are what init reads; the headers of scripts
//! (`chkconfig:`, `### BEGIN INIT INFO`) are what made them.

use super::init::Init;
use crate::look::{Gap, Look, Outcome as _, first};
use crate::tree::Tree;
use std::collections::BTreeMap;

/// Directories of a runlevel's links, by the layouts of Debian, Red Hat and SUSE.
const LEVELS: &[&str] = &["/etc/rcN.d", "/etc/rc.d/rcN.d", "/etc/init.d/rcN.d"];

/// Directories of links that are started at every boot.
const ALWAYS: &[&str] = &["/etc/rcS.d", "/etc/init.d/boot.d"];

/// The runlevel that init aims at: its name, where it says so, and the line.
pub(crate) fn default_level(tree: &Tree<'_>) -> Look<(String, String, u32)> {
    first(["/etc/inittab", "/etc/init/rc-sysinit.conf", "/etc/event.d/rc-default"], |path| {
        let file = tree.read(path)?;
        let text = String::from_utf8_lossy(&file.bytes).into_owned();
        let found = (1..).zip(text.lines()).find_map(|(line, text)| level(text).map(|level| (line, level.to_owned())));
        found.map(|(line, level)| (level, path.to_owned(), line)).ok_or(Gap::Absent)
    })
}

/// The level in `id:3:initdefault:` or `env DEFAULT_RUNLEVEL=2`.
fn level(line: &str) -> Option<&str> {
    let line = line.trim();
    if let Some(level) = line.strip_prefix("env DEFAULT_RUNLEVEL=") {
        return Some(level.trim());
    }
    let mut fields = line.split(':').skip(1);
    let level = fields.next()?;
    (fields.next() == Some("initdefault") && !line.starts_with('#')).then_some(level)
}

/// Script → its start link. systemd starts those of the multi-user levels that have no unit.
pub(super) fn started(tree: &Tree<'_>, init: Option<Init>) -> Look<BTreeMap<String, String>> {
    let told = if init == Some(Init::Systemd) { None } else { default_level(tree).optional()? };
    let told = told.map(|(level, ..)| level).filter(|level| ["2", "3", "4", "5"].contains(&level.as_str()));
    let levels = told.map_or_else(|| vec!["3".to_owned(), "5".to_owned(), "2".to_owned()], |level| vec![level]);
    let of_level = |level: &String| LEVELS.iter().map(|pattern| pattern.replace('N', level)).collect::<Vec<_>>();
    let directories = levels.iter().flat_map(of_level).chain(ALWAYS.iter().map(|path| (*path).to_owned()));
    let mut all = BTreeMap::new();
    for directory in directories {
        for link in tree.names(&directory)? {
            let name = link.strip_prefix('S').map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
            if let Some(name) = name.filter(|name| !name.is_empty()) {
                all.entry(name.to_owned()).or_insert_with(|| format!("{directory}/{link}"));
            }
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::level;

    #[test]
    fn runlevels() {
        assert_eq!(level("id:3:initdefault:"), Some("3"));
        assert_eq!(level("env DEFAULT_RUNLEVEL=2"), Some("2"));
        assert_eq!(level("# id:5:initdefault:"), None);
        assert_eq!(level("si::sysinit:/etc/rc.d/rc.sysinit"), None);
    }
}
