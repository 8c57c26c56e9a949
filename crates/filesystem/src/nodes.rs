//! Trees that are read from the root on, one whole directory after the other.

use crate::GuestPath;
use crate::tree::{Entry, FileKind, FileSystem, Info, MAX_ENTRIES, Metadata, check_limit};
use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map;
use std::rc::Rc;
use storage::{Error, Result};

/// Names remembered, of all directories together.
const MAX_KEPT: usize = 200_000;

/// Longest directory read, in bytes: a hundred thousand names of 160 bytes, or four times as many of the shortest.
pub(crate) const MAX_DIRECTORY: u64 = 16 << 20;

/// Longest target of a link that Linux makes, in bytes.
pub(crate) const MAX_LINK: u64 = 4096;

/// What a format must tell of its files.
pub(crate) trait Nodes {
    /// A file as its directory tells of it.
    type Node: Clone;

    /// The first directory.
    fn root(&self) -> Self::Node;
    /// Where a directory lies, in bytes: no two lie in one place.
    fn place(&self, directory: &Self::Node) -> u64;
    /// The names in a directory without `.` and `..`. Of two that are equal the first one counts.
    fn list(&self, directory: &Self::Node) -> Result<Vec<(Vec<u8>, Self::Node)>>;
    /// What it is, as far as can be told.
    fn kind(&self, node: &Self::Node) -> Result<FileKind>;
    /// What is known of it.
    fn metadata(&self, node: &Self::Node) -> Result<Metadata>;
    /// The first `len` bytes of a file that is not shorter.
    fn content(&self, file: &Self::Node, len: u64) -> Result<Vec<u8>>;
    /// Where a link points to.
    fn target(&self, link: &Self::Node) -> Result<Vec<u8>>;
    /// Whether names differ by case.
    fn case_sensitive(&self) -> bool;
    /// What names that differ only by case have in common.
    fn fold(&self, name: &[u8]) -> Vec<u8> {
        String::from_utf8_lossy(name).to_lowercase().into_bytes()
    }
    /// Whether it is listed under this name, and not only found by it.
    fn is_listed(&self, node: &Self::Node) -> bool {
        let _ = node;
        true
    }
}

/// A directory that has been read.
struct Directory<N> {
    entries: Vec<(Vec<u8>, N)>,
    /// Places in `entries`, by name.
    by_name: HashMap<Vec<u8>, usize>,
    /// The same by what names have in common, where case does not matter.
    by_fold: HashMap<Vec<u8>, usize>,
}

impl<N> Directory<N> {
    /// A name as it is written goes before one that differs in case.
    fn get(&self, name: &[u8], fold: impl FnOnce(&[u8]) -> Vec<u8>) -> Option<&N> {
        let at = self.by_name.get(name).or_else(|| self.by_fold.get(&fold(name)))?;
        Some(&self.entries[*at].1)
    }
}

/// The tree of a format, with the directories that were looked into last.
pub(crate) struct NodeTree<F: Nodes> {
    format: F,
    info: Info,
    kept: RefCell<HashMap<u64, Rc<Directory<F::Node>>>>,
}

impl<F: Nodes> NodeTree<F> {
    pub(crate) fn new(format: F, info: Info) -> Self {
        NodeTree { format, info, kept: RefCell::default() }
    }

    fn directory(&self, node: &F::Node) -> Result<Rc<Directory<F::Node>>> {
        let place = self.format.place(node);
        if let Some(directory) = self.kept.borrow().get(&place) {
            return Ok(directory.clone());
        }
        let mut directory = Directory { entries: Vec::new(), by_name: HashMap::new(), by_fold: HashMap::new() };
        for (name, node) in self.format.list(node)? {
            check_name(&name, place)?;
            if let hash_map::Entry::Vacant(vacant) = directory.by_name.entry(name.clone()) {
                vacant.insert(directory.entries.len());
                if !self.format.case_sensitive() {
                    directory.by_fold.entry(self.format.fold(&name)).or_insert(directory.entries.len());
                }
                directory.entries.push((name, node));
            }
            if directory.entries.len() > MAX_ENTRIES {
                return Err(Error::unsupported(format!("a directory of more than {MAX_ENTRIES} names")));
            }
        }
        let directory = Rc::new(directory);
        let mut kept = self.kept.borrow_mut();
        let held: usize = kept.values().map(|directory| directory.entries.len()).sum();
        if held + directory.entries.len() > MAX_KEPT {
            kept.clear();
        }
        kept.insert(place, directory.clone());
        Ok(directory)
    }

    /// No directory on the way may be one that the way has come through.
    fn find(&self, path: &GuestPath) -> Result<F::Node> {
        let not_found = || Error::not_found(format!("{path}: file not found"));
        let mut node = self.format.root();
        let mut way = Vec::new();
        for name in path.names() {
            if self.format.kind(&node).map_err(|error| error.within(path))? != FileKind::Directory {
                return Err(not_found());
            }
            let place = self.format.place(&node);
            if way.contains(&place) {
                return Err(Error::corrupt(place, format!("{path}: a directory lies within itself")));
            }
            way.push(place);
            let directory = self.directory(&node).map_err(|error| error.within(path))?;
            node = directory.get(name, |name| self.format.fold(name)).ok_or_else(not_found)?.clone();
        }
        match self.format.kind(&node) {
            Ok(FileKind::Directory) if way.contains(&self.format.place(&node)) => {
                Err(Error::corrupt(self.format.place(&node), format!("{path}: a directory lies within itself")))
            }
            _ => Ok(node),
        }
    }

    fn file(&self, path: &GuestPath) -> Result<(F::Node, u64)> {
        let node = self.find(path)?;
        match self.format.metadata(&node).map_err(|error| error.within(path))? {
            Metadata { kind: FileKind::File, size, .. } => Ok((node, size)),
            other => Err(Error::unsupported(format!("{path}: not a regular file but {}", other.kind.word()))),
        }
    }

    fn content(&self, path: &GuestPath, file: &F::Node, len: u64) -> Result<Vec<u8>> {
        self.format.content(file, len).map_err(|error| error.within(path))
    }
}

/// Whether a name can be one of a path.
fn check_name(name: &[u8], directory: u64) -> Result<()> {
    match name {
        b"" | b"." | b".." => Err(Error::corrupt(directory, "a directory has an entry whose name is none")),
        name if name.contains(&b'/') || name.contains(&0) => {
            Err(Error::corrupt(directory, "a directory has an entry whose name has a slash or a zero in it"))
        }
        _ => Ok(()),
    }
}

impl<F: Nodes> FileSystem for NodeTree<F> {
    fn info(&self) -> &Info {
        &self.info
    }

    fn metadata(&self, path: &GuestPath) -> Result<Metadata> {
        let node = self.find(path)?;
        self.format.metadata(&node).map_err(|error| error.within(path))
    }

    fn read_dir(&self, path: &GuestPath) -> Result<Vec<Entry>> {
        let node = self.find(path)?;
        if self.format.kind(&node).map_err(|error| error.within(path))? != FileKind::Directory {
            return Err(Error::not_found(format!("{path}: not a directory")));
        }
        let directory = self.directory(&node).map_err(|error| error.within(path))?;
        let entry = |(name, node): &(Vec<u8>, F::Node)| match self.format.kind(node) {
            Err(error) if error.kind() == storage::ErrorKind::Io => Err(error),
            // It is listed all the same: who asks for more will be told what is wrong.
            kind => Ok(Entry { name: name.clone(), kind: kind.unwrap_or(FileKind::File) }),
        };
        directory.entries.iter().filter(|(_, node)| self.format.is_listed(node)).map(entry).collect()
    }

    fn read_link(&self, path: &GuestPath) -> Result<Vec<u8>> {
        let node = self.find(path)?;
        match self.format.kind(&node).map_err(|error| error.within(path))? {
            FileKind::Link => self.format.target(&node).map_err(|error| error.within(path)),
            kind => Err(Error::unsupported(format!("{path}: not a link but {}", kind.word()))),
        }
    }

    fn read(&self, path: &GuestPath, limit: u64) -> Result<Vec<u8>> {
        let (file, size) = self.file(path)?;
        check_limit(path, size, limit)?;
        self.content(path, &file, size)
    }

    fn read_start(&self, path: &GuestPath, len: u64) -> Result<Vec<u8>> {
        let (file, size) = self.file(path)?;
        self.content(path, &file, len.min(size))
    }

    fn case_sensitive(&self) -> bool {
        self.format.case_sensitive()
    }
}
