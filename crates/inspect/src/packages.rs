//! What the package database says, for the few packages that rules ask about.

use crate::look::{Gap, Look, first, words};
use crate::tree::{File, Tree};
use facts::Packages;
use packages::Package;
use std::collections::BTreeMap;

/// Databases that are larger are not read: to look into a guest must stay quick.
const MAX_DATABASE: u64 = 48 << 20;

/// Where rpm keeps its headers: today's place first, which is where the older one often links to. The last is that of
/// systems that are deployed as a whole (rpm-ostree).
const RPM: &[&str] = &["/usr/lib/sysimage/rpm", "/var/lib/rpm", "/usr/share/rpm"];
/// A system that changed from one container to another has left the older ones behind.
const RPM_FILES: &[&str] = &["rpmdb.sqlite", "Packages.db", "Packages"];

/// Names, or beginnings of names with a `*`, of packages whose versions are kept.
const WANTED: &[&str] = &[
    "cloud-init",
    "cloud-utils-growpart",
    "dracut",
    "grub",
    "grub-pc",
    "grub2*",
    "grub-efi-*",
    "initramfs-tools",
    "kernel",
    "kernel-core",
    "kernel-default",
    "linux-image-*",
    "open-vm-tools",
    "openssh-server",
    "qemu-guest-agent",
    "shim*",
    "systemd",
];

/// The packages of whichever database is there.
pub(crate) fn examine(tree: &Tree<'_>) -> Look<Packages> {
    first([dpkg, rpm], |database| database(tree))
}

fn dpkg(tree: &Tree<'_>) -> Look<Packages> {
    let file = tree.read_up_to("/var/lib/dpkg/status", MAX_DATABASE)?;
    Ok(chosen("dpkg", packages::dpkg(&file.bytes), &file))
}

fn rpm(tree: &Tree<'_>) -> Look<Packages> {
    let paths = RPM.iter().flat_map(|directory| RPM_FILES.iter().map(move |file| format!("{directory}/{file}")));
    first(paths, |path| {
        let file = tree.read_up_to(&path, MAX_DATABASE)?;
        let wal = match tree.read_up_to(&format!("{path}-wal"), MAX_DATABASE) {
            Err(Gap::Absent) => Vec::new(),
            wal => wal?.bytes,
        };
        let all = packages::rpm_with_wal(&file.bytes, &wal);
        all.map(|all| chosen("rpm", all, &file)).map_err(|error| Gap::unknown(format!("{path}: {}", words(&error))))
    })
}

fn chosen(manager: &str, all: Vec<Package>, file: &File) -> Packages {
    let mut versions: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let count = all.len();
    for package in all.into_iter().filter(|package| is_wanted(&package.name)) {
        versions.entry(package.name).or_default().push(package.version);
    }
    Packages { manager: manager.to_owned(), count, versions, evidence: file.evidence.clone() }
}

fn is_wanted(name: &str) -> bool {
    WANTED.iter().any(|wanted| match wanted.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == *wanted,
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::linux;

    #[test]
    fn the_few_that_matter_are_kept_and_all_are_counted() {
        let status = "Package: grub-pc\nStatus: install ok installed\nVersion: 2.06-13\n\n\
            Package: linux-image-6.1.0-1-amd64\nVersion: 6.1\n\nPackage: bash\nVersion: 5\n\n\
            Package: qemu-guest-agent\nStatus: deinstall ok config-files\nVersion: 7\n";
        let found = linux(&[("/var/lib/dpkg/status", status), ("/var/lib/rpm/Packages", "")]).packages;
        let found = found.value().unwrap();
        assert_eq!((found.manager.as_str(), found.count), ("dpkg", 3));
        assert_eq!(found.versions.keys().collect::<Vec<_>>(), ["grub-pc", "linux-image-6.1.0-1-amd64"]);
        assert_eq!(found.versions["grub-pc"], ["2.06-13"]);
    }

    #[test]
    fn a_database_that_cannot_be_read_is_not_an_empty_one() {
        for file in ["/var/lib/rpm/Packages", "/usr/lib/sysimage/rpm/rpmdb.sqlite"] {
            let found = linux(&[(file, "rubbish")]).packages;
            assert!(found.reason().unwrap().why.contains(file), "{found:?}");
        }
        assert!(linux(&[("/etc/hostname", "a")]).packages.is_absent());
    }
}
