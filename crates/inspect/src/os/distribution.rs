//! Which distribution it is. os-release(5) first, release files where it is missing or less exact.

use super::release;
use crate::look::{Gap, Look, Outcome as _, first};
use crate::tree::Tree;
use facts::{Claim, Distribution};

/// The distribution.
pub(crate) fn detect(tree: &Tree<'_>) -> Look<Distribution> {
    let mut distribution = match os_release(tree) {
        Err(gap) => match release::detect(tree) {
            Err(Gap::Absent) => return Err(gap),
            other => other?,
        },
        found => found?,
    };
    if let Some(detail) = release::detail(tree, &distribution.id, &distribution.version)? {
        let place = detail.file.evidence.at_line(1);
        distribution.evidence.extend(detail.version.iter().map(|version| place.clone().saying(version.clone())));
        distribution.evidence.extend(detail.name.iter().map(|name| place.clone().saying(name.clone())));
        distribution.version = detail.version.unwrap_or(distribution.version);
        distribution.name = detail.name.unwrap_or(distribution.name);
    }
    Ok(distribution)
}

fn os_release(tree: &Tree<'_>) -> Look<Distribution> {
    let file = first(["/etc/os-release", "/usr/lib/os-release"], |path| tree.read(path))?;
    let values = syntax::shell::assignments(&file.bytes);
    let get = |key: &str| syntax::shell::last(&values, key).map(|found| found.value.trim().to_owned());
    let line = |key: &str| {
        let found = syntax::shell::last(&values, key)?;
        Some(file.evidence.clone().at_line(found.line).saying(format!("{key}={}", found.value)))
    };
    let Some(id) = get("ID").filter(|id| !id.is_empty()) else { return Err(Gap::Absent) };
    Ok(Distribution {
        id: id.to_ascii_lowercase(),
        version: get("VERSION_ID").unwrap_or_default(),
        name: get("PRETTY_NAME").or_else(|| get("NAME")).unwrap_or(id),
        codename: get("VERSION_CODENAME").or_else(|| get("UBUNTU_CODENAME")),
        variant: get("VARIANT_ID"),
        like: get("ID_LIKE").map(|like| like.split_whitespace().map(str::to_owned).collect()).unwrap_or_default(),
        evidence: ["ID", "VERSION_ID"].into_iter().filter_map(line).collect(),
    })
}

/// The host name. On systems before systemd `/etc/sysconfig/network` has it.
pub(crate) fn hostname(tree: &Tree<'_>) -> Look<Claim<String>> {
    let plain = first(["/etc/HOSTNAME", "/etc/hostname"], |path| {
        let file = tree.read(path)?;
        let text = String::from_utf8_lossy(&file.bytes).into_owned();
        let mut lines = (1..).zip(text.lines().map(str::trim));
        let (line, name) = lines.find(|(_, line)| !line.is_empty() && !line.starts_with('#')).ok_or(Gap::Absent)?;
        Ok(Claim::new(name.to_owned(), file.evidence.at_line(line)))
    });
    match plain {
        Err(Gap::Absent) => {}
        other => return other,
    }
    let file = tree.read("/etc/sysconfig/network").optional()?.ok_or(Gap::Absent)?;
    let values = syntax::shell::assignments(&file.bytes);
    let found = syntax::shell::last(&values, "HOSTNAME").filter(|found| !found.value.is_empty()).ok_or(Gap::Absent)?;
    Ok(Claim::new(found.value.clone(), file.evidence.at_line(found.line)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{partition, volumes};

    fn found(files: &[(&str, &str)]) -> Option<(String, String)> {
        let volumes = volumes(vec![partition(1, files)]);
        let distribution = detect(&Tree::new(&volumes, 0)).optional().unwrap()?;
        assert!(!distribution.evidence.is_empty());
        Some((distribution.id, distribution.version))
    }

    fn is(files: &[(&str, &str)], id: &str, version: &str) {
        assert_eq!(found(files), Some((id.to_owned(), version.to_owned())), "{files:?}");
    }

    #[test]
    fn by_os_release() {
        let debian = ("/usr/lib/os-release", "ID=debian\nVERSION_ID=\"12\"\n");
        let link = ("/etc/os-release", "-> ../usr/lib/os-release");
        is(&[debian, link, ("/etc/debian_version", "12.9\n")], "debian", "12.9");
        is(&[debian, ("/etc/debian_version", "trixie/sid\n")], "debian", "12");
        is(&[debian, ("/etc/debian_version", "13.1\n")], "debian", "12");
        let centos = ("/etc/os-release", "ID=\"centos\"\nVERSION_ID=\"7\"\n");
        is(&[centos, ("/etc/centos-release", "CentOS Linux release 7.9.2009 (Core)\n")], "centos", "7.9");
        is(&[("/etc/os-release", "ID=openEuler\nVERSION_ID=\"22.03\"\n")], "openeuler", "22.03");
        is(&[("/etc/os-release", "ID='kylin' \nVERSION_ID=\"V10\"\n")], "kylin", "V10");
        is(&[("/etc/os-release", "ID=arch\n")], "arch", "");
    }

    #[test]
    fn the_red_hat_family_has_its_name_in_its_release_file() {
        let name = |files: &[(&str, &str)]| {
            let volumes = volumes(vec![partition(1, files)]);
            detect(&Tree::new(&volumes, 0)).unwrap().name
        };
        let os = |id: &str, name: &str| format!("ID={id}\nVERSION_ID=9.3\nPRETTY_NAME=\"{name}\"\n");
        let (rocky, fedora) = (os("rocky", "Rocky Linux 9.3"), os("fedora", "Fedora Linux 39 (Cloud Edition)"));
        let line = ("/etc/rocky-release", "Rocky Linux release 9.3 (Blue Onyx)\n");
        assert_eq!(name(&[("/etc/os-release", &rocky), line]), "Rocky Linux release 9.3 (Blue Onyx)");
        assert_eq!(name(&[("/etc/os-release", &rocky)]), "Rocky Linux 9.3");
        let line = ("/etc/fedora-release", "Fedora release 39 (Thirty Nine)\n");
        assert_eq!(name(&[("/etc/os-release", &fedora), line]), "Fedora Linux 39 (Cloud Edition)");
    }

    #[test]
    fn by_what_is_left_where_a_file_is_missing() {
        let gentoo = ("/etc/os-release", "ID=gentoo\n");
        is(&[gentoo, ("/etc/gentoo-release", "Gentoo Base System release 2.14\n")], "gentoo", "2.14");
        let issue = ("/etc/issue", "Ubuntu 10.04.4 LTS \\n \\l\n\n");
        is(&[issue, ("/etc/debian_version", "squeeze/sid\n")], "ubuntu", "10.04");
        is(&[("/etc/issue", "Debian GNU/Linux 6.0\n"), ("/etc/debian_version", "6.0.10\n")], "debian", "6.0.10");
        is(
            &[("/etc/enterprise-release", "Enterprise Linux Enterprise Linux Server release 5.4 (Carthage)\n")],
            "ol",
            "5.4",
        );
        is(&[("/etc/redhat-release", "Red Hat Enterprise Linux Server release 5.11 (Tikanga)\n")], "rhel", "5.11");
        is(&[("/etc/redhat-release", "Fedora Core release 6 (Zod)\n")], "fedora", "6");
        is(&[("/etc/redhat-release", "Alibaba Cloud Linux release 3 (Soaring Falcon)\n")], "alinux", "3");
        let sles = "SUSE Linux Enterprise Server 10 (x86_64)\nVERSION = 10\nPATCHLEVEL = 4\n";
        is(&[("/etc/SuSE-release", sles)], "sles", "10.4");
        assert_eq!(found(&[("/etc/redhat-release", "Derived from Red Hat Enterprise Linux 7.1 (Source)\n")]), None);
    }

    #[test]
    fn by_release_files() {
        is(&[("/etc/redhat-release", "CentOS release 5.11 (Final)\n")], "centos", "5.11");
        let derived = ("/etc/redhat-release", "Derived from Red Hat Enterprise Linux 7.1 (Source)\n");
        is(&[("/etc/centos-release", "CentOS Linux release 7.1.1503 (Core)\n"), derived], "centos", "7.1");
        let red_hat = ("/etc/redhat-release", "Red Hat Enterprise Linux Server release 6.5\n");
        is(&[("/etc/oracle-release", "Oracle Linux Server release 6.5\n"), red_hat], "ol", "6.5");
        is(
            &[("/etc/SuSE-release", "SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 4\n")],
            "sles",
            "11.4",
        );
        is(&[("/etc/SuSE-release", "openSUSE 13.2 (x86_64)\nVERSION = 13.2\n")], "opensuse", "13.2");
        is(
            &[
                ("/etc/lsb-release", "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=10.04\n"),
                ("/etc/debian_version", "squeeze/sid\n"),
            ],
            "ubuntu",
            "10.04",
        );
        is(&[("/etc/lsb-release", "LSB_VERSION=1.3\n"), ("/etc/debian_version", "6.0.10\n")], "debian", "6.0.10");
        assert_eq!(found(&[("/etc/hosts", "")]), None);
    }

    #[test]
    fn host_names() {
        let name = |files: &[(&str, &str)]| {
            let volumes = volumes(vec![partition(1, files)]);
            hostname(&Tree::new(&volumes, 0)).ok().map(|claim| claim.value)
        };
        assert_eq!(name(&[("/etc/hostname", "# x\nhost.example\n")]).as_deref(), Some("host.example"));
        assert_eq!(name(&[("/etc/sysconfig/network", "NETWORKING=yes\nHOSTNAME=old\n")]).as_deref(), Some("old"));
        assert_eq!(name(&[("/etc/hostname", "\n")]), None);
    }
}
