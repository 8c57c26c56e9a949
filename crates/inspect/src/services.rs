//! What starts at boot: systemd units, SysV scripts, Upstart jobs, OpenRC services.
//!
//! systemd.unit(5): a unit starts if something that starts wants it; enabling makes links in `*.wants`. A link to
//! `/dev/null` masks it.

use crate::look::{Gap, Look, Outcome as _};
use crate::tree::Tree;
use facts::{Evidence, Known, Service};
use filesystem::FileKind;
use std::collections::BTreeMap;

/// Where units are, the administrator's first.
pub(crate) const UNIT_DIRECTORIES: &[&str] = &["/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"];

/// Directories of SysV start links, by the layouts of Debian, Red Hat and SUSE.
const SYSV: &[&str] =
    &["/etc/rc3.d", "/etc/rc5.d", "/etc/rc2.d", "/etc/rc.d/rc3.d", "/etc/rc.d/rc5.d", "/etc/init.d/rc3.d"];

/// Targets that are no part of an ordinary boot.
const OTHER_TARGETS: &[&str] =
    &["rescue", "emergency", "poweroff", "reboot", "halt", "shutdown", "suspend", "hibernate", "sleep", "initrd"];

/// Which program is process 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Init {
    Systemd,
    Upstart,
    Sysv,
    OpenRc,
}

impl Init {
    /// Its name in the facts.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Init::Systemd => "systemd",
            Init::Upstart => "upstart",
            Init::Sysv => "sysv",
            Init::OpenRc => "openrc",
        }
    }
}

/// All that starts at boot.
pub(crate) struct Services<'t, 'v> {
    tree: &'t Tree<'v>,
    /// Process 1.
    pub(crate) init: Look<Init>,
    /// Unit → the link that wants it.
    wanted: Look<BTreeMap<String, String>>,
    /// SysV script → its start link.
    started: Look<BTreeMap<String, String>>,
}

impl<'t, 'v> Services<'t, 'v> {
    /// Lists the directories of links once.
    pub(crate) fn new(tree: &'t Tree<'v>) -> Self {
        let init = init(tree);
        let wanted = if init == Ok(Init::Systemd) { wanted(tree) } else { Ok(BTreeMap::new()) };
        Services { tree, init, wanted, started: started(tree) }
    }

    /// Whether one of those starts at boot. Names of units; without their suffix they are names of scripts.
    /// With what shows it.
    pub(crate) fn starts(&self, names: &[&str]) -> Look<Option<Evidence>> {
        self.init.as_ref().map_err(Gap::clone)?;
        for name in names {
            if let Some(path) = self.starts_one(name)? {
                return Ok(Some(self.tree.evidence(&path)));
            }
        }
        Ok(None)
    }

    fn starts_one(&self, unit: &str) -> Look<Option<String>> {
        let script = unit.rsplit_once('.').map_or(unit, |(name, _)| name);
        match self.init {
            Ok(Init::Systemd) => {
                if self.is_masked(unit)? {
                    return Ok(None);
                }
                if let Some(path) = self.wanted.as_ref().map_err(Gap::clone)?.get(unit) {
                    return Ok(Some(path.clone()));
                }
                // Scripts without a unit are started through one that systemd makes.
                if self.has_unit(unit)? {
                    return Ok(None);
                }
            }
            Ok(Init::Upstart) => {
                let job = format!("/etc/init/{script}.conf");
                if self.tree.has_file(&job)? && !self.is_manual(script)? {
                    return Ok(Some(job));
                }
            }
            Ok(Init::OpenRc) => {
                for level in ["default", "boot", "sysinit"] {
                    let link = format!("/etc/runlevels/{level}/{script}");
                    if self.tree.find_link(&link).found()? {
                        return Ok(Some(link));
                    }
                }
            }
            Ok(Init::Sysv) | Err(_) => {}
        }
        Ok(self.started.as_ref().map_err(Gap::clone)?.get(script).cloned())
    }

    /// Whether a unit is masked.
    pub(crate) fn is_masked(&self, unit: &str) -> Look<bool> {
        let link = self.tree.link(&format!("/etc/systemd/system/{unit}")).optional()?;
        Ok(link.as_deref() == Some("/dev/null"))
    }

    fn has_unit(&self, unit: &str) -> Look<bool> {
        for directory in UNIT_DIRECTORIES {
            if self.tree.find_link(&format!("{directory}/{unit}")).found()? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn is_manual(&self, job: &str) -> Look<bool> {
        let file = self.tree.read(&format!("/etc/init/{job}.override")).optional()?;
        Ok(file.is_some_and(|file| file.bytes.split(|&b| b == b'\n').any(|line| line.trim_ascii() == b"manual")))
    }

    /// A program by its files, and whether it starts. Absent: none of the files is there.
    pub(crate) fn installed(&self, name: &str, paths: &[&str], units: &[&str]) -> Look<Service> {
        let found = crate::look::first(paths, |path| self.tree.find(path).map(|_| self.tree.evidence(path)))?;
        let (enabled, shown) = match self.starts(units) {
            Ok(shown) => (Known::Is(shown.is_some()), shown),
            Err(gap) => (Err(gap).known(), None),
        };
        Ok(Service { name: name.to_owned(), enabled, evidence: [found].into_iter().chain(shown).collect() })
    }
}

fn init(tree: &Tree<'_>) -> Look<Init> {
    let real = tree.find("/sbin/init").optional()?;
    let real = real.map(|found| found.path.to_string()).unwrap_or_default();
    if real.ends_with("/systemd") || (real.is_empty() && tree.has_file("/lib/systemd/systemd")?) {
        return Ok(Init::Systemd);
    }
    if real.ends_with("openrc-init") || tree.has_dir("/etc/runlevels")? {
        return Ok(Init::OpenRc);
    }
    if tree.has_file("/etc/init/rc-sysinit.conf")? || tree.has_file("/etc/init/rcS.conf")? {
        return Ok(Init::Upstart);
    }
    if real.is_empty() { Err(Gap::Absent) } else { Ok(Init::Sysv) }
}

fn wanted(tree: &Tree<'_>) -> Look<BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    for directory in UNIT_DIRECTORIES {
        for entry in tree.list(directory).optional()?.unwrap_or_default() {
            let owner = String::from_utf8_lossy(&entry.name).into_owned();
            let Some(target) = owner.strip_suffix(".wants").or_else(|| owner.strip_suffix(".requires")) else {
                continue;
            };
            let apart = OTHER_TARGETS.iter().any(|other| target.split('.').next() == Some(other));
            if apart || entry.kind == FileKind::File {
                continue;
            }
            for unit in tree.names(&format!("{directory}/{owner}"))? {
                all.entry(unit.clone()).or_insert_with(|| format!("{directory}/{owner}/{unit}"));
            }
        }
    }
    Ok(all)
}

/// Names after `S20` in directories of start links.
fn started(tree: &Tree<'_>) -> Look<BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    for directory in SYSV {
        for link in tree.names(directory)? {
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
    use crate::testing::linux;
    use facts::Known;

    #[test]
    fn the_program_that_is_process_1() {
        let init = |files: &[(&str, &str)]| linux(files).init.value().cloned();
        assert_eq!(
            init(&[("/sbin/init", "-> ../lib/systemd/systemd"), ("/lib/systemd/systemd", "")]).as_deref(),
            Some("systemd")
        );
        assert_eq!(init(&[("/sbin/init", ""), ("/etc/init/rc-sysinit.conf", "")]).as_deref(), Some("upstart"));
        assert_eq!(init(&[("/sbin/init", "")]).as_deref(), Some("sysv"));
        assert_eq!(init(&[("/sbin/init", ""), ("/etc/runlevels/default/sshd", "")]).as_deref(), Some("openrc"));
        assert_eq!(init(&[("/etc/hosts", "")]), None);
    }

    #[test]
    fn what_starts_by_each_of_them() {
        let starts = |files: &[(&str, &str)]| {
            let all: Vec<_> = files.iter().copied().chain([("/usr/sbin/chronyd", "")]).collect();
            linux(&all).time_sync.value().map(|service| service.enabled.clone())
        };
        let systemd = ("/sbin/init", "-> ../lib/systemd/systemd");
        let program = ("/lib/systemd/systemd", "");
        let wanted = ("/etc/systemd/system/multi-user.target.wants/chronyd.service", "-> x");
        assert_eq!(starts(&[systemd, program, wanted]), Some(Known::Is(true)));
        assert_eq!(starts(&[systemd, program]), None);
        let rescue = ("/etc/systemd/system/rescue.target.wants/chronyd.service", "-> x");
        assert_eq!(starts(&[systemd, program, rescue]), None);
        let masked = ("/etc/systemd/system/chronyd.service", "-> /dev/null");
        assert_eq!(starts(&[systemd, program, wanted, masked]), None);
        let script = ("/etc/rc3.d/S20chronyd", "-> ../init.d/chronyd");
        assert_eq!(starts(&[("/sbin/init", ""), script]), Some(Known::Is(true)));
        assert_eq!(starts(&[systemd, program, script]), Some(Known::Is(true)));
        assert_eq!(starts(&[systemd, program, script, ("/lib/systemd/system/chronyd.service", "")]), None);
        let job = ("/etc/init/chrony.conf", "start on x");
        let upstart = [("/sbin/init", ""), ("/etc/init/rc-sysinit.conf", ""), job];
        assert_eq!(starts(&upstart), Some(Known::Is(true)));
        let manual: Vec<_> = upstart.iter().copied().chain([("/etc/init/chrony.override", "manual\n")]).collect();
        assert_eq!(starts(&manual), None);
        let damaged = starts(&[systemd, program, ("/etc/systemd/system", "!bad")]).unwrap();
        assert!(damaged.reason().is_some());
    }
}
