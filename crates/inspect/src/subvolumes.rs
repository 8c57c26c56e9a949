//! The parts of a filesystem that are mounted by themselves: subvolumes of btrfs.
//!
//! Which one is the root: the one that the boot entry names, else the one that is mounted where none is named, else the
//! one that its own fstab calls the root. btrfs(5) `subvol=` and `subvolid=`. Snapshots, as snapper and Timeshift keep
//! dozens of them, are no systems of their own, and neither are the roots of containers.

use crate::look::{Gap, Look};
use crate::tree::Tree;
use crate::volumes::Volumes;
use crate::{loader, mounts, roles};
use facts::{Reason, Volume};
use filesystem::Subvolume;
use std::cmp::Reverse;

/// Subvolumes that are looked into for a system; those of containers and old snapshots come last.
const MAX_LOOKED_INTO: usize = 512;

/// Systems whose boot entries are read.
const MAX_ASKED: usize = 8;

/// Names that installers give the root, the most usual first.
const USUAL: &[&str] = &["/@", "/root", "/@root", "/@rootfs", "/rootfs"];

/// The top level, as `subvolid=` has it.
const TOP_LEVEL: u64 = 5;

/// The parts of one filesystem.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts {
    /// All of them; none where the filesystem has no such thing.
    pub(crate) all: Vec<Subvolume>,
    /// Those that hold a system, the root first.
    pub(crate) systems: Vec<System>,
}

/// A part that holds a system.
#[derive(Clone, Debug)]
pub(crate) struct System {
    /// Its path from the top level on.
    pub(crate) path: String,
    /// Why it is the root, if it is.
    pub(crate) why: &'static str,
    id: u64,
    is_default: bool,
    /// A snapshot, by its own account or by its place.
    is_copy: bool,
    /// Its own fstab calls it the root.
    names_itself: bool,
    has_modules: bool,
    /// A boot entry names it.
    is_booted: bool,
}

impl Parts {
    /// The path of the part that is the root, or that is mounted where none is named.
    pub(crate) fn root(&self) -> String {
        let default = || self.all.iter().find(|part| part.default).map(|part| part.path.to_string());
        self.systems.first().map(|system| system.path.clone()).or_else(default).unwrap_or_else(|| "/".to_owned())
    }

    /// The path of the part that mount options mean.
    pub(crate) fn named<'a>(&self, options: impl IntoIterator<Item = &'a str>) -> Result<String, Reason> {
        let (mut path, mut id) = (None, None);
        for option in options {
            match option.split_once('=') {
                Some(("subvol", value)) => path = Some(filesystem::GuestPath::from(value)),
                Some(("subvolid", value)) => id = value.parse().ok().map(|id| if id == 0 { TOP_LEVEL } else { id }),
                _ => {}
            }
        }
        if self.all.is_empty() {
            return Ok("/".to_owned());
        }
        let is_meant = |part: &&Subvolume| match (&path, id) {
            (Some(path), _) => part.path == *path,
            (None, Some(id)) => part.id == id,
            (None, None) => part.default,
        };
        let found = self.all.iter().find(is_meant).map(|part| part.path.to_string());
        found.ok_or_else(|| match (&path, id) {
            (Some(path), _) => Reason::new(format!("there is no subvolume {path}")),
            (None, Some(id)) => Reason::new(format!("there is no subvolume of number {id}")),
            (None, None) => Reason::new("the default subvolume is not there"),
        })
    }
}

/// The parts of the filesystem on a volume.
pub(crate) fn find(volumes: &Volumes, index: usize) -> Look<Parts> {
    let Ok(files) = &volumes.all()[index].files else { return Ok(Parts::default()) };
    let id = &volumes.all()[index].facts.id;
    let mut all = files.subvolumes().map_err(|error| volumes.gap(error, || format!("the subvolumes of {id}")))?;
    all.sort_by_key(|part| (!part.default, part.id != TOP_LEVEL, is_copy(part), part.id));
    let mut parts = Parts { all, systems: Vec::new() };
    let mut gap = None;
    for part in parts.all.iter().take(MAX_LOOKED_INTO) {
        let tree = Tree::of_directory(volumes, index, &part.path.to_string());
        match roles::is_root(&tree) {
            Ok(true) => parts.systems.push(system(&tree, &parts, part)),
            Ok(false) | Err(Gap::Absent) => {}
            Err(unknown) => gap = gap.or(Some(unknown)),
        }
    }
    match gap {
        Some(gap) if parts.systems.is_empty() => Err(gap),
        _ => {
            parts.systems.sort_by_key(System::rank);
            Ok(parts)
        }
    }
}

/// Made of another one, or kept where snapper and Timeshift keep such.
fn is_copy(part: &Subvolume) -> bool {
    let names: Vec<&[u8]> = part.path.names().collect();
    part.snapshot || names.iter().any(|name| [&b".snapshots"[..], b"timeshift-btrfs"].contains(name))
}

fn system(tree: &Tree<'_>, parts: &Parts, part: &Subvolume) -> System {
    let path = part.path.to_string();
    let names_itself = mounts::root_options(tree).is_some_and(|options| {
        let named = options.iter().any(|option| option.starts_with("subvol"));
        named && parts.named(options.iter().map(String::as_str)).is_ok_and(|named| named == path)
    });
    let has_modules = ["/lib/modules", "/usr/lib/modules"].iter().any(|path| tree.has_dir(path) == Ok(true));
    System {
        path,
        why: "",
        id: part.id,
        is_default: part.default,
        is_copy: is_copy(part),
        names_itself,
        has_modules,
        is_booted: false,
    }
}

impl System {
    /// What comes first is the root.
    fn rank(&self) -> impl Ord + use<> {
        let usual = USUAL.iter().position(|name| *name == self.path).unwrap_or(USUAL.len());
        let own = (Reverse(self.is_booted), Reverse(self.is_default), Reverse(self.names_itself), self.is_copy);
        (own, self.id != TOP_LEVEL, Reverse(self.has_modules), usual, self.id)
    }

    /// Whether it is started by itself, and no copy of another one or the root of a container.
    fn is_own(&self) -> bool {
        let contained = self.path.contains("/var/lib/");
        self.is_booted || self.is_default || self.names_itself || (!self.is_copy && !contained && self.has_modules)
    }

    fn reason(&self) -> &'static str {
        if self.is_booted {
            "the default boot entry names this subvolume"
        } else if self.is_default {
            "the default subvolume"
        } else if self.names_itself {
            "its own fstab names this subvolume"
        } else {
            "a subvolume with the files of a root filesystem"
        }
    }
}

/// Chooses among the systems of each filesystem, once it is known what the other volumes are for.
pub(crate) fn choose(volumes: &mut Volumes) {
    let facts: Vec<Volume> = volumes.all().iter().map(|held| held.facts.clone()).collect();
    for index in 0..facts.len() {
        let mut parts = volumes.parts(index).clone();
        let several = parts.systems.len() > 1;
        let mut booted = Vec::new();
        for system in parts.systems.iter().filter(|system| several && system.is_own()).take(MAX_ASKED) {
            let mut alone = parts.clone();
            alone.systems = vec![system.clone()];
            volumes.set_parts(index, alone);
            booted.extend(booted_part(volumes, &facts, index));
        }
        for system in &mut parts.systems {
            system.is_booted = booted.contains(&system.path);
        }
        parts.systems.sort_by_key(System::rank);
        let mut first = true;
        parts.systems.retain(|system| std::mem::take(&mut first) || system.is_own());
        for system in &mut parts.systems {
            system.why = system.reason();
        }
        volumes.set_parts(index, parts);
    }
}

/// The part that the default boot entry of the system on a volume names.
fn booted_part(volumes: &Volumes, facts: &[Volume], index: usize) -> Option<String> {
    let stitched = mounts::stitch(volumes, facts, index);
    let loader = loader::examine(&stitched, volumes, facts).value()?.clone();
    let entry = loader.default_entry()?;
    let spec = entry.root.value()?;
    if spec.volume.value() != Some(&facts[index].id) {
        return None;
    }
    let flags = syntax::cmdline::last(&entry.cmdline, "rootflags").unwrap_or_default();
    volumes.parts(index).named(flags.split(',')).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root;
    use crate::testing::{Part, btrfs, facts_of, volumes};
    use facts::{Known, Role};

    const PLAIN: Part = Part { id: 0, path: "", snapshot: false, default: false };

    fn system(at: &str, more: &[(&str, &str)]) -> Vec<(String, String)> {
        let own = [("/etc/hosts", ""), ("/bin/sh", ""), ("/lib/modules/6.1/modules.dep", "")];
        own.iter().chain(more).map(|(path, text)| (format!("{at}{path}"), (*text).to_owned())).collect()
    }

    /// The path of the root and of other systems.
    fn chosen(parts: &[Part], files: &[Vec<(String, String)>]) -> (Known<Role>, Vec<String>) {
        let files: Vec<(&str, &str)> = files.iter().flatten().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let volumes = volumes(vec![btrfs(1, &files, parts)]);
        let facts = facts_of(&volumes);
        if let Known::Is(root) = root::choose(&volumes, &facts) {
            assert_eq!(root.others.len() + 1, volumes.parts(0).systems.len());
        }
        let systems = volumes.parts(0).systems.iter().map(|system| system.path.clone()).collect();
        (facts[0].role.clone(), systems)
    }

    #[test]
    fn snapshots_are_no_second_systems() {
        let parts = [
            Part { id: 5, path: "/", ..PLAIN },
            Part { id: 256, path: "/@", ..PLAIN },
            Part { id: 260, path: "/@/.snapshots/1/snapshot", ..PLAIN },
            Part { id: 261, path: "/@/.snapshots/2/snapshot", snapshot: true, default: true },
            Part { id: 262, path: "/@/.snapshots/3/snapshot", snapshot: true, ..PLAIN },
        ];
        let files: Vec<_> = parts[2..].iter().map(|part| system(part.path, &[])).collect();
        assert_eq!(chosen(&parts, &files), (Known::Is(Role::Root), vec![parts[3].path.to_owned()]));
    }

    #[test]
    fn a_fstab_names_its_own_part() {
        let parts = [
            Part { id: 5, path: "/", default: true, ..PLAIN },
            Part { id: 256, path: "/@old", ..PLAIN },
            Part { id: 257, path: "/@", snapshot: true, ..PLAIN },
            Part { id: 258, path: "/timeshift-btrfs/snapshots/x/@", snapshot: true, ..PLAIN },
            Part { id: 259, path: "/@/var/lib/machines/box", ..PLAIN },
        ];
        let fstab = [("/etc/fstab", "UUID=uuid-1 / btrfs subvol=@,defaults 0 1\n")];
        let files: Vec<_> = parts[1..].iter().map(|part| system(part.path, &fstab)).collect();
        assert_eq!(chosen(&parts, &files).1, ["/@", "/@old"]);
        assert_eq!(chosen(&parts, &files[1..]).1, ["/@"]);
    }

    #[test]
    fn a_boot_entry_decides_between_systems() {
        let parts = [
            Part { id: 5, path: "/", default: true, ..PLAIN },
            Part { id: 256, path: "/first", ..PLAIN },
            Part { id: 257, path: "/second", ..PLAIN },
        ];
        let menu = "menuentry 'x' {\n linux /second/boot/k root=UUID=uuid-1 rootflags=noatime,subvol=second\n}\n";
        let files = [system("/first", &[("/boot/grub/grub.cfg", menu)]), system("/second", &[])];
        assert_eq!(chosen(&parts, &files).1, ["/second", "/first"]);
        assert_eq!(chosen(&parts, &[]), (Known::Is(Role::Data), Vec::new()));
    }

    #[test]
    fn options_name_parts() {
        let files = [("/x", "")];
        let parts = [
            Part { id: 5, path: "/", ..PLAIN },
            Part { id: 256, path: "/@/home", ..PLAIN },
            Part { id: 257, path: "/@", default: true, ..PLAIN },
        ];
        let volumes = volumes(vec![btrfs(1, &files, &parts)]);
        let named = |options: &str| volumes.parts(0).named(options.split(',')).ok();
        for (options, path) in [
            ("defaults", Some("/@")),
            ("subvol=/@/home", Some("/@/home")),
            ("rw,subvol=@/home,x", Some("/@/home")),
            ("subvolid=256", Some("/@/home")),
            ("subvolid=0", Some("/")),
            ("subvol=/", Some("/")),
            ("subvol=gone", None),
            ("subvolid=300", None),
        ] {
            assert_eq!(named(options).as_deref(), path, "{options}");
        }
        assert_eq!(Parts::default().named(["subvol=x"]).unwrap(), "/");
    }
}
