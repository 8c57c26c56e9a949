//! `/var/lib/dpkg/status` (deb-control(5), dpkg-query(1)): stanzas of fields, as in mail headers.

use crate::{MAX_PACKAGES, Package};

/// Packages that are installed by the account of a status file, or of a file of `status.d`, which has no states.
pub fn dpkg(status: &[u8]) -> Vec<Package> {
    let mut packages = Vec::new();
    let (mut package, mut installed) = (Package::default(), true);
    // The line behind the end closes the last stanza.
    for line in status.split(|&byte| byte == b'\n').chain([&b""[..]]) {
        let line = String::from_utf8_lossy(line);
        if line.trim().is_empty() {
            let ended = std::mem::take(&mut package);
            if installed && !ended.name.is_empty() && packages.len() < MAX_PACKAGES {
                packages.push(ended);
            }
            installed = true;
        } else if let Some((name, value)) = line.split_once(':').filter(|_| !line.starts_with([' ', '\t'])) {
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "package" => value.clone_into(&mut package.name),
                "version" => value.clone_into(&mut package.version),
                "architecture" => value.clone_into(&mut package.architecture),
                // Wanted, error flag, state; a package that is half removed is none.
                "status" => installed = value.split_whitespace().next_back() == Some("installed"),
                _ => {}
            }
        }
    }
    packages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_installed_is_told_from_what_was() {
        let status = b"Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2-1\nDescription: a\n Package: no\n\
            \nPackage: vim\nStatus: deinstall ok config-files\nVersion: 9\n\n\n\
            package: tzdata\r\nVersion: 2024a\r\n";
        let found = dpkg(status);
        let short: Vec<_> = found.iter().map(|one| (one.name.as_str(), one.version.as_str())).collect();
        assert_eq!(short, [("bash", "5.2-1"), ("tzdata", "2024a")]);
        assert_eq!(found[0].architecture, "amd64");
    }

    #[test]
    fn noise_is_no_package() {
        assert!(dpkg(b"").is_empty() && dpkg(b"\0\xff:\n::\n\n").is_empty());
    }
}
