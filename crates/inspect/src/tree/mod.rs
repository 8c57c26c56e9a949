//! The files of a guest, as the running system would see them: filesystems mounted into one another, links followed
//! inside the guest only.
//!
//! Paths are resolved here, name by name, above the filesystems. What lies below a mount point whose volume cannot be
//! read is unknown, not absent.

use crate::look::{Gap, Look, Outcome as _};
use crate::volumes::Volumes;
use facts::{Evidence, Reason, VolumeId};
use filesystem::{Entry, FileKind, FileSystem, GuestPath, Metadata};
use std::cell::RefCell;
use std::collections::HashMap;

/// Links on the way to one file, as Linux (MAXSYMLINKS).
const MAX_LINKS: usize = 40;

/// Names on the way to one file, links' targets included; a guard against links that grow.
const MAX_NAMES: usize = 4096;

/// Length of a configuration file.
pub(crate) const TEXT_LIMIT: u64 = 4 << 20;

/// A file's content.
#[derive(Debug)]
pub(crate) struct File {
    /// The content.
    pub(crate) bytes: Vec<u8>,
    /// Where it is.
    pub(crate) evidence: Evidence,
}

/// Where a path leads.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// The path without links.
    pub(crate) path: GuestPath,
    /// The volume.
    pub(crate) volume: VolumeId,
    /// The path on that volume.
    pub(crate) inner: GuestPath,
    /// What is there.
    pub(crate) metadata: Metadata,
}

/// A mounted volume, or one that should be mounted and cannot be read.
#[derive(Clone, Debug)]
struct Place {
    at: GuestPath,
    volume: Result<usize, Reason>,
    /// The directory of the volume that is seen there: of a bind mount, or of one system of several.
    base: GuestPath,
}

impl Place {
    fn new(at: &str, volume: Result<usize, Reason>, base: &str) -> Self {
        Place { at: GuestPath::from(at), volume, base: GuestPath::from(base) }
    }
}

/// The files of one volume, or of several mounted into one another.
pub(crate) struct Tree<'v> {
    volumes: &'v Volumes,
    /// Deepest first, so that the first that covers a path is the right one.
    places: Vec<Place>,
    looked: RefCell<HashMap<GuestPath, Look<Metadata>>>,
}

impl<'v> Tree<'v> {
    /// The files of one volume.
    pub(crate) fn new(volumes: &'v Volumes, root: usize) -> Self {
        Tree::of_directory(volumes, root, "/")
    }

    /// The files below a directory of a volume, as a system with that root sees them.
    pub(crate) fn of_directory(volumes: &'v Volumes, root: usize, directory: &str) -> Self {
        let place = Place::new("/", Ok(root), directory);
        Tree { volumes, places: vec![place], looked: RefCell::new(HashMap::new()) }
    }

    /// The files of one volume as boot loaders name them: those of btrfs from the top level on, or from the subvolume of
    /// the root, as SUSE's GRUB does.
    pub(crate) fn of_loader(volumes: &'v Volumes, index: usize) -> Self {
        let mut tree = Tree::new(volumes, index);
        let base = volumes.parts(index).root();
        if base == "/" {
            return tree;
        }
        for name in Tree::of_directory(volumes, index, &base).names("/").unwrap_or_default() {
            let at = format!("/{name}");
            if matches!(tree.find_link(&at), Err(Gap::Absent)) {
                tree.mount_directory(&at, Ok(index), &format!("{base}{at}"));
            }
        }
        tree
    }

    /// Puts a volume in place; `Err` says why it cannot be read.
    pub(crate) fn mount(&mut self, at: &str, volume: Result<usize, Reason>) {
        self.mount_directory(at, volume, "/");
    }

    /// Puts a directory of a volume in place.
    pub(crate) fn mount_directory(&mut self, at: &str, volume: Result<usize, Reason>, base: &str) {
        self.places.retain(|place| place.at.as_bytes() != GuestPath::from(at).as_bytes());
        self.places.push(Place::new(at, volume, base));
        self.places.sort_by_key(|place| std::cmp::Reverse(place.at.names().count()));
        self.looked.borrow_mut().clear();
    }

    /// The path of a file as the running guest would see it, from the volume and the path on it; none where that is
    /// not mounted.
    pub(crate) fn path_of(&self, volume: &VolumeId, inner: &str) -> Option<String> {
        let inner = GuestPath::from(inner);
        let seen = self.places.iter().filter(|place| {
            let index = place.volume.as_ref().ok();
            index.is_some_and(|&index| self.volumes.all()[index].facts.id == *volume)
        });
        let seen = seen.filter_map(|place| Some((place, below(&place.base, &inner)?)));
        // Of several places the one that shows the least besides.
        let (place, rest) = seen.max_by_key(|(place, _)| place.base.names().count())?;
        Some(join(&place.at, &rest).to_string())
    }

    /// What is at a path, all links followed.
    pub(crate) fn find(&self, path: &str) -> Look<Found> {
        self.walk(path, true)
    }

    /// What is at a path, the last link not followed.
    pub(crate) fn find_link(&self, path: &str) -> Look<Found> {
        self.walk(path, false)
    }

    /// Whether something of that kind is there, links followed.
    pub(crate) fn has(&self, path: &str, kind: FileKind) -> Look<bool> {
        Ok(self.find(path).optional()?.is_some_and(|found| found.metadata.kind == kind))
    }

    /// Whether a regular file is there.
    pub(crate) fn has_file(&self, path: &str) -> Look<bool> {
        self.has(path, FileKind::File)
    }

    /// Whether a directory is there.
    pub(crate) fn has_dir(&self, path: &str) -> Look<bool> {
        self.has(path, FileKind::Directory)
    }

    /// A configuration file.
    pub(crate) fn read(&self, path: &str) -> Look<File> {
        self.read_up_to(path, TEXT_LIMIT)
    }

    /// A file that may be as long as `limit`.
    pub(crate) fn read_up_to(&self, path: &str, limit: u64) -> Look<File> {
        let found = self.regular(path)?;
        if found.metadata.size > limit {
            return Err(Gap::unknown(format!("{path} is longer than {limit} bytes and was not read")));
        }
        self.volumes.spend(found.metadata.size)?;
        self.content(path, &found, |files, inner| files.read(inner, limit))
    }

    /// The first `len` bytes of a file, or all of a shorter one.
    pub(crate) fn read_start(&self, path: &str, len: u64) -> Look<File> {
        let found = self.regular(path)?;
        self.volumes.spend(found.metadata.size.min(len))?;
        self.content(path, &found, |files, inner| files.read_start(inner, len))
    }

    /// The names in a directory, sorted; links followed to it.
    pub(crate) fn list(&self, path: &str) -> Look<Vec<Entry>> {
        let found = self.find(path)?;
        if found.metadata.kind != FileKind::Directory {
            return Err(Gap::Absent);
        }
        self.volumes.spend(0)?;
        let (files, inner) = self.locate(&found.path)?;
        let mut entries = files.read_dir(&inner).map_err(|error| self.gap(error, path))?;
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// The names in a directory as text, sorted. A directory that is not there has none.
    pub(crate) fn names(&self, path: &str) -> Look<Vec<String>> {
        let entries = self.list(path).optional()?.unwrap_or_default();
        Ok(entries.into_iter().filter_map(|entry| String::from_utf8(entry.name).ok()).collect())
    }

    /// Where the link at a path points to. Absent: there is nothing, or no link.
    pub(crate) fn link(&self, path: &str) -> Look<String> {
        let found = self.find_link(path)?;
        if found.metadata.kind != FileKind::Link {
            return Err(Gap::Absent);
        }
        Ok(String::from_utf8_lossy(&self.target(&found.path)?).into_owned())
    }

    /// The place of a path, on the volume where it leads if it leads anywhere.
    pub(crate) fn evidence(&self, path: &str) -> Evidence {
        match self.find(path).or_else(|_| self.find_link(path)) {
            Ok(found) => Evidence::file(&found.volume, path),
            Err(_) => Evidence { path: Some(path.to_owned()), ..Evidence::default() },
        }
    }

    fn regular(&self, path: &str) -> Look<Found> {
        let found = self.find(path)?;
        match found.metadata.kind {
            FileKind::File => Ok(found),
            _ => Err(Gap::unknown(format!("{path} is not a regular file"))),
        }
    }

    fn content(
        &self,
        path: &str,
        found: &Found,
        read: impl FnOnce(&dyn FileSystem, &GuestPath) -> storage::Result<Vec<u8>>,
    ) -> Look<File> {
        let (files, inner) = self.locate(&found.path)?;
        let bytes = read(files, &inner).map_err(|error| self.gap(error, path))?;
        Ok(File { bytes, evidence: Evidence::file(&found.volume, path) })
    }

    fn gap(&self, error: storage::Error, path: &str) -> Gap {
        self.volumes.gap(error, || path.to_owned())
    }

    fn walk(&self, path: &str, follow: bool) -> Look<Found> {
        let mut rest: Vec<Vec<u8>> = names_backwards(path.as_bytes());
        let mut here = GuestPath::root();
        let (mut links, mut names) = (0, 0);
        while let Some(name) = rest.pop() {
            names += 1;
            if names > MAX_NAMES {
                return Err(Gap::unknown(format!("the way to {path} leads through too many names")));
            }
            if name == b".." {
                here = here.parent();
                continue;
            }
            let next = here.join(&name);
            match self.look(&next)?.kind {
                FileKind::Link if follow || !rest.is_empty() => {
                    links += 1;
                    if links > MAX_LINKS {
                        return Err(Gap::unknown(format!("{path} leads through more than {MAX_LINKS} links")));
                    }
                    let target = self.target(&next)?;
                    if target.starts_with(b"/") {
                        here = GuestPath::root();
                    }
                    rest.extend(names_backwards(&target));
                }
                FileKind::Directory => here = next,
                _ if rest.is_empty() => here = next,
                _ => return Err(Gap::Absent),
            }
        }
        let metadata = self.look(&here)?;
        let (volume, inner) = self.on_volume(&here);
        Ok(Found { path: here, volume, inner, metadata })
    }

    /// Metadata of a path without links on the way.
    fn look(&self, path: &GuestPath) -> Look<Metadata> {
        if let Some(known) = self.looked.borrow().get(path) {
            return known.clone();
        }
        self.volumes.spend(0)?;
        let looked = self.locate(path).and_then(|(files, inner)| {
            files.metadata(&inner).map_err(|error| self.volumes.gap(error, || path.to_string()))
        });
        self.looked.borrow_mut().insert(path.clone(), looked.clone());
        looked
    }

    fn target(&self, path: &GuestPath) -> Look<Vec<u8>> {
        let (files, inner) = self.locate(path)?;
        files.read_link(&inner).map_err(|error| self.volumes.gap(error, || path.to_string()))
    }

    /// The filesystem that a path lies on, and the path inside it.
    fn locate(&self, path: &GuestPath) -> Look<(&'v dyn FileSystem, GuestPath)> {
        let Some((place, inner)) = self.place(path) else { return Err(Gap::Absent) };
        let index = place.volume.clone().map_err(Gap::Unknown)?;
        match &self.volumes.all()[index].files {
            Ok(files) => Ok((files.as_ref(), inner)),
            Err(Gap::Absent) => Err(Gap::unknown("there is no filesystem")),
            Err(gap) => Err(gap.clone()),
        }
    }

    fn place(&self, path: &GuestPath) -> Option<(&Place, GuestPath)> {
        self.places.iter().find_map(|place| Some((place, join(&place.base, &below(&place.at, path)?))))
    }

    fn on_volume(&self, path: &GuestPath) -> (VolumeId, GuestPath) {
        let Some((place, inner)) = self.place(path) else { return (VolumeId::default(), path.clone()) };
        let id = place.volume.as_ref().ok().map(|&index| self.volumes.all()[index].facts.id.clone());
        (id.unwrap_or_default(), inner)
    }
}

/// The names of a path below a directory; none where it is not below it.
fn below(directory: &GuestPath, path: &GuestPath) -> Option<GuestPath> {
    let mut names = path.names();
    directory.names().all(|name| names.next() == Some(name)).then(|| {
        let inner: Vec<&[u8]> = names.collect();
        GuestPath::from(inner.join(&b'/').as_slice())
    })
}

fn join(directory: &GuestPath, path: &GuestPath) -> GuestPath {
    if directory.name().is_none() { path.clone() } else { directory.join(path.as_bytes()) }
}

fn names_backwards(path: &[u8]) -> Vec<Vec<u8>> {
    let names = path.split(|&byte| byte == b'/').filter(|name| !name.is_empty() && *name != b".");
    names.rev().map(<[u8]>::to_vec).collect()
}

#[cfg(test)]
mod tests;
