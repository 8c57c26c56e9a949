//! A filesystem as our readers have it.

use super::tree::{MAX_FILE, Node, START, Seen, Tree, digest};
use crate::Result;
use filesystem::{FileKind, FileSystem, GuestPath};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use storage::{ReadAt, Source, State};

/// Names of one filesystem; more are an error.
const MAX_NAMES: usize = 5_000_000;
/// Directories in directories.
const MAX_DEPTH: usize = 500;
/// Copied at once, in bytes.
const PIECE: u64 = 1 << 20;

/// Copies what is not zeros into a sparse file.
pub(super) fn copy(volume: &dyn ReadAt, to: &Path) -> Result<()> {
    let file = File::create(to)?;
    file.set_len(volume.size())?;
    let mut at = 0;
    while at < volume.size() {
        let extent = volume.extent_at(at)?;
        if extent.state != State::Data {
            at = extent.range.end;
            continue;
        }
        let len = (extent.range.end - at).min(PIECE);
        let bytes = storage::read_vec(volume, at, len)?;
        for (part, offset) in bytes.chunks(4096).zip((at..).step_by(4096)) {
            if !storage::is_zero(part) {
                file.write_all_at(part, offset)?;
            }
        }
        at += len;
    }
    Ok(())
}

/// All files, and what the reader notes on the whole.
pub(super) fn walk(volume: Source) -> Result<(Tree, Vec<String>)> {
    let fs = filesystem::open(volume)?;
    let mut tree = Tree::from([(b"/".to_vec(), node(&*fs, &GuestPath::root()))]);
    let mut todo = vec![GuestPath::root()];
    while let Some(directory) = todo.pop() {
        let entries = match fs.read_dir(&directory) {
            Ok(entries) => entries,
            Err(error) => {
                tree.insert(directory.as_bytes().to_vec(), Err(error.to_string()));
                continue;
            }
        };
        for entry in entries {
            let path = directory.join(&entry.name);
            let node = node(&*fs, &path);
            let is_directory = matches!(&node, Ok(node) if node.kind == FileKind::Directory);
            if is_directory && path.names().count() < MAX_DEPTH {
                todo.push(path.clone());
            }
            tree.insert(path.as_bytes().to_vec(), node);
            if tree.len() > MAX_NAMES {
                return Err(format!("more than {MAX_NAMES} names").into());
            }
        }
    }
    Ok((tree, fs.info().notes.clone()))
}

fn node(fs: &dyn FileSystem, path: &GuestPath) -> Seen {
    let read = || -> Result<Node> {
        let metadata = fs.metadata(path)?;
        let content = match metadata.kind {
            FileKind::File if metadata.size > MAX_FILE => Some(fs.read_start(path, START)?),
            FileKind::File => Some(fs.read(path, MAX_FILE)?),
            FileKind::Link => Some(fs.read_link(path)?),
            FileKind::Directory | FileKind::Special => None,
        };
        Ok(Node {
            kind: metadata.kind,
            size: if metadata.kind == FileKind::File { metadata.size } else { 0 },
            digest: content.map(|content| digest(&*content)).transpose()?,
            owner: Some((metadata.mode, metadata.uid, metadata.gid)),
        })
    };
    read().map_err(|error| error.to_string())
}
