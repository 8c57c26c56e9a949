//! What starts at boot: systemd units, SysV scripts, Upstart jobs, OpenRC services.
//!
//! # How to add an init system
//!
//! Write `NAME.rs` with what shows that a service starts by it, a variant of [`Init`], and a line in `starts_one`.

mod init;
pub(crate) mod systemd;
pub(crate) mod sysv;

use crate::guest::Context;
use crate::look::{Gap, Look, Outcome as _};
use crate::tree::Tree;
use facts::{Distribution, Evidence, Known, Service};
pub(crate) use init::Init;
use std::collections::BTreeMap;
use systemd::Units;

/// Endings of units; scripts have none, but may have dots.
const UNIT_KINDS: &[&str] = &[".service", ".socket", ".target"];

/// Runlevels of OpenRC that an ordinary boot goes through.
const OPENRC_LEVELS: &[&str] = &["default", "boot", "sysinit"];

/// All that starts at boot.
pub(crate) struct Services<'t, 'v> {
    tree: &'t Tree<'v>,
    /// Process 1.
    pub(crate) init: Look<Init>,
    units: Look<Units>,
    /// SysV script → its start link.
    scripts: Look<BTreeMap<String, String>>,
}

impl<'t, 'v> Services<'t, 'v> {
    /// Lists the directories of links once.
    pub(crate) fn new(context: &'t Context<'v>, distribution: Option<&Distribution>) -> Self {
        let tree = context.tree();
        let init = init::detect(context, distribution);
        let units = if init == Ok(Init::Systemd) { Units::read(tree) } else { Ok(Units::default()) };
        let scripts = sysv::started(tree, init.as_ref().ok().copied());
        Services { tree, init, units, scripts }
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
        let script = UNIT_KINDS.iter().find_map(|kind| unit.strip_suffix(kind)).unwrap_or(unit);
        match self.init {
            Ok(Init::Systemd) => {
                if let Some(path) = self.units.as_ref().map_err(Gap::clone)?.starts(self.tree, unit)? {
                    return Ok(Some(path));
                }
                // Scripts without a unit are started through one that systemd makes.
                if systemd::exists(self.tree, unit)? {
                    return Ok(None);
                }
            }
            Ok(Init::Upstart) => {
                for job in [format!("/etc/init/{script}.conf"), format!("/etc/event.d/{script}")] {
                    if self.is_started(&job, script)? {
                        return Ok(Some(job));
                    }
                }
            }
            Ok(Init::OpenRc) => {
                for level in OPENRC_LEVELS {
                    let link = format!("/etc/runlevels/{level}/{script}");
                    if self.tree.find_link(&link).found()? {
                        return Ok(Some(link));
                    }
                }
            }
            Ok(Init::Sysv) | Err(_) => {}
        }
        Ok(self.scripts.as_ref().map_err(Gap::clone)?.get(script).cloned())
    }

    /// Whether a unit is masked.
    pub(crate) fn is_masked(&self, unit: &str) -> Look<bool> {
        systemd::is_masked(self.tree, unit)
    }

    /// Whether an Upstart job starts by itself: the last of `start on` and `manual` counts, those of its override after
    /// its own. init(5).
    fn is_started(&self, job: &str, name: &str) -> Look<bool> {
        let mut starts = false;
        for path in [job.to_owned(), format!("/etc/init/{name}.override")] {
            let Some(file) = self.tree.read(&path).optional()? else { continue };
            for line in String::from_utf8_lossy(&file.bytes).lines().map(str::trim) {
                match line.split_whitespace().next() {
                    Some("manual") => starts = false,
                    Some("start") => starts = true,
                    _ => {}
                }
            }
        }
        Ok(starts)
    }

    /// The units that something wants, with the links.
    pub(crate) fn wanted_units(&self) -> Look<impl Iterator<Item = (&String, &String)>> {
        self.units.as_ref().map(Units::wanted).map_err(Gap::clone)
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
        assert_eq!(init(&[("/usr/lib/systemd/systemd", "")]).as_deref(), Some("systemd"));
        let release = ("/etc/redhat-release", "CentOS release 6.10 (Final)\n");
        assert_eq!(init(&[("/sbin/init", ""), release]).as_deref(), Some("upstart"));
        let release = ("/etc/redhat-release", "CentOS release 5.11 (Final)\n");
        assert_eq!(init(&[("/sbin/init", ""), release]).as_deref(), Some("sysv"));
        let told = "menuentry 'x' {\n linux /k init=/lib/systemd/systemd\n}\n";
        let both = [("/sbin/init", ""), ("/lib/systemd/systemd", ""), ("/boot/grub/grub.cfg", told)];
        assert_eq!(init(&both).as_deref(), Some("systemd"));
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
        assert_eq!(starts(&[("/sbin/init", ""), ("/etc/inittab", "id:2:initdefault:\n"), script]), None);
        let preset = [
            ("/lib/systemd/system/chronyd.service", "[Unit]"),
            ("/usr/lib/systemd/system-preset/90.preset", "enable chrony*\ndisable *\n"),
        ];
        let first: Vec<_> = [systemd, program].iter().chain(&preset).copied().collect();
        assert_eq!(starts(&first), Some(Known::Is(true)));
        let later: Vec<_> = first.iter().copied().chain([("/etc/machine-id", "0123\n")]).collect();
        assert_eq!(starts(&later), None);
        let damaged = starts(&[systemd, program, ("/etc/systemd/system", "!bad")]).unwrap();
        assert!(damaged.reason().is_some());
    }
}
