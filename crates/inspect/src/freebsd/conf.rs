//! The assignments of `rc.conf` and of `loader.conf`, each out of several files.

use crate::look::{Gap, Look, Outcome as _};
use crate::tree::Tree;
use facts::{Claim, Evidence};
use filesystem::FileKind;
use syntax::shell::Assignment;

/// Files of a directory that are read.
const MAX_FILES: usize = 128;

/// An assignment and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Set {
    pub(super) key: String,
    pub(super) value: String,
    pub(super) evidence: Evidence,
    /// The service that it is for alone: a file of `rc.conf.d` is read by the service that it is named after.
    pub(super) service: Option<String>,
}

/// Assignments in the order in which they are made.
#[derive(Clone, Debug, Default)]
pub(super) struct Conf {
    pub(super) sets: Vec<Set>,
    pub(super) files: Vec<Evidence>,
}

/// What is set, in what may not have been readable.
pub(super) fn get(conf: &Look<Conf>, services: &[&str], key: &str) -> Look<Claim<String>> {
    conf.as_ref().map_err(Gap::clone)?.get(services, key)
}

/// Whether a service is enabled, in what may not have been readable; no if nothing says so.
pub(super) fn enabled(conf: &Look<Conf>, service: &str, key: &str) -> Look<(bool, Vec<Evidence>)> {
    match get(conf, &[service], key).optional()? {
        Some(claim) => Ok((is_yes(&claim.value), claim.evidence)),
        None => Ok((false, Vec::new())),
    }
}

/// As rc.subr(8) takes it.
pub(super) fn is_yes(value: &str) -> bool {
    ["yes", "true", "on", "1"].iter().any(|yes| value.eq_ignore_ascii_case(yes))
}

impl Conf {
    /// `rc.conf` and its like.
    pub(super) fn of_rc(tree: &Tree<'_>) -> Look<Self> {
        let mut conf = Conf::default();
        for path in ["/etc/defaults/rc.conf", "/etc/rc.conf", "/etc/rc.conf.local"] {
            conf.add(tree, path, None, syntax::shell::assignments)?;
        }
        for directory in ["/etc/rc.conf.d", "/usr/local/etc/rc.conf.d"] {
            for name in tree.names(directory)?.into_iter().take(MAX_FILES) {
                let path = format!("{directory}/{name}");
                match tree.find(&path).optional()?.map(|found| found.metadata.kind) {
                    Some(FileKind::File) => conf.add(tree, &path, Some(&name), syntax::shell::assignments)?,
                    Some(FileKind::Directory) => {
                        for inner in tree.names(&path)?.into_iter().take(MAX_FILES) {
                            conf.add(tree, &format!("{path}/{inner}"), Some(&name), syntax::shell::assignments)?;
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(conf)
    }

    /// `loader.conf` and its like. `device.hints` is left alone.
    pub(super) fn of_loader(tree: &Tree<'_>) -> Look<Self> {
        let mut conf = Conf::default();
        let parse = syntax::loader_conf::assignments;
        conf.add(tree, "/boot/loader.conf", None, parse)?;
        for name in tree.names("/boot/loader.conf.d")?.into_iter().take(MAX_FILES) {
            if name.ends_with(".conf") {
                conf.add(tree, &format!("/boot/loader.conf.d/{name}"), None, parse)?;
            }
        }
        conf.add(tree, "/boot/loader.conf.local", None, parse)?;
        Ok(conf)
    }

    /// Adds what a file sets, if it is there.
    fn add(
        &mut self,
        tree: &Tree<'_>,
        path: &str,
        service: Option<&str>,
        parse: fn(&[u8]) -> Vec<Assignment>,
    ) -> Look<()> {
        let Some(file) = tree.read(path).optional()? else { return Ok(()) };
        let set = |found: Assignment| Set {
            evidence: file.evidence.clone().at_line(found.line).saying(format!("{}={}", found.key, found.value)),
            key: found.key,
            value: found.value,
            service: service.map(str::to_owned),
        };
        self.sets.extend(parse(&file.bytes).into_iter().map(set));
        self.files.push(file.evidence);
        Ok(())
    }

    /// The last assignment of `key` that counts for one of the services. What the shell would compute is not known.
    pub(super) fn get(&self, services: &[&str], key: &str) -> Look<Claim<String>> {
        let counts =
            |set: &&Set| set.key == key && set.service.as_deref().is_none_or(|service| services.contains(&service));
        let set = self.sets.iter().rev().find(counts).ok_or(Gap::Absent)?;
        if set.value.contains(['$', '`']) {
            return Err(Gap::unknown(format!("{}: {key} is computed at boot", set.evidence)));
        }
        Ok(Claim::new(set.value.trim().to_owned(), set.evidence.clone()))
    }
}
