//! The system around the services: init, clock, identity, programs that must be there.

use crate::guest::Context;
use crate::look::{Gap, Look, Outcome as _, first, non_empty};
use crate::mounts;
use crate::services::{Init, Services, UNIT_DIRECTORIES};
use crate::tree::Tree;
use facts::{DefaultTarget, Evidence, Linux};

/// Programs that must be there: any one path of each row.
const PROGRAMS: &[&[&str]] = &[
    &["/sbin/init", "/usr/sbin/init", "/lib/systemd/systemd"],
    &["/bin/sh", "/usr/bin/sh"],
    &["/bin/mount", "/usr/bin/mount", "/sbin/mount"],
];

/// Files that tell which system it is.
const RELEASE_FILES: &[&str] = &[
    "/etc/os-release",
    "/usr/lib/os-release",
    "/etc/redhat-release",
    "/etc/SuSE-release",
    "/etc/debian_version",
    "/etc/lsb-release",
    "/etc/gentoo-release",
    "/etc/alpine-release",
    "/etc/arch-release",
];

/// Fills in what is known of it.
pub(crate) fn examine(context: &Context<'_>, services: &Services<'_, '_>, linux: &mut Linux) {
    let tree = context.tree();
    linux.init = services.init.clone().map(|init| init.name().to_owned()).known();
    linux.default_target = default_target(context, services).known();
    linux.rtc_utc = rtc_utc(tree).known();
    linux.machine_id = machine_id(tree).known();
    linux.ssh_host_keys = ssh_host_keys(tree).known().and_then(non_empty);
    linux.absolute_links = mounts::absolute_links(tree).known();
    linux.missing_programs = missing_programs(tree).known().and_then(non_empty);
    linux.release_files = release_files(tree).known();
    linux.aliyun_custom_image = custom_image(tree).known();
}

fn default_target(context: &Context<'_>, services: &Services<'_, '_>) -> Look<DefaultTarget> {
    let tree = context.tree();
    if services.init.clone()? == Init::Systemd {
        if let Some(unit) = context.cmdline().optional()?.and_then(|line| syntax::cmdline::last(line, "systemd.unit")) {
            let evidence = Evidence::words(format!("kernel command line: systemd.unit={unit}"));
            return Ok(DefaultTarget { name: unit, evidence });
        }
        return first(UNIT_DIRECTORIES, |directory| {
            let path = format!("{directory}/default.target");
            let target = tree.link(&path)?;
            let name = target.rsplit('/').next().unwrap_or_default().to_owned();
            let volume = tree.find_link(&path)?.volume;
            Ok(DefaultTarget { name, evidence: Evidence::file(&volume, path).saying(format!("a link to {target}")) })
        });
    }
    first(["/etc/inittab", "/etc/init/rc-sysinit.conf"], |path| {
        let file = tree.read(path)?;
        let text = String::from_utf8_lossy(&file.bytes).into_owned();
        let (line, level) = (1..)
            .zip(text.lines())
            .find_map(|(line, text)| runlevel(text).map(|level| (line, level)))
            .ok_or(Gap::Absent)?;
        Ok(DefaultTarget { name: level.to_owned(), evidence: file.evidence.at_line(line) })
    })
}

/// The level in `id:3:initdefault:` or `env DEFAULT_RUNLEVEL=2`.
fn runlevel(line: &str) -> Option<&str> {
    let line = line.trim();
    if let Some(level) = line.strip_prefix("env DEFAULT_RUNLEVEL=") {
        return Some(level.trim());
    }
    let mut fields = line.split(':').skip(1);
    let level = fields.next()?;
    (fields.next() == Some("initdefault") && !line.starts_with('#')).then_some(level)
}

/// Third line of `/etc/adjtime`; older settings of Debian and SUSE. Without any of them it is UTC.
fn rtc_utc(tree: &Tree<'_>) -> Look<bool> {
    if let Some(file) = tree.read("/etc/adjtime").optional()? {
        let text = String::from_utf8_lossy(&file.bytes).into_owned();
        if let Some(line) = text.lines().nth(2) {
            return Ok(line.trim() != "LOCAL");
        }
    }
    for (path, key) in
        [("/etc/default/rcS", "UTC"), ("/etc/sysconfig/clock", "HWCLOCK"), ("/etc/sysconfig/clock", "UTC")]
    {
        let Some(file) = tree.read(path).optional()? else { continue };
        let values = syntax::shell::assignments(&file.bytes);
        if let Some(found) = syntax::shell::last(&values, key) {
            return Ok(!["no", "false", "--localtime", "-l"].contains(&found.value.trim()));
        }
    }
    Ok(true)
}

fn machine_id(tree: &Tree<'_>) -> Look<bool> {
    let file = tree.read("/etc/machine-id")?;
    let id = file.bytes.trim_ascii();
    Ok(!id.is_empty() && id != b"uninitialized")
}

fn ssh_host_keys(tree: &Tree<'_>) -> Look<Vec<String>> {
    let names = tree.names("/etc/ssh")?.into_iter();
    let keys = names.filter(|name| name.starts_with("ssh_host_") && name.ends_with("_key"));
    Ok(keys.map(|name| format!("/etc/ssh/{name}")).collect())
}

fn missing_programs(tree: &Tree<'_>) -> Look<Vec<String>> {
    let mut missing = Vec::new();
    for paths in PROGRAMS {
        if !first(*paths, |path| tree.find(path)).found()? {
            missing.push(paths[0].to_owned());
        }
    }
    Ok(missing)
}

/// `/etc/issue` and at least one release file.
fn release_files(tree: &Tree<'_>) -> Look<Vec<String>> {
    let mut found = Vec::new();
    for path in RELEASE_FILES.iter().chain(&["/etc/issue"]) {
        if tree.has_file(path)? {
            found.push((*path).to_owned());
        }
    }
    if found.is_empty() { Err(Gap::Absent) } else { Ok(found) }
}

fn custom_image(tree: &Tree<'_>) -> Look<Evidence> {
    if tree.has_dir("/aliyun_custom_image")? {
        return Ok(tree.evidence("/aliyun_custom_image"));
    }
    first(["/etc/rc.local", "/etc/rc.d/rc.local", "/etc/init.d/boot.local"], |path| {
        let file = tree.read(path)?;
        let text = String::from_utf8_lossy(&file.bytes).into_owned();
        let line = (1..).zip(text.lines()).find(|(_, line)| line.contains("aliyun_custom_image"));
        line.map(|(number, line)| file.evidence.at_line(number).saying(line)).ok_or(Gap::Absent)
    })
}

#[cfg(test)]
mod tests {
    use super::runlevel;
    use crate::testing::linux;
    use facts::Known;

    #[test]
    fn runlevels() {
        assert_eq!(runlevel("id:3:initdefault:"), Some("3"));
        assert_eq!(runlevel("env DEFAULT_RUNLEVEL=2"), Some("2"));
        assert_eq!(runlevel("# id:5:initdefault:"), None);
        assert_eq!(runlevel("si::sysinit:/etc/rc.d/rc.sysinit"), None);
    }

    #[test]
    fn clocks_targets_and_identities() {
        let found = linux(&[
            ("/sbin/init", ""),
            ("/bin/sh", ""),
            ("/etc/inittab", "# comment\nid:3:initdefault:\n"),
            ("/etc/adjtime", "0.0 0 0.0\n0\nLOCAL\n"),
            ("/etc/machine-id", "uninitialized\n"),
            ("/etc/ssh/ssh_host_rsa_key", ""),
            ("/etc/ssh/ssh_host_rsa_key.pub", ""),
            ("/aliyun_custom_image/", ""),
        ]);
        let target = found.default_target.value().unwrap();
        assert_eq!((target.name.as_str(), target.evidence.line), ("3", Some(2)));
        assert_eq!((found.rtc_utc, found.machine_id), (Known::Is(false), Known::Is(false)));
        assert_eq!(found.ssh_host_keys.value().unwrap(), &["/etc/ssh/ssh_host_rsa_key"]);
        assert_eq!(found.missing_programs.value().unwrap(), &["/bin/mount"]);
        assert!(found.aliyun_custom_image.value().is_some());
        assert_eq!(linux(&[("/etc/default/rcS", "UTC=no\n")]).rtc_utc, Known::Is(false));
        assert_eq!(linux(&[("/etc/hosts", "")]).rtc_utc, Known::Is(true));
        assert!(linux(&[("/etc/adjtime", "!bad")]).rtc_utc.reason().is_some());
    }
}
