//! The system around the services: init, clock, identity, programs that must be there.

use crate::guest::Context;
use crate::interpreter;
use crate::look::{Gap, Look, Outcome as _, first, non_empty};
use crate::mounts;
use crate::services::systemd::UNIT_DIRECTORIES;
use crate::services::{Init, Services, sysv};
use crate::tree::Tree;
use crate::volumes::Volumes;
use facts::{DefaultTarget, Evidence, Linux, VolumeId};
use filesystem::FileKind;

/// Programs that must be there: any one path of each row.
const PROGRAMS: &[&[&str]] =
    &[&["/sbin/init", "/usr/sbin/init"], &["/bin/sh", "/usr/bin/sh"], &["/bin/mount", "/usr/bin/mount", "/sbin/mount"]];

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

/// The directory in which ECS leaves the settings of a new instance, for systems that it does not know.
const CUSTOM_IMAGE: &str = "/aliyun_custom_image";

/// Scripts in which an administrator puts what is to run at boot.
const BOOT_SCRIPTS: &[&str] =
    &["/etc/rc.local", "/etc/rc.d/rc.local", "/etc/init.d/boot.local", "/etc/rc.d/boot.local"];

/// Most scripts of a directory that are searched.
const MAX_SCRIPTS: usize = 128;

/// Bytes of a script that are searched.
const SCRIPT_LIMIT: u64 = 64 << 10;

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
    linux.aliyun_custom_image = custom_image(context).known();
    linux.custom_directory = custom_directory(context.volumes).known();
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
    let (name, path, line) = sysv::default_level(tree)?;
    Ok(DefaultTarget { name, evidence: tree.evidence(&path).at_line(line) })
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
    missing.extend(interpreter::missing(tree, &["/sbin/init", "/usr/sbin/init", "/lib/systemd/systemd"])?);
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

/// The directory that ECS writes to, at the root of the first partition.
pub(crate) fn custom_directory(volumes: &Volumes) -> Look<Evidence> {
    let first = volumes.index(&VolumeId::partition(1)).ok_or(Gap::Absent)?;
    if Tree::new(volumes, first).has_dir(CUSTOM_IMAGE)? {
        return Ok(Evidence::file(&VolumeId::partition(1), CUSTOM_IMAGE).saying("a directory of the first partition"));
    }
    Err(Gap::Absent)
}

/// The boot script that reads what ECS writes there.
fn custom_script(tree: &Tree<'_>) -> Look<Evidence> {
    let mut paths: Vec<String> = BOOT_SCRIPTS.iter().map(|path| (*path).to_owned()).collect();
    for directory in ["/etc/init.d", "/etc/rc.d/init.d", "/etc/local.d", "/etc/systemd/system", "/usr/local/sbin"] {
        let names = tree.list(directory).optional()?.unwrap_or_default().into_iter();
        let names = names.filter(|entry| entry.kind == FileKind::File).take(MAX_SCRIPTS);
        paths.extend(names.filter_map(|entry| Some(format!("{directory}/{}", String::from_utf8(entry.name).ok()?))));
    }
    first(paths, |path| {
        let file = tree.read_start(&path, SCRIPT_LIMIT)?;
        let text = String::from_utf8_lossy(&file.bytes).into_owned();
        let line = (1..).zip(text.lines()).find(|(_, line)| line.contains("aliyun_custom_image"));
        line.map(|(number, line)| file.evidence.at_line(number).saying(line)).ok_or(Gap::Absent)
    })
}

/// Either of them.
fn custom_image(context: &Context<'_>) -> Look<Evidence> {
    let tree = context.tree();
    if tree.has_dir(CUSTOM_IMAGE)? {
        return Ok(tree.evidence(CUSTOM_IMAGE));
    }
    custom_script(tree)
}

#[cfg(test)]
mod tests {
    use crate::testing::linux;
    use facts::Known;

    #[test]
    fn the_directory_of_customized_systems_is_the_first_partitions() {
        let files = [("/etc/os-release", "ID=debian\nVERSION_ID=12\n"), ("/aliyun_custom_image/", "")];
        let guest = crate::testing::linux_guest(&files);
        assert_eq!(guest.platform.value().unwrap().value, "Customized Linux");
        assert!(guest.linux.unwrap().custom_directory.value().is_some());
        let script = [files[0], ("/etc/init.d/custom", "#!/bin/sh\ncat /aliyun_custom_image/os.conf\n")];
        let guest = crate::testing::linux_guest(&script);
        assert_eq!(guest.platform.value().unwrap().value, "Debian");
        let linux = guest.linux.unwrap();
        assert!(linux.custom_directory.is_absent());
        assert_eq!(linux.aliyun_custom_image.value().unwrap().line, Some(2));
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
        let init = String::from_utf8(crate::interpreter::tests::program("/lib64/ld-linux-x86-64.so.2")).unwrap();
        let rest = [("/sbin/init", init.as_str()), ("/bin/sh", ""), ("/bin/mount", ""), ("/etc/hosts", "")];
        let missing = linux(&rest).missing_programs;
        assert_eq!(missing.value().unwrap(), &["/lib64/ld-linux-x86-64.so.2", "libc.so.6"]);
        let there = [("/lib64/ld-linux-x86-64.so.2", ""), ("/usr/lib/x86_64-linux-gnu/libc.so.6", "")];
        assert!(linux(&[&rest[..], &there].concat()).missing_programs.is_absent());
        assert!(found.aliyun_custom_image.value().is_some());
        assert_eq!(linux(&[("/etc/default/rcS", "UTC=no\n")]).rtc_utc, Known::Is(false));
        assert_eq!(linux(&[("/etc/hosts", "")]).rtc_utc, Known::Is(true));
        assert!(linux(&[("/etc/adjtime", "!bad")]).rtc_utc.reason().is_some());
    }
}
