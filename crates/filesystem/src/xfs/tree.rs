//! The files of a filesystem.

use super::directory::{self, Node};
use super::extents;
use super::inode::{Format, Inode};
use super::superblock::{Superblock, checksum};
use crate::field::{be32, be64, le32};
use crate::nodes::{MAX_LINK, Nodes};
use crate::pieces;
use crate::tree::{FileKind, Metadata};
use storage::{Error, Result, Source, read_vec};

/// Begins each extent of a link's target in version 5; and its length.
const LINK_MAGIC: &[u8] = b"XSLM";
const LINK_HEADER: usize = 56;

pub(super) struct Tree {
    /// As it will be when the log has been replayed.
    pub(super) volume: Source,
    pub(super) superblock: Superblock,
}

impl Tree {
    /// An inode that is what its directory says.
    fn inode(&self, node: &Node) -> Result<Inode> {
        let inode = Inode::read(&*self.volume, &self.superblock, node.number)?;
        match node.kind.is_none_or(|kind| inode.kind().is_ok_and(|found| found == kind)) {
            true => Ok(inode),
            false => Err(inode.damage("contradicts the directory that names it")),
        }
    }

    /// The target of a link that does not fit in its inode.
    fn far_target(&self, inode: &Inode) -> Result<Vec<u8>> {
        let block_size = self.superblock.block_size;
        let extents = extents::list(&*self.volume, &self.superblock, inode, inode.size.div_ceil(block_size))?;
        if !self.superblock.features.v5 {
            return pieces::read(&*self.volume, &extents::pieces(&self.superblock, &extents, inode.size), inode.size);
        }
        let mut target = Vec::new();
        for extent in &extents {
            let part = read_vec(&*self.volume, extent.at, extent.count * block_size)?;
            let len = usize::try_from(be32(&part, 8)).ok().and_then(|len| len.checked_add(LINK_HEADER));
            let sound = part.starts_with(LINK_MAGIC)
                && checksum(&part, 12) == le32(&part, 12)
                && be32(&part, 4) as usize == target.len()
                && (be64(&part, 32), be64(&part, 40)) == (inode.number, extent.at / 512);
            match len.and_then(|len| part.get(LINK_HEADER..len)) {
                Some(bytes) if sound => target.extend_from_slice(bytes),
                _ => return Err(Error::corrupt(extent.at, format!("XFS: the target of link {}", inode.number))),
            }
        }
        match target.len() as u64 == inode.size {
            true => Ok(target),
            false => Err(inode.damage("is a link of another length than its target")),
        }
    }
}

impl Nodes for Tree {
    type Node = Node;

    fn root(&self) -> Node {
        Node { number: self.superblock.root(), kind: Some(FileKind::Directory) }
    }

    fn place(&self, directory: &Node) -> u64 {
        directory.number
    }

    fn list(&self, directory: &Node) -> Result<Vec<(Vec<u8>, Node)>> {
        directory::list(&*self.volume, &self.superblock, &self.inode(directory)?)
    }

    fn kind(&self, node: &Node) -> Result<FileKind> {
        match node.kind {
            Some(kind) => Ok(kind),
            None => self.inode(node)?.kind(),
        }
    }

    fn metadata(&self, node: &Node) -> Result<Metadata> {
        self.inode(node)?.metadata()
    }

    fn content(&self, file: &Node, len: u64) -> Result<Vec<u8>> {
        let inode = self.inode(file)?;
        if inode.is_realtime() {
            let number = inode.number;
            return Err(Error::unsupported(format!("XFS: inode {number} lies in the realtime section, not read here")));
        }
        if inode.format == Format::Local {
            return Err(inode.damage("is a file within its inode"));
        }
        let extents = extents::list(&*self.volume, &self.superblock, &inode, len.div_ceil(self.superblock.block_size))?;
        let pieces = extents::pieces(&self.superblock, &extents, len);
        pieces::read(&*self.volume, &pieces, len).map_err(|error| error.within(format!("XFS: inode {}", inode.number)))
    }

    fn target(&self, link: &Node) -> Result<Vec<u8>> {
        let inode = self.inode(link)?;
        match inode.format {
            _ if inode.size == 0 || inode.size > MAX_LINK => Err(inode.damage(format!("is a link of {} bytes", inode.size))),
            Format::Local => inode.local(inode.size).map(<[u8]>::to_vec),
            _ => self.far_target(&inode),
        }
    }

    fn case_sensitive(&self) -> bool {
        !self.superblock.features.ascii_ci
    }
}
