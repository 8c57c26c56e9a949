//! A guest's files, some of them changed in memory: what the facts would be if it were so on the disk.
//!
//! A change is laid over the filesystem of its volume, below the links and mounts of the guest, so that whoever reads
//! sees it. Directories are not made: a new file needs one that is there. Names are compared byte by byte, on FAT too.

use crate::look::{Gap, Outcome as _};
use crate::machine::{self, DataImage, Image};
use crate::tree::{TEXT_LIMIT, Tree};
use crate::volumes::{Held, Volumes};
use crate::{mounts, roles, root};
use facts::{Reason, VolumeId};
use filesystem::{Entry, FileKind, FileSystem, GuestPath, Info, Metadata, Subvolume};
use std::collections::BTreeMap;
use storage::{Error, ErrorKind, Result, Source};

/// Mode of a file that is not there yet.
const NEW_MODE: u32 = 0o644;

/// One file as it is to be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The volume that it lies on.
    pub volume: VolumeId,
    /// Its path on that volume, without links.
    pub path: GuestPath,
    /// Its content; none where it is gone.
    pub content: Option<Vec<u8>>,
}

/// Where a file of the guest lies, all links followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestPlace {
    /// The path in the guest.
    pub path: GuestPath,
    /// The volume.
    pub volume: VolumeId,
    /// The path on that volume.
    pub inner: GuestPath,
}

/// The files of the guest on an image, as the running system would see them.
pub struct GuestFiles<'t, 'v> {
    tree: &'t Tree<'v>,
}

impl GuestFiles<'_, '_> {
    /// A configuration file, of at most 4 MiB; none where there is no such file.
    pub fn read(&self, path: &str) -> std::result::Result<Option<(GuestPlace, Vec<u8>)>, Reason> {
        let file = self.tree.read_up_to(path, TEXT_LIMIT).and_then(|file| Ok((self.tree.find(path)?, file.bytes)));
        let Some((found, bytes)) = known(file)? else { return Ok(None) };
        Ok(Some((GuestPlace { path: found.path, volume: found.volume, inner: found.inner }, bytes)))
    }

    /// Where a file of that path is or would be; none where its directory is not there.
    pub fn place(&self, path: &str) -> std::result::Result<Option<GuestPlace>, Reason> {
        if let Some(found) = known(self.tree.find(path))? {
            return Ok(Some(GuestPlace { path: found.path, volume: found.volume, inner: found.inner }));
        }
        let whole = GuestPath::from(path);
        let (Some(name), directory) = (whole.name(), whole.parent().to_string()) else { return Ok(None) };
        let Some(found) = known(self.tree.find(&directory))? else { return Ok(None) };
        let is_directory = found.metadata.kind == FileKind::Directory;
        Ok(is_directory.then(|| GuestPlace {
            path: found.path.join(name),
            volume: found.volume,
            inner: found.inner.join(name),
        }))
    }

    /// Whether anything is there, links followed.
    pub fn has(&self, path: &str) -> std::result::Result<bool, Reason> {
        Ok(known(self.tree.find(path))?.is_some())
    }

    /// The names in a directory, sorted; none where there is no such directory.
    pub fn names(&self, directory: &str) -> std::result::Result<Vec<String>, Reason> {
        Ok(known(self.tree.names(directory))?.unwrap_or_default())
    }
}

fn known<T>(look: std::result::Result<T, Gap>) -> std::result::Result<Option<T>, Reason> {
    look.optional().map_err(|gap| match gap {
        Gap::Unknown(reason) => reason,
        Gap::Absent => Reason::new("it is not there"),
    })
}

/// Lets somebody look at the files of the guest of a machine. None: there is no guest, or its root cannot be told.
///
/// An error is a failure of this machine, or a disk without volumes.
pub fn with_guest_files<T>(
    system: Image<'_>,
    data: &[DataImage<'_>],
    look: impl FnOnce(&GuestFiles<'_, '_>) -> T,
) -> Result<Option<T>> {
    let sources: Vec<Source> =
        [system.disk.clone() as Source].into_iter().chain(data.iter().map(machine::source)).collect();
    let machine = match volume::scan_all(&sources) {
        Ok(machine) => machine,
        Err(error) if error.kind() == ErrorKind::Io => return Err(error),
        Err(_) => return Ok(None),
    };
    let mut volumes = Volumes::open(machine.into_volumes())?;
    roles::assign(&mut volumes);
    let known: Vec<facts::Volume> = volumes.all().iter().map(|held| held.facts.clone()).collect();
    let Some(root) = root::choose(&volumes, &known).value().map(|root| root.index) else { return Ok(None) };
    let stitched = mounts::stitch(&volumes, &known, root);
    let seen = look(&GuestFiles { tree: &stitched.tree });
    match volumes.failure() {
        Some(error) => Err(error),
        None => Ok(Some(seen)),
    }
}

/// Lays the changes over the filesystems of their volumes.
pub(crate) fn lay(held: &mut [Held], changes: &[Change]) {
    for held in held {
        let of_it = changes.iter().filter(|change| change.volume == held.facts.id);
        let files: BTreeMap<_, _> = of_it.map(|change| (change.path.clone(), change.content.clone())).collect();
        if files.is_empty() {
            continue;
        }
        let below = std::mem::replace(&mut held.files, Err(Gap::Absent));
        held.files = below.map(|below| Box::new(Changed { below, files }) as Box<dyn FileSystem>);
    }
}

/// A filesystem with some files changed.
struct Changed {
    below: Box<dyn FileSystem>,
    files: BTreeMap<GuestPath, Option<Vec<u8>>>,
}

impl Changed {
    /// The content of a file that is changed.
    fn changed(&self, path: &GuestPath) -> Result<Option<&Vec<u8>>> {
        match self.files.get(path) {
            Some(None) => Err(Error::not_found(format!("{path} is taken away"))),
            Some(Some(bytes)) => Ok(Some(bytes)),
            None => Ok(None),
        }
    }
}

impl FileSystem for Changed {
    fn info(&self) -> &Info {
        self.below.info()
    }

    fn metadata(&self, path: &GuestPath) -> Result<Metadata> {
        let Some(bytes) = self.changed(path)? else { return self.below.metadata(path) };
        let new = Metadata { kind: FileKind::File, size: 0, mode: NEW_MODE, uid: 0, gid: 0, immutable: false };
        let metadata = match self.below.metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => new,
            other => other?,
        };
        Ok(Metadata { kind: FileKind::File, size: bytes.len() as u64, ..metadata })
    }

    fn read_dir(&self, path: &GuestPath) -> Result<Vec<Entry>> {
        let mut entries = self.below.read_dir(path)?;
        for (file, content) in self.files.iter().filter(|(file, _)| file.parent() == *path) {
            let Some(name) = file.name() else { continue };
            entries.retain(|entry| entry.name != name);
            if content.is_some() {
                entries.push(Entry { name: name.to_vec(), kind: FileKind::File });
            }
        }
        Ok(entries)
    }

    fn read_link(&self, path: &GuestPath) -> Result<Vec<u8>> {
        match self.changed(path)? {
            Some(_) => Err(Error::corrupt(0, format!("{path} is no link"))),
            None => self.below.read_link(path),
        }
    }

    fn read(&self, path: &GuestPath, limit: u64) -> Result<Vec<u8>> {
        match self.changed(path)? {
            Some(bytes) if bytes.len() as u64 > limit => {
                Err(Error::refused(format!("{path} is longer than the {limit} bytes that are read of it")))
            }
            Some(bytes) => Ok(bytes.clone()),
            None => self.below.read(path, limit),
        }
    }

    fn read_start(&self, path: &GuestPath, len: u64) -> Result<Vec<u8>> {
        let Some(bytes) = self.changed(path)? else { return self.below.read_start(path, len) };
        let len = usize::try_from(len).unwrap_or(usize::MAX).min(bytes.len());
        Ok(bytes[..len].to_vec())
    }

    fn subvolumes(&self) -> Result<Vec<Subvolume>> {
        self.below.subvolumes()
    }

    fn case_sensitive(&self) -> bool {
        self.below.case_sensitive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{partition, volumes};

    fn changed(files: &[(&str, &str)], changes: &[(&str, Option<&str>)]) -> Volumes {
        let mut held = vec![partition(1, files), partition(2, files)];
        let change = |&(path, content): &(&str, Option<&str>)| Change {
            volume: VolumeId::partition(1),
            path: GuestPath::from(path),
            content: content.map(|text| text.as_bytes().to_vec()),
        };
        lay(&mut held, &changes.iter().map(change).collect::<Vec<_>>());
        volumes(held)
    }

    #[test]
    fn changed_new_and_gone_files_are_seen_through_links() {
        let files = [("/etc/a", "old"), ("/etc/b", "gone"), ("/link", "-> etc"), ("/etc/c", "kept")];
        let volumes = changed(&files, &[("/etc/a", Some("newer")), ("/etc/b", None), ("/etc/d", Some(""))]);
        let tree = Tree::new(&volumes, 0);
        assert_eq!(tree.read("/link/a").unwrap().bytes, b"newer");
        assert_eq!(tree.find("/etc/a").unwrap().metadata.size, 5);
        assert_eq!(tree.find("/etc/b").unwrap_err(), Gap::Absent);
        assert_eq!(tree.read_start("/etc/a", 2).unwrap().bytes, b"ne");
        assert_eq!(tree.names("/etc").unwrap(), ["a", "c", "d"]);
        assert_eq!(tree.read("/etc/d").unwrap().bytes, b"");
        assert_eq!(Tree::new(&volumes, 1).read("/etc/a").unwrap().bytes, b"old", "another volume is another file");
    }

    #[test]
    fn a_file_has_its_place_by_its_real_name() {
        let files = [("/usr/etc/x", "1"), ("/etc", "-> usr/etc")];
        let volumes = changed(&files, &[]);
        let guest = GuestFiles { tree: &Tree::new(&volumes, 0) };
        assert_eq!(guest.read("/etc/x").unwrap().unwrap().0.path, GuestPath::from("/usr/etc/x"));
        assert_eq!(guest.place("/etc/new").unwrap().unwrap().inner, GuestPath::from("/usr/etc/new"));
        assert_eq!(guest.place("/nowhere/new").unwrap(), None);
        assert_eq!(guest.read("/etc/y").unwrap(), None);
        assert!(guest.has("/etc/x").unwrap() && !guest.has("/etc/y").unwrap());
    }
}
