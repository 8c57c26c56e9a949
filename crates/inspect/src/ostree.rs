//! Systems that OSTree deploys: Fedora CoreOS, Silverblue, RHEL for Edge.
//!
//! On disk the root filesystem holds whole systems below `/ostree/deploy/NAME/deploy/CHECKSUM.SERIAL`, each with its own
//! `/etc` and `/usr`, and one `/var` for all of a name. The boot entry says which is started: `ostree=` is a path of
//! links that leads there. Source: libostree manual, "Anatomy of an OSTree repository" and "Deployments".

use crate::look::{Gap, Look, Outcome as _};
use crate::tree::Tree;
use crate::volumes::Volumes;
use facts::{Evidence, VolumeId};

/// Where the names of systems are.
const SYSTEMS: &str = "/ostree/deploy";

/// Most deployments that are compared; real systems keep two or three.
const MAX_DEPLOYMENTS: usize = 64;

/// The system that boots, of those on a volume.
#[derive(Clone, Debug)]
pub(crate) struct Deployment {
    /// Its directory on the volume.
    pub(crate) directory: String,
    /// The directory that is its `/var`.
    pub(crate) var: String,
    /// Why that one.
    pub(crate) evidence: Evidence,
}

/// The deployment on the volume `root`; none where that is no OSTree system. `ostree` is what the boot entry says.
pub(crate) fn choose(
    volumes: &Volumes,
    root: usize,
    ostree: impl FnOnce() -> Option<String>,
) -> Look<Option<Deployment>> {
    let base = volumes.parts(root).root();
    let tree = Tree::of_directory(volumes, root, &base);
    // A system that is not deployed itself may build deployments of others.
    if !tree.has_dir(SYSTEMS)? || tree.find_link("/usr").found()? {
        return Ok(None);
    }
    let id = &volumes.all()[root].facts.id;
    if let Some(path) = ostree()
        && let Ok(found) = tree.find(&path)
        && let Some(deployment) = deployment(id, &found.path.to_string(), format!("ostree={path} leads to it"))
    {
        return Ok(Some(deployment));
    }
    let mut all = deployments(&tree)?;
    let version = |directory: &String| {
        version(&Tree::of_directory(volumes, root, &format!("{base}{directory}"))).unwrap_or_default()
    };
    all.sort_by(|a, b| syntax::version::compare(&version(b), &version(a)));
    let why = match all.len() {
        1 => "the only deployment",
        _ => "the newest deployment by its version, as no boot entry leads to one",
    };
    Ok(all.first().and_then(|directory| deployment(id, directory, why.to_owned())))
}

fn deployment(volume: &VolumeId, directory: &str, why: String) -> Option<Deployment> {
    let (system, _) = directory.strip_prefix(SYSTEMS)?.strip_prefix('/')?.split_once("/deploy/")?;
    Some(Deployment {
        directory: directory.to_owned(),
        var: format!("{SYSTEMS}/{system}/var"),
        evidence: Evidence::file(volume, directory).saying(why),
    })
}

/// Directories that are called as deployments are, and hold a system.
fn deployments(tree: &Tree<'_>) -> Look<Vec<String>> {
    let mut all = Vec::new();
    for system in tree.names(SYSTEMS)?.into_iter().take(MAX_DEPLOYMENTS) {
        for name in tree.names(&format!("{SYSTEMS}/{system}/deploy"))?.into_iter().take(MAX_DEPLOYMENTS) {
            let serial = name.rsplit_once('.').map(|(_, serial)| serial);
            let directory = format!("{SYSTEMS}/{system}/deploy/{name}");
            if serial.is_some_and(|serial| serial.parse::<u32>().is_ok())
                && tree.has_dir(&format!("{directory}/usr"))?
            {
                all.push(directory);
            }
        }
    }
    Ok(all)
}

fn version(system: &Tree<'_>) -> Look<String> {
    let file = system.read("/usr/lib/os-release")?;
    let values = syntax::shell::assignments(&file.bytes);
    let found = ["OSTREE_VERSION", "VERSION_ID"].iter().find_map(|key| syntax::shell::last(&values, key));
    found.map(|found| found.value.clone()).ok_or(Gap::Absent)
}

#[cfg(test)]
mod tests {
    use crate::testing::{facts_of, partition, stitched, volumes};
    use facts::Known;

    const A: &str = "/ostree/deploy/fedora-coreos/deploy/aa.0";
    const B: &str = "/ostree/deploy/fedora-coreos/deploy/bb.0";

    fn system(directory: &str, version: &str) -> Vec<(String, String)> {
        vec![
            (
                format!("{directory}/usr/lib/os-release"),
                format!("ID=fedora\nVERSION_ID={version}\nVARIANT_ID=coreos\n"),
            ),
            (format!("{directory}/etc/os-release"), "-> ../usr/lib/os-release".into()),
            (format!("{directory}/etc/hostname"), format!("host-{version}\n")),
            (format!("{directory}/lib"), "-> usr/lib".into()),
            (format!("{directory}.origin"), String::new()),
        ]
    }

    fn name(boot: &[(&str, &str)], own: &[(&str, &str)]) -> (Option<String>, String, String) {
        let mut files: Vec<(String, String)> = system(A, "40").into_iter().chain(system(B, "39")).collect();
        files.extend(own.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())));
        files.push(("/ostree/repo/config".into(), String::new()));
        files.push(("/ostree/deploy/fedora-coreos/var/lib/x".into(), "var".into()));
        files.push(("/boot/".into(), String::new()));
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let volumes = volumes(vec![partition(1, &files), partition(2, boot)]);
        let stitched = stitched(&volumes);
        let facts = facts_of(&volumes);
        let root = crate::root::choose(&volumes, &facts).value().unwrap().index;
        assert_eq!(root, 0);
        assert_eq!(stitched.tree.read("/var/lib/x").unwrap().bytes, b"var");
        let inner = format!("{B}/etc/hostname");
        assert!(stitched.guest_path(&facts[0].id, &inner).ends_with("/etc/hostname"));
        let guest = crate::linux::detect(
            &crate::root::Root { index: 0, evidence: Vec::new(), others: Vec::new() },
            &stitched,
            &volumes,
            &facts,
        )
        .unwrap();
        let hostname = guest.hostname.value().map(|claim| claim.value.clone());
        let deployed = guest.linux.unwrap().ostree.value().cloned().unwrap();
        (hostname, guest.platform.value().unwrap().value.clone(), deployed.text.unwrap())
    }

    #[test]
    fn the_boot_entry_says_which() {
        let entry = "title x\nlinux /vmlinuz\noptions root=LABEL=root ostree=/ostree/boot.1/fedora-coreos/hash/0\n";
        let boot = [("/loader.1/entries/ostree-1.conf", entry), ("/loader", "-> loader.1"), ("/vmlinuz", "k")];
        let links = [
            ("/ostree/boot.1", "-> boot.1.1"),
            ("/ostree/boot.1.1/fedora-coreos/hash/0", "-> ../../../deploy/fedora-coreos/deploy/bb.0"),
        ];
        let (host, platform, why) = name(&boot, &links);
        assert_eq!((host.as_deref(), platform.as_str()), (Some("host-39"), "Fedora CoreOS"));
        assert!(why.starts_with("ostree="), "{why}");
    }

    #[test]
    fn else_the_newest_is_taken() {
        let (host, _, why) = name(&[("/loader/entries/x.conf", "linux /k\noptions ostree=/gone\n")], &[]);
        assert_eq!(host.as_deref(), Some("host-40"));
        assert!(why.contains("newest"));
    }

    #[test]
    fn a_system_that_only_builds_deployments_is_none() {
        let found = crate::testing::linux(&[
            ("/usr/bin/sh", ""),
            ("/bin", "-> usr/bin"),
            ("/etc/hosts", ""),
            ("/ostree/deploy/x/deploy/aa.0/usr/lib/os-release", "ID=x\n"),
        ]);
        assert_eq!(found.ostree, Known::Absent);
    }
}
