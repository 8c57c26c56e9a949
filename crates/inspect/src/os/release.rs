//! Release files of distributions, from before os-release, and for what os-release leaves out.

use crate::look::{Gap, Look, Outcome as _, first};
use crate::tree::{File, Tree};
use facts::Distribution;

/// A release file: path, what it must say, and the distribution. The first that is there counts, so those that ship a
/// copy or link of another's file stand before it.
const RELEASES: &[(&str, &str, &str)] = &[
    ("/etc/oracle-release", "Oracle", "ol"),
    ("/etc/enterprise-release", "Enterprise Linux", "ol"),
    ("/etc/alinux-release", "", "alinux"),
    ("/etc/anolis-release", "", "anolis"),
    ("/etc/openEuler-release", "", "openeuler"),
    ("/etc/neokylin-release", "", "neokylin"),
    ("/etc/kylin-release", "", "kylin"),
    ("/etc/UnionTech-release", "", "uos"),
    ("/etc/uos-release", "", "uos"),
    ("/etc/opencloudos-release", "", "opencloudos"),
    ("/etc/tencentos-release", "", "tencentos"),
    ("/etc/openmandriva-release", "", "openmandriva"),
    ("/etc/almalinux-release", "", "almalinux"),
    ("/etc/rocky-release", "", "rocky"),
    ("/etc/circle-release", "", "circle"),
    ("/etc/centos-release", "", "centos"),
    ("/etc/altlinux-release", "", "altlinux"),
    ("/etc/redhat-release", "CentOS", "centos"),
    ("/etc/redhat-release", "Fedora", "fedora"),
    ("/etc/redhat-release", "Scientific", "scientific"),
    ("/etc/redhat-release", "Rocky", "rocky"),
    ("/etc/redhat-release", "AlmaLinux", "almalinux"),
    ("/etc/redhat-release", "Aliyun", "alinux"),
    ("/etc/redhat-release", "Alibaba", "alinux"),
    ("/etc/redhat-release", "Anolis", "anolis"),
    ("/etc/redhat-release", "NeoKylin", "neokylin"),
    ("/etc/redhat-release", "Kylin", "kylin"),
    ("/etc/redhat-release", "Red Hat", "rhel"),
    ("/etc/redhat-release", "", "linux"),
    ("/etc/system-release", "Amazon", "amzn"),
    ("/etc/SuSE-release", "SUSE Linux Enterprise Server", "sles"),
    ("/etc/SuSE-release", "SUSE Linux Enterprise Desktop", "sled"),
    ("/etc/SuSE-release", "SUSE LINUX Enterprise Server", "sles"),
    ("/etc/SuSE-release", "openSUSE", "opensuse"),
    ("/etc/SuSE-release", "", "opensuse"),
    ("/etc/gentoo-release", "", "gentoo"),
    ("/etc/slackware-version", "", "slackware"),
    ("/etc/arch-release", "", "arch"),
    ("/etc/alpine-release", "", "alpine"),
];

/// The distribution by its release files, `/etc/lsb-release` and `/etc/debian_version`.
pub(crate) fn detect(tree: &Tree<'_>) -> Look<Distribution> {
    let release = first(RELEASES, |(path, says, id)| {
        let file = tree.read(path)?;
        let text = String::from_utf8_lossy(&file.bytes).into_owned();
        // What a rebuild says of the system it was made from is not what it is.
        if !text.contains(says) || text.trim_start().starts_with("Derived from") {
            return Err(Gap::Absent);
        }
        Ok(from_release(id, &text, file))
    });
    let others: [fn(&Tree<'_>) -> Look<Distribution>; 3] = [lsb, ubuntu, debian];
    others.iter().fold(release, |found, next| if found == Err(Gap::Absent) { next(tree) } else { found })
}

fn from_release(id: &str, text: &str, file: File) -> Distribution {
    let line = text.lines().next().unwrap_or_default().trim();
    let value = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key))?;
        Some(line.trim_start_matches([' ', '=']).trim().to_owned())
    };
    // SuSE-release has the version on lines of their own.
    let version = match (value("VERSION"), value("PATCHLEVEL")) {
        (Some(version), Some(patch)) if patch != "0" && !version.contains('.') => format!("{version}.{patch}"),
        (Some(version), _) => version,
        _ => exact_version(line).unwrap_or_default(),
    };
    Distribution {
        id: id.to_owned(),
        version,
        name: line.to_owned(),
        evidence: vec![file.evidence.at_line(1).saying(line)],
        ..Distribution::default()
    }
}

fn lsb(tree: &Tree<'_>) -> Look<Distribution> {
    let file = tree.read("/etc/lsb-release")?;
    let values = syntax::shell::assignments(&file.bytes);
    let get = |key: &str| syntax::shell::last(&values, key).map(|found| found.value.clone());
    let id = get("DISTRIB_ID").filter(|id| !id.is_empty()).ok_or(Gap::Absent)?;
    Ok(Distribution {
        id: id.to_ascii_lowercase(),
        version: get("DISTRIB_RELEASE").unwrap_or_default(),
        name: get("DISTRIB_DESCRIPTION").unwrap_or(id),
        codename: get("DISTRIB_CODENAME"),
        evidence: vec![file.evidence],
        ..Distribution::default()
    })
}

/// Ubuntu without its `lsb-release`, which has a `debian_version` too: its greeting names it.
fn ubuntu(tree: &Tree<'_>) -> Look<Distribution> {
    let file = tree.read("/etc/issue")?;
    let text = String::from_utf8_lossy(&file.bytes).into_owned();
    let line = text.lines().next().unwrap_or_default();
    let line = line.split('\\').next().unwrap_or_default().trim();
    let rest = line.strip_prefix("Ubuntu ").ok_or(Gap::Absent)?;
    let version = exact_version(rest).ok_or(Gap::Absent)?;
    Ok(Distribution {
        id: "ubuntu".to_owned(),
        version,
        name: line.to_owned(),
        evidence: vec![file.evidence.at_line(1).saying(line)],
        ..Distribution::default()
    })
}

fn debian(tree: &Tree<'_>) -> Look<Distribution> {
    let file = tree.read("/etc/debian_version")?;
    let text = String::from_utf8_lossy(&file.bytes).trim().to_owned();
    let version = if text.starts_with(|c: char| c.is_ascii_digit()) { text.clone() } else { String::new() };
    Ok(Distribution {
        id: "debian".to_owned(),
        version,
        name: format!("Debian GNU/Linux {text}"),
        evidence: vec![file.evidence.saying(text)],
        ..Distribution::default()
    })
}

/// What the release file of a distribution says beyond its os-release.
pub(crate) struct Detail {
    /// A version of the same major number with a minor one.
    pub(crate) version: Option<String>,
    /// The full name: what the Red Hat family calls itself, with the version that `PRETTY_NAME` cuts off.
    pub(crate) name: Option<String>,
    /// The file.
    pub(crate) file: File,
}

/// Distributions whose release file says more than their os-release, and whether it has their full name.
const DETAILS: &[(&str, &str, bool)] = &[
    ("debian", "/etc/debian_version", false),
    ("gentoo", "/etc/gentoo-release", false),
    ("centos", "/etc/centos-release", true),
    ("rocky", "/etc/rocky-release", true),
    ("almalinux", "/etc/almalinux-release", true),
    ("anolis", "/etc/anolis-release", true),
    ("circle", "/etc/circle-release", true),
    ("ol", "/etc/oracle-release", true),
    ("scientific", "/etc/redhat-release", true),
    ("rhel", "/etc/redhat-release", true),
];

/// Looks into the release file of a distribution that is known by its os-release.
pub(crate) fn detail(tree: &Tree<'_>, id: &str, known: &str) -> Look<Option<Detail>> {
    let Some((_, path, named)) = DETAILS.iter().find(|(other, ..)| *other == id) else { return Ok(None) };
    let Some(file) = tree.read(path).optional()? else { return Ok(None) };
    let text = String::from_utf8_lossy(&file.bytes).lines().next().unwrap_or_default().trim().to_owned();
    let says = |version: &str| version.starts_with(|c: char| c.is_ascii_digit()).then(|| version.to_owned());
    let found = if id == "debian" { says(&text) } else { exact_version(&text) };
    let same = |found: &String| known.is_empty() || found.split('.').next() == known.split('.').next();
    let derived = text.starts_with("Derived from");
    let version = found.filter(|found| same(found) && found.contains('.') && !known.contains('.') && !derived);
    let name = (*named && text.contains("release") && !derived).then_some(text);
    Ok(Some(Detail { version, name, file }))
}

/// The version in `CentOS Linux release 7.9.2009 (Core)`: major and minor; `release 4 (… Update 8)` is 4.8.
fn exact_version(line: &str) -> Option<String> {
    let after = line.split_once("release ").map_or(line, |(_, rest)| rest);
    let start = after.find(|c: char| c.is_ascii_digit())?;
    let before = after[..start].chars().next_back().filter(|c| matches!(c, 'V' | 'v'));
    let number: String = after[start..].chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let mut parts = number.split('.').filter(|part| !part.is_empty()).take(2);
    let mut version = parts.next()?.to_owned();
    let update = line.split_once("Update").map(|(_, rest)| rest.trim_start());
    let update = update.map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
    match parts.next().map(str::to_owned).or_else(|| update.filter(|update| !update.is_empty())) {
        Some(minor) => version = format!("{version}.{minor}"),
        None => version = before.into_iter().chain(version.chars()).collect(),
    }
    Some(version)
}

#[cfg(test)]
mod tests {
    use super::exact_version;

    #[test]
    fn versions_in_release_lines() {
        for (line, expected) in [
            ("CentOS release 5.11 (Final)", "5.11"),
            ("CentOS Linux release 7.9.2009 (Core)", "7.9"),
            ("CentOS Stream release 9", "9"),
            ("Red Hat Enterprise Linux AS release 4 (Nahant Update 8)", "4.8"),
            ("Kylin Linux Advanced Server release V10 (Tercel)", "V10"),
            ("NeoKylin Linux release V7Update6", "7.6"),
            ("Alibaba Cloud Linux release 3 (Soaring Falcon)", "3"),
            ("Gentoo Base System release 2.14", "2.14"),
            ("Slackware 14.2", "14.2"),
        ] {
            assert_eq!(exact_version(line).as_deref(), Some(expected), "{line}");
        }
        assert_eq!(exact_version("no number"), None);
    }
}
