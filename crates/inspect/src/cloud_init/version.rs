//! Which version of cloud-init is installed.

use crate::look::{Gap, Look, first};
use crate::tree::Tree;
use facts::Claim;

/// By the package database of Debian, else by the Python package.
pub(super) fn find(tree: &Tree<'_>) -> Look<Claim<String>> {
    let packaged = tree.read_up_to("/var/lib/dpkg/status", 16 << 20).and_then(|file| {
        let (line, version) = dpkg_version(&String::from_utf8_lossy(&file.bytes), "cloud-init").ok_or(Gap::Absent)?;
        Ok(Claim::new(upstream(&version), file.evidence.at_line(line).saying(format!("Version: {version}"))))
    });
    match packaged {
        Err(Gap::Absent) => python_version(tree),
        other => other,
    }
}

/// Line and value of an installed package's version.
pub(crate) fn dpkg_version(status: &str, package: &str) -> Option<(u32, String)> {
    let header = format!("Package: {package}");
    let mut inside = false;
    let mut installed = false;
    for (number, line) in (1..).zip(status.lines()) {
        match line.split_once(": ") {
            _ if line.is_empty() => inside = false,
            _ if line == header => (inside, installed) = (true, true),
            Some(("Status", status)) if inside => installed = status.ends_with(" installed"),
            Some(("Version", version)) if inside && installed => return Some((number, version.to_owned())),
            _ => {}
        }
    }
    None
}

/// `1:22.4.2-1+deb12u1` is 22.4.2.
fn upstream(version: &str) -> String {
    let version = version.split_once(':').map_or(version, |(_, rest)| rest);
    version.split(['-', '~', '+']).next().unwrap_or(version).to_owned()
}

fn python_version(tree: &Tree<'_>) -> Look<Claim<String>> {
    let mut places =
        vec!["/usr/lib/python3/dist-packages".to_owned(), "/usr/local/lib/python3/dist-packages".to_owned()];
    for name in tree.names("/usr/lib")?.iter().filter(|name| name.starts_with("python")) {
        places.push(format!("/usr/lib/{name}/site-packages"));
        places.push(format!("/usr/lib/{name}/dist-packages"));
    }
    first(places, |place| {
        for name in tree.names(&place)? {
            let rest = name.strip_prefix("cloud_init-").or_else(|| name.strip_prefix("cloud-init-"));
            if let Some(version) = rest.and_then(|rest| rest.split(['-', '+']).next()) {
                let version = version.trim_end_matches(".egg").trim_end_matches(".dist");
                return Ok(Claim::new(version.to_owned(), tree.evidence(&format!("{place}/{name}"))));
            }
        }
        let file = tree.read(&format!("{place}/cloudinit/version.py"))?;
        let text = String::from_utf8_lossy(&file.bytes).into_owned();
        let found = (1..).zip(text.lines()).find_map(|(number, line)| {
            let value = line.strip_prefix("__VERSION__")?.split('"').nth(1)?;
            value.starts_with(|c: char| c.is_ascii_digit()).then(|| (number, value.to_owned()))
        });
        found.map(|(number, value)| Claim::new(value, file.evidence.at_line(number))).ok_or(Gap::Absent)
    })
    .map_err(|gap| if gap == Gap::Absent { Gap::unknown("no file says its version") } else { gap })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_packages() {
        let status = "Package: a\nStatus: install ok installed\nVersion: 1\n\nPackage: cloud-init\n\
                      Status: install ok installed\nVersion: 22.4.2-1+deb12u1\n";
        assert_eq!(dpkg_version(status, "cloud-init"), Some((7, "22.4.2-1+deb12u1".into())));
        let removed = status.replace("install ok installed", "deinstall ok config-files");
        assert_eq!(dpkg_version(&removed, "cloud-init"), None);
        assert_eq!(upstream("1:22.4.2-1+deb12u1"), "22.4.2");
        assert_eq!(upstream("23.1"), "23.1");
    }
}
