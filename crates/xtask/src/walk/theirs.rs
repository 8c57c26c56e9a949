//! A filesystem as another program has it.

use super::tree::{MAX_FILE, Node, START, Seen, Tree, digest};
use crate::Result;
use crate::process::output;
use filesystem::FileKind;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The other program for a kind of filesystem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Theirs {
    /// Linux, with options; and with others where it refuses those.
    Linux { fs_type: &'static str, options: &'static str, careful: &'static str },
    /// ntfs-3g: without owners, and with targets of links in its own words.
    Ntfs3g,
    /// mtools, which copies all files.
    Mtools,
}

impl Theirs {
    pub(super) fn of(fs_type: &str) -> Option<Self> {
        let linux = |fs_type, options, careful| Some(Theirs::Linux { fs_type, options, careful });
        match fs_type {
            "ext2" | "ext3" | "ext4" => linux("ext4", "noatime", "ro,noload"),
            // Another filesystem of the same UUID may be mounted.
            "xfs" => linux("xfs", "noatime,nouuid", "ro,norecovery,nouuid"),
            // The top level, with all subvolumes as directories.
            "btrfs" => linux("btrfs", "noatime,subvolid=5", "ro,rescue=nologreplay,subvolid=5"),
            "ntfs" => Some(Theirs::Ntfs3g),
            "vfat" => Some(Theirs::Mtools),
            _ => None,
        }
    }

    /// Walks a copy of the volume, in which the other program may write; `place` is a directory for its files.
    pub(super) fn walk(self, volume: &Path, place: &Path) -> Result<Tree> {
        let root = place.join("root");
        fs::create_dir_all(&root)?;
        match self {
            Theirs::Linux { fs_type, options, careful } => {
                let mount = |options: &str| {
                    let mut mount = Command::new("mount");
                    mount.args(["-t", fs_type, "-o", &format!("loop,{options}")]).arg(volume).arg(&root);
                    output(&mut mount)
                };
                mount(options).or_else(|_| mount(careful))?;
                Mounted(root).tree(true, true)
            }
            Theirs::Ntfs3g => {
                output(Command::new("ntfs-3g").args(["-o", "ro,streams_interface=none"]).arg(volume).arg(&root))?;
                Mounted(root).tree(false, false)
            }
            Theirs::Mtools => {
                let copied =
                    output(Command::new("mcopy").args(["-s", "-n", "-Q", "-i"]).arg(volume).arg("::/").arg(&root));
                let tree = copied.and_then(|_| tree(&root, false, true));
                fs::remove_dir_all(&root)?;
                tree
            }
        }
    }
}

/// A mount, undone at the end.
struct Mounted(PathBuf);

impl Mounted {
    fn tree(self, owners: bool, targets: bool) -> Result<Tree> {
        tree(&self.0, owners, targets)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if let Err(error) = output(Command::new("umount").arg(&self.0)) {
            eprintln!("xtask: {error}");
        }
    }
}

/// A directory of this machine.
fn tree(root: &Path, owners: bool, targets: bool) -> Result<Tree> {
    let mut tree = Tree::from([(b"/".to_vec(), node(root, owners, targets))]);
    let mut todo = vec![root.to_owned()];
    while let Some(directory) = todo.pop() {
        for entry in fs::read_dir(&directory)? {
            let path = entry?.path();
            let name = [b"/", path.strip_prefix(root)?.as_os_str().as_bytes()].concat();
            let node = node(&path, owners, targets);
            if matches!(&node, Ok(node) if node.kind == FileKind::Directory) {
                todo.push(path);
            }
            tree.insert(name, node);
        }
    }
    Ok(tree)
}

fn node(path: &Path, owners: bool, targets: bool) -> Seen {
    let read = || -> std::io::Result<Node> {
        let metadata = fs::symlink_metadata(path)?;
        let file_type = metadata.file_type();
        let (kind, digest) = if file_type.is_file() {
            let limit = if metadata.len() > MAX_FILE { START } else { MAX_FILE };
            (FileKind::File, Some(digest(File::open(path)?.take(limit))?))
        } else if file_type.is_dir() {
            (FileKind::Directory, None)
        } else if file_type.is_symlink() {
            let target = fs::read_link(path)?;
            (FileKind::Link, targets.then(|| digest(target.as_os_str().as_bytes())).transpose()?)
        } else {
            (FileKind::Special, None)
        };
        let size = if kind == FileKind::File { metadata.len() } else { 0 };
        let owner = owners.then(|| (metadata.mode() & 0o7777, metadata.uid(), metadata.gid()));
        Ok(Node { kind, size, digest, owner })
    };
    read().map_err(|error| error.to_string())
}
