//! Guests made of literals, for the tests of this crate.

use crate::look::{Gap, Outcome as _};
use crate::mounts::Stitched;
use crate::volumes::{Held, Volumes};
use crate::{mounts, roles};
use facts::{Content, Filesystem, Known, Volume, VolumeId};
use filesystem::{Entry, FileKind, FileSystem, GuestPath, Info, Metadata, Subvolume};
use std::collections::BTreeMap;
use std::sync::Arc;
use storage::{Error, Result};

/// What a test puts at a path.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    File(Vec<u8>),
    /// An empty file with that mode, owner and group.
    Owned(u32, u32, u32),
    Directory,
    Link(String),
    /// Reading it fails so.
    Bad(&'static str),
    /// The machine fails.
    Broken,
}

/// A tree in memory.
#[derive(Debug)]
pub(crate) struct Memory {
    info: Info,
    nodes: BTreeMap<Vec<u8>, Node>,
    subvolumes: Vec<Subvolume>,
}

impl Memory {
    fn node(&self, path: &GuestPath) -> Result<&Node> {
        match self.nodes.get(path.as_bytes()) {
            Some(Node::Bad(why)) => Err(Error::corrupt(0, *why)),
            Some(Node::Broken) => Err(Error::io("reading", std::io::ErrorKind::Other.into())),
            Some(node) => Ok(node),
            None => Err(Error::not_found("no such file")),
        }
    }
}

impl FileSystem for Memory {
    fn info(&self) -> &Info {
        &self.info
    }

    fn metadata(&self, path: &GuestPath) -> Result<Metadata> {
        if let Node::Owned(mode, uid, gid) = *self.node(path)? {
            return Ok(Metadata { kind: FileKind::File, size: 0, mode, uid, gid, immutable: false });
        }
        let (kind, size) = match self.node(path)? {
            Node::File(bytes) => (FileKind::File, bytes.len() as u64),
            Node::Link(target) => (FileKind::Link, target.len() as u64),
            _ => (FileKind::Directory, 0),
        };
        Ok(Metadata { kind, size, mode: 0o600, uid: 0, gid: 0, immutable: false })
    }

    fn read_dir(&self, path: &GuestPath) -> Result<Vec<Entry>> {
        let all = self.nodes.keys().map(|key| GuestPath::from(key.as_slice()));
        let inside = all.filter(|other| other.name().is_some() && other.parent() == *path);
        inside
            .map(|child| {
                let kind = self.metadata(&child).map_or(FileKind::File, |metadata| metadata.kind);
                Ok(Entry { name: child.name().unwrap().to_vec(), kind })
            })
            .collect()
    }

    fn read_link(&self, path: &GuestPath) -> Result<Vec<u8>> {
        match self.node(path)? {
            Node::Link(target) => Ok(target.clone().into_bytes()),
            _ => Err(Error::corrupt(0, "no link")),
        }
    }

    fn read(&self, path: &GuestPath, _: u64) -> Result<Vec<u8>> {
        match self.node(path)? {
            Node::File(bytes) => Ok(bytes.clone()),
            Node::Owned(..) => Ok(Vec::new()),
            _ => Err(Error::corrupt(0, "no file")),
        }
    }

    fn subvolumes(&self) -> Result<Vec<Subvolume>> {
        Ok(self.subvolumes.clone())
    }

    fn read_start(&self, path: &GuestPath, len: u64) -> Result<Vec<u8>> {
        let mut bytes = self.read(path, len)?;
        bytes.truncate(usize::try_from(len).unwrap());
        Ok(bytes)
    }
}

/// `!mode 644 0 0`.
fn owned(content: &str) -> Node {
    let mut numbers = content.split(' ').skip(1);
    let mode = u32::from_str_radix(numbers.next().unwrap(), 8).unwrap();
    let mut next = || numbers.next().unwrap().parse().unwrap();
    Node::Owned(mode, next(), next())
}

/// A file of text, a directory (path ends with `/`) or a link (content begins with `-> `).
pub(crate) fn memory(files: &[(&str, &str)]) -> Memory {
    let mut nodes = BTreeMap::from([(b"/".to_vec(), Node::Directory)]);
    for (path, content) in files {
        let node = match content.strip_prefix("-> ") {
            Some(target) => Node::Link(target.to_owned()),
            None if path.ends_with('/') => Node::Directory,
            None if content.starts_with("!bad") => Node::Bad("bad"),
            None if content.starts_with("!mode ") => owned(content),
            None if content.starts_with("!io") => Node::Broken,
            None => Node::File(content.as_bytes().to_vec()),
        };
        let path = GuestPath::from(*path);
        let mut parent = path.parent();
        while parent.name().is_some() {
            nodes.entry(parent.as_bytes().to_vec()).or_insert(Node::Directory);
            parent = parent.parent();
        }
        nodes.insert(path.as_bytes().to_vec(), node);
    }
    Memory { info: Info { fs_type: "ext4", ..Info::default() }, nodes, subvolumes: Vec::new() }
}

/// A partition with a tree on it; its UUID is `uuid-N`.
pub(crate) fn partition(number: u32, files: &[(&str, &str)]) -> Held {
    let filesystem = Filesystem {
        fs_type: "ext4".into(),
        uuid: Some(format!("uuid-{number}")),
        readable: Known::Is(true),
        ..Filesystem::default()
    };
    Held {
        facts: Volume {
            id: VolumeId::partition(number),
            number: Some(number),
            size: u64::from(number) << 30,
            partition_type: Some("0x83".into()),
            content: Known::Is(Content::Filesystem(filesystem)),
            ..Volume::default()
        },
        source: Arc::new(vec![0; 1024]),
        files: Ok(Box::new(memory(files))),
    }
}

/// A subvolume of a test.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) id: u64,
    pub(crate) path: &'static str,
    pub(crate) snapshot: bool,
    pub(crate) default: bool,
}

/// A partition with a tree on it that has parts.
pub(crate) fn btrfs(number: u32, files: &[(&str, &str)], parts: &[Part]) -> Held {
    let part = |part: &Part| Subvolume {
        id: part.id,
        path: GuestPath::from(part.path),
        snapshot: part.snapshot,
        read_only: false,
        default: part.default,
    };
    let directories: Vec<_> = parts.iter().map(|part| format!("{}/", part.path)).collect();
    let directories = directories.iter().filter(|path| *path != "//").map(|path| (path.as_str(), ""));
    let files: Vec<_> = files.iter().copied().chain(directories).collect();
    let memory = Memory { subvolumes: parts.iter().map(part).collect(), ..memory(&files) };
    Held { files: Ok(Box::new(memory)), ..partition(number, &[]) }
}

/// A partition with a filesystem that nothing reads.
pub(crate) fn closed(number: u32) -> Held {
    Held { files: Err(Gap::unknown("it is closed")), ..partition(number, &[]) }
}

/// Volumes with their roles.
pub(crate) fn volumes(held: Vec<Held>) -> Volumes {
    let mut volumes = Volumes::of(held);
    roles::assign(&mut volumes);
    volumes
}

/// Facts of volumes.
pub(crate) fn facts_of(volumes: &Volumes) -> Vec<Volume> {
    volumes.all().iter().map(|held| held.facts.clone()).collect()
}

/// A guest whose root is the first volume.
pub(crate) fn stitched(volumes: &Volumes) -> Stitched<'_> {
    mounts::stitch(volumes, &facts_of(volumes), 0)
}

/// The guest on one volume with these files.
pub(crate) fn linux_guest(files: &[(&str, &str)]) -> facts::Guest {
    let volumes = volumes(vec![partition(1, files)]);
    let root = crate::root::Root { index: 0, evidence: Vec::new(), others: Vec::new() };
    crate::linux::detect(&root, &stitched(&volumes), &volumes, &facts_of(&volumes)).unwrap()
}

/// Its Linux facts.
pub(crate) fn linux(files: &[(&str, &str)]) -> facts::Linux {
    *linux_guest(files).linux.unwrap()
}

#[test]
fn the_model_is_a_tree() {
    let volumes = volumes(vec![partition(1, &[("/a/b", "text"), ("/a/c", "-> b")])]);
    let tree = crate::tree::Tree::new(&volumes, 0);
    assert_eq!(tree.names("/a").unwrap(), ["b", "c"]);
    assert_eq!(tree.read("/a/c").unwrap().bytes, b"text");
    assert!(tree.find("/a/d").known().is_absent());
}
