//! The filesystems of a guest in their places: its fstab, and the volumes it means. fstab(5).

use crate::look::{Gap, Look, Outcome as _};
use crate::ostree::{self, Deployment};
use crate::tree::Tree;
use crate::volumes::Volumes;
use crate::{device, loader};
use facts::{DeviceSpec, Evidence, Fstab, FstabEntry, Known, Mount, Reason, Role, SpecKind, Volume, VolumeId};
use filesystem::FileKind;

/// Most entries of an fstab that are looked at; the longest ones of real systems have some dozens.
const MAX_ENTRIES: usize = 512;

/// Filesystem types that live in no volume.
const PSEUDO: &[&str] = &[
    "proc",
    "sysfs",
    "tmpfs",
    "devpts",
    "devtmpfs",
    "cgroup",
    "cgroup2",
    "debugfs",
    "securityfs",
    "usbfs",
    "usbdevfs",
    "selinuxfs",
    "mqueue",
    "hugetlbfs",
    "overlay",
    "aufs",
    "autofs",
    "swap",
    "ignore",
    "binfmt_misc",
    "fusectl",
];

/// A guest's files with everything mounted.
pub(crate) struct Stitched<'v> {
    /// The files.
    pub(crate) tree: Tree<'v>,
    /// The fstab.
    pub(crate) fstab: Known<Fstab>,
    /// What is mounted, root first.
    pub(crate) mounts: Vec<Mount>,
    /// The deployment that is the root, of systems that OSTree deploys.
    pub(crate) deployment: Look<Option<Deployment>>,
}

impl Stitched<'_> {
    /// The path of a file as the running guest would see it, from the volume and the path on it.
    pub(crate) fn guest_path(&self, volume: &VolumeId, inner: &str) -> String {
        self.tree.path_of(volume, inner).unwrap_or_else(|| format!("/{}", inner.trim_start_matches('/')))
    }

    /// The volume mounted at a path.
    pub(crate) fn mounted_at(&self, path: &str) -> Option<&VolumeId> {
        self.mounts.iter().find(|mount| mount.path == path).and_then(|mount| mount.volume.value())
    }
}

/// Puts the filesystems together that the fstab of the root on volume `root` names.
pub(crate) fn stitch<'v>(volumes: &'v Volumes, facts: &[Volume], root: usize) -> Stitched<'v> {
    let id = &facts[root].id;
    let own = |spec: DeviceSpec| Mount { path: "/".into(), volume: Known::Is(id.clone()), spec };
    let bare =
        |tree| Stitched { tree, mounts: vec![own(DeviceSpec::default())], fstab: Known::Absent, deployment: Ok(None) };
    let deployment = ostree::choose(volumes, root, || {
        let mut physical = bare(Tree::of_directory(volumes, root, &volumes.parts(root).root()));
        physical.mount_implied(volumes);
        let loader = loader::examine(&physical, volumes, facts);
        syntax::cmdline::last(&loader.value()?.default_entry()?.cmdline, "ostree")
    });
    let mut stitched = bare(tree(volumes, root, deployment.as_ref().ok().and_then(Option::as_ref)));
    stitched.deployment = deployment;
    let fstab = read(&stitched.tree, facts);
    match fstab {
        Ok(mut fstab) => {
            let root_entry = fstab.entries.iter().find(|entry| entry.mount_point == "/");
            stitched.mounts = vec![own(root_entry.map(|entry| entry.spec.clone()).unwrap_or_default())];
            for entry in &fstab.entries {
                stitched.mount_entry(entry, volumes);
            }
            stitched.mount_implied(volumes);
            for entry in &mut fstab.entries {
                entry.mount_point_exists = stitched.has_mount_point(entry).known();
            }
            stitched.fstab = Known::Is(fstab);
        }
        Err(gap) => {
            stitched.mount_implied(volumes);
            stitched.fstab = Err(gap).known();
        }
    }
    stitched
}

/// The options with which a fstab mounts its root.
pub(crate) fn root_options(tree: &Tree<'_>) -> Option<Vec<String>> {
    let file = tree.read("/etc/fstab").ok()?;
    let entries = syntax::fstab::parse(&file.bytes).entries;
    entries.into_iter().find(|entry| entry.mount_point == "/").map(|entry| entry.options)
}

/// The files of the root, before anything else is mounted.
fn tree<'v>(volumes: &'v Volumes, root: usize, deployment: Option<&Deployment>) -> Tree<'v> {
    let base = volumes.parts(root).root();
    let Some(deployment) = deployment else { return Tree::of_directory(volumes, root, &base) };
    let mut tree = Tree::of_directory(volumes, root, &format!("{base}{}", deployment.directory));
    tree.mount_directory("/sysroot", Ok(root), &base);
    tree.mount_directory("/var", Ok(root), &format!("{base}{}", deployment.var));
    // Without a boot filesystem of its own it lies beside the deployments.
    if tree.has_dir("/sysroot/boot/loader") == Ok(true) {
        tree.mount_directory("/boot", Ok(root), &format!("{base}/boot"));
    }
    tree
}

fn read(tree: &Tree<'_>, facts: &[Volume]) -> Look<Fstab> {
    let file = tree.read("/etc/fstab")?;
    let table = syntax::fstab::parse(&file.bytes);
    let at = |line: u32, text: &str| file.evidence.clone().at_line(line).saying(text);
    let entry = |entry: syntax::fstab::Entry| FstabEntry {
        spec: spec(&entry, facts),
        mount_point: canonical(&entry.mount_point),
        fs_type: entry.fs_type,
        options: entry.options,
        pass: entry.pass,
        mount_point_exists: Known::default(),
        evidence: at(entry.line, &entry.text),
    };
    Ok(Fstab {
        evidence: file.evidence.clone(),
        entries: table.entries.into_iter().take(MAX_ENTRIES).map(entry).collect(),
        malformed: table.malformed.iter().map(|bad| at(bad.line, &format!("{}: {}", bad.why, bad.text))).collect(),
    })
}

fn spec(entry: &syntax::fstab::Entry, facts: &[Volume]) -> DeviceSpec {
    let pseudo = entry.fs_type != "swap" && PSEUDO.contains(&entry.fs_type.as_str());
    let bind = entry.options.iter().any(|option| option == "bind" || option == "rbind");
    if pseudo || bind {
        return DeviceSpec { text: entry.spec.clone(), kind: SpecKind::Pseudo, volume: Known::Absent };
    }
    let mut spec = device::resolve(&entry.spec, facts);
    if ["nfs", "nfs4", "cifs", "smbfs", "ceph", "glusterfs", "fuse.sshfs"].contains(&entry.fs_type.as_str()) {
        spec.kind = SpecKind::Network;
    }
    if entry.fs_type == "iso9660" || entry.fs_type == "udf" {
        spec.kind = SpecKind::Removable;
    }
    spec
}

/// `///usr//local//` is `/usr/local`.
fn canonical(mount_point: &str) -> String {
    if mount_point.starts_with('/') { filesystem::GuestPath::from(mount_point).to_string() } else { mount_point.into() }
}

impl Stitched<'_> {
    fn has_mount_point(&self, entry: &FstabEntry) -> Look<bool> {
        if !entry.mount_point.starts_with('/') {
            return Ok(true);
        }
        self.tree.has_dir(&entry.mount_point)
    }

    fn mount_entry(&mut self, entry: &FstabEntry, volumes: &Volumes) {
        let at = entry.mount_point.as_str();
        let local = !matches!(entry.spec.kind, SpecKind::Pseudo | SpecKind::Removable);
        let again = self.mounts.iter().any(|mount| mount.path == at);
        // What is not mounted by itself still is what the system has there when it updates its kernel.
        let asked = !entry.has_option("noauto") || at.starts_with("/boot") || at == "/efi";
        if !local || !at.starts_with('/') || entry.fs_type == "swap" || again || !asked {
            return;
        }
        let place = match &entry.spec.volume {
            Known::Is(id) => volumes.index(id).ok_or_else(|| Reason::new("it is not on this disk")),
            Known::Absent => Err(Reason::new(format!("{} is not on this disk", entry.spec.text))),
            Known::Unknown(reason) => Err(reason.clone()),
        };
        let place = place.and_then(|index| {
            let part = volumes.parts(index).named(entry.options.iter().map(String::as_str))?;
            Ok((index, part))
        });
        if place.is_ok() || !entry.is_optional() {
            let below = |reason: Reason| Reason::new(format!("what is mounted on {at} cannot be seen: {reason}"));
            let base = place.as_ref().map_or_else(|_| "/".to_owned(), |(_, part)| part.clone());
            self.tree.mount_directory(at, place.map(|(index, _)| index).map_err(below), &base);
        }
        self.mounts.push(Mount { path: at.into(), volume: entry.spec.volume.clone(), spec: entry.spec.clone() });
    }

    /// Mounts what no fstab names and still belongs there: `/usr` of systems that update it as a whole, and a boot
    /// filesystem where the root has none.
    fn mount_implied(&mut self, volumes: &Volumes) {
        if self.is_bare("/usr", &["bin", "lib", "share"]) {
            self.mount_by_role(volumes, "/usr", Role::Usr);
        }
        if self.is_bare("/boot", &["grub", "grub2", "loader", "extlinux", "syslinux", "efi"]) {
            self.mount_by_role(volumes, "/boot", Role::Boot);
        }
    }

    /// Whether nothing is mounted there and the directory lacks those names.
    fn is_bare(&self, at: &str, names: &[&str]) -> bool {
        let mounted = self.mounts.iter().any(|mount| mount.path == at);
        !mounted && names.iter().all(|name| matches!(self.tree.find(&format!("{at}/{name}")), Err(Gap::Absent)))
    }

    fn mount_by_role(&mut self, volumes: &Volumes, at: &str, role: Role) {
        let free = |id: &VolumeId| !self.mounts.iter().any(|mount| mount.volume.value() == Some(id));
        let candidates = volumes.all().iter().enumerate();
        let candidates = candidates.filter(|(_, held)| held.facts.role.value() == Some(&role) && free(&held.facts.id));
        // Of two system partitions that take turns, the newer one is taken to be active.
        let newest = candidates.max_by(|(a, _), (b, _)| {
            let version = |index: usize| release(&Tree::new(volumes, index)).unwrap_or_default();
            syntax::version::compare(&version(*a), &version(*b)).then(b.cmp(a))
        });
        let Some((index, held)) = newest else { return };
        self.tree.mount(at, Ok(index));
        let volume = Known::Is(held.facts.id.clone());
        let spec = DeviceSpec { volume: volume.clone(), ..DeviceSpec::default() };
        self.mounts.push(Mount { path: at.into(), volume, spec });
    }
}

fn release(usr: &Tree<'_>) -> Option<String> {
    let file = usr.read("/lib/os-release").ok()?;
    let values = syntax::shell::assignments(&file.bytes);
    syntax::shell::last(&values, "VERSION_ID").map(|found| found.value.clone())
}

/// Links at the root that begin with `/`: they lead astray whoever looks at the disk from another system.
pub(crate) fn absolute_links(tree: &Tree<'_>) -> Look<Vec<Evidence>> {
    let mut links = Vec::new();
    for path in ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/usr", "/etc", "/boot"] {
        let Some(found) = tree.find_link(path).optional()? else { continue };
        if found.metadata.kind == FileKind::Link {
            let target = tree.link(path)?;
            if target.starts_with('/') {
                links.push(Evidence::file(&found.volume, path).saying(format!("a link to {target}")));
            }
        }
    }
    if links.is_empty() { Err(Gap::Absent) } else { Ok(links) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{closed, partition, stitched, volumes};

    const ROOT: &[(&str, &str)] = &[("/etc/hosts", ""), ("/bin/", ""), ("/boot/", ""), ("/usr/", ""), ("/data/", "")];

    fn with_fstab(fstab: &'static str) -> Vec<(&'static str, &'static str)> {
        ROOT.iter().copied().chain([("/etc/fstab", fstab)]).collect()
    }

    #[test]
    fn fstab_puts_volumes_in_their_places() {
        let root = with_fstab(
            "UUID=uuid-1 / ext4 defaults 0 1\nUUID=uuid-2 //boot/ ext4 defaults 0 2\n/dev/sdb1 /missing xfs nofail 0 0\n",
        );
        let volumes = volumes(vec![partition(1, &root), partition(2, &[("/grub/grub.cfg", "x")])]);
        let stitched = stitched(&volumes);
        assert!(stitched.tree.find("/boot/grub/grub.cfg").is_ok());
        assert_eq!(stitched.guest_path(&VolumeId::partition(2), "/vmlinuz"), "/boot/vmlinuz");
        assert_eq!(stitched.guest_path(&VolumeId::partition(1), "/boot/x"), "/boot/x");
        let fstab = stitched.fstab.value().unwrap();
        assert_eq!(fstab.entries[1].mount_point, "/boot");
        assert_eq!(fstab.entries[2].spec.volume, Known::Absent);
        assert_eq!(fstab.entries[2].mount_point_exists, Known::Is(false));
        assert_eq!(stitched.mounts.len(), 3);
    }

    #[test]
    fn below_a_closed_volume_nothing_is_absent() {
        let root = with_fstab(
            "UUID=uuid-2 /data xfs defaults 0 2\nUUID=gone /boot ext4 defaults 0 2\nnone /usr tmpfs defaults 0 0\n",
        );
        let volumes = volumes(vec![partition(1, &root), closed(2)]);
        let tree = stitched(&volumes).tree;
        assert!(matches!(tree.find("/data/x"), Err(Gap::Unknown(_))));
        assert!(matches!(tree.find("/boot/x"), Err(Gap::Unknown(_))));
        assert_eq!(tree.find("/usr/x").err(), Some(Gap::Absent));
    }

    #[test]
    fn the_first_of_two_roots_counts_and_usr_is_found_without_fstab() {
        let root = with_fstab("UUID=uuid-1 / ext4 defaults 0 1\nUUID=other / ext4 defaults 0 1\n");
        let old = [("/bin/sh", "old"), ("/share/", ""), ("/lib/os-release", "VERSION_ID=9.1\n")];
        let new = [("/bin/sh", "new"), ("/share/", ""), ("/lib/os-release", "VERSION_ID=10.0\n")];
        let volumes = volumes(vec![partition(1, &root), partition(2, &old), partition(3, &new)]);
        let stitched = stitched(&volumes);
        assert_eq!(stitched.mounts[0].spec.text, "UUID=uuid-1");
        assert_eq!(stitched.tree.read("/usr/bin/sh").unwrap().bytes, b"new");
    }

    #[test]
    fn absolute_links_at_the_root() {
        let volumes =
            volumes(vec![partition(1, &[("/lib", "-> /usr/lib"), ("/bin", "-> usr/bin"), ("/usr/lib/x", "")])]);
        let links = absolute_links(&Tree::new(&volumes, 0)).unwrap();
        assert_eq!((links.len(), links[0].path.as_deref()), (1, Some("/lib")));
    }
}
