//! Where the blocks of partitions lie.
//!
//! Specification: ECMA-167 3/10.7; UDF 2.60 sections 2.2.8 to 2.2.10 and 2.2.13. Read here: partitions that are a stretch
//! of the volume, and the metadata partition, whose blocks are those of a file (or its mirror). Not supported: virtual
//! partitions (media written once) and sparable ones (media that wear out).

use super::entry::FileEntry;
use super::tag;
use super::volume::Descriptors;
use crate::field::{le16, le32};
use crate::pieces::Piece;
use storage::{Error, ReadAt, Result};

/// Maps in a logical volume.
const MAX_MAPS: u32 = 64;
/// Pieces of the file that is a metadata partition, which is made in one or a few.
const MAX_METADATA: usize = 1024;

/// A block, counted in a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// Which map of the logical volume.
    pub(super) partition: u16,
    pub(super) block: u32,
}

#[derive(Debug)]
enum Partition {
    /// First byte and number of bytes on the volume.
    Stretch(u64, u64),
    /// The pieces of the file that holds its blocks, in order.
    Metadata(Vec<Piece>),
    /// Not read here; the name that it has.
    Other(String),
}

/// The partitions of a logical volume.
#[derive(Debug)]
pub(super) struct Partitions {
    /// Bytes in a block.
    pub(super) block: u64,
    maps: Vec<Partition>,
}

impl Partitions {
    pub(super) fn read(volume: &dyn ReadAt, descriptors: &Descriptors) -> Result<Self> {
        let logical = &descriptors.logical;
        let block = u64::from(le32(logical, 212));
        if block != descriptors.sector {
            let sector = descriptors.sector;
            return Err(Error::unsupported(format!("UDF with blocks of {block} bytes in sectors of {sector}")));
        }
        let mut partitions = Partitions { block, maps: Vec::new() };
        let damaged = || Error::corrupt(0, "UDF: the partition maps of the logical volume are damaged");
        let mut rest = logical.get(440..).unwrap_or_default();
        for _ in 0..le32(logical, 268).min(MAX_MAPS) {
            let len = usize::from(*rest.get(1).ok_or_else(damaged)?);
            let map = rest.get(..len).filter(|map| map.len() >= 6).ok_or_else(damaged)?;
            let found = partitions.map(volume, descriptors, map)?;
            partitions.maps.push(found);
            rest = &rest[len..];
        }
        Ok(partitions)
    }

    fn map(&self, volume: &dyn ReadAt, descriptors: &Descriptors, map: &[u8]) -> Result<Partition> {
        let stretch = |number| {
            let (start, len) = descriptors
                .partition(number)
                .ok_or_else(|| Error::corrupt(0, format!("UDF: partition {number} has no descriptor")))?;
            Ok((start * self.block, len * self.block))
        };
        if (map[0], map.len()) == (1, 6) {
            return stretch(le16(map, 4)).map(|(start, len)| Partition::Stretch(start, len));
        }
        if (map[0], map.len()) != (2, 64) {
            return Ok(Partition::Other(format!("of kind {}", map[0])));
        }
        let name = crate::field::label(&map[5..28]).unwrap_or_default();
        if name != "*UDF Metadata Partition" {
            return Ok(Partition::Other(format!("{name:?}")));
        }
        let below = stretch(le16(map, 38))?;
        let [file, mirror] = [40, 44].map(|at| self.metadata(volume, below, le32(map, at)));
        file.or(mirror).map(Partition::Metadata)
    }

    /// The pieces of the file whose entry lies at a block of the stretch below.
    fn metadata(&self, volume: &dyn ReadAt, (start, len): (u64, u64), block: u32) -> Result<Vec<Piece>> {
        let below = Partitions { block: self.block, maps: vec![Partition::Stretch(start, len)] };
        let pieces = FileEntry::read(volume, &below, Address { partition: 0, block })?.pieces(volume, &below)?;
        match pieces.len() > MAX_METADATA {
            true => Err(Error::unsupported(format!("UDF: a metadata partition in {} pieces", pieces.len()))),
            false => Ok(pieces),
        }
    }

    /// Where `len` bytes from a block on lie.
    pub(super) fn pieces(&self, from: Address, len: u64) -> Result<Vec<Piece>> {
        let Address { partition, block } = from;
        let start = u64::from(block) * self.block;
        let outside =
            |at| Error::corrupt(at, format!("UDF: {len} bytes from block {block} on reach past partition {partition}"));
        match self.maps.get(usize::from(partition)) {
            Some(&Partition::Stretch(first, size)) => match start.checked_add(len) {
                Some(end) if end <= size => Ok(vec![Piece { at: Some(first + start), len }]),
                _ => Err(outside(first)),
            },
            Some(Partition::Metadata(pieces)) => cut(pieces, start, len).ok_or_else(|| outside(0)),
            Some(Partition::Other(name)) => Err(Error::unsupported(format!("UDF: a partition {name} is not read"))),
            None => Err(Error::corrupt(0, format!("UDF: there is no partition {partition}"))),
        }
    }

    /// The byte at which a block begins.
    pub(super) fn offset(&self, address: Address) -> Result<u64> {
        let pieces = self.pieces(address, self.block)?;
        match pieces[..] {
            [Piece { at: Some(at), .. }] => Ok(at),
            _ => Err(Error::corrupt(0, format!("UDF: block {} does not lie in one place", address.block))),
        }
    }

    /// A descriptor in a block.
    pub(super) fn descriptor(&self, volume: &dyn ReadAt, at: Address, wanted: &[u16]) -> Result<Vec<u8>> {
        tag::read(volume, self.offset(at)?, self.block, at.block.into(), wanted)
    }
}

/// `len` bytes from byte `start` on of what lies in `pieces`.
fn cut(pieces: &[Piece], mut start: u64, mut len: u64) -> Option<Vec<Piece>> {
    let mut found = Vec::new();
    for piece in pieces {
        if start >= piece.len {
            start -= piece.len;
            continue;
        }
        let part = len.min(piece.len - start);
        found.push(Piece { at: piece.at.map(|at| at + start), len: part });
        (start, len) = (0, len - part);
        if len == 0 {
            return Some(found);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_a_metadata_partition_lie_where_its_file_lies() {
        let piece = |at, len| Piece { at: Some(at), len };
        let maps = vec![
            Partition::Stretch(10_240, 20_480),
            Partition::Metadata(vec![piece(100 << 10, 4096), piece(200 << 10, 2048)]),
            Partition::Other("\"*UDF Virtual Partition\"".into()),
        ];
        let partitions = Partitions { block: 2048, maps };
        let pieces = |partition, block, len| partitions.pieces(Address { partition, block }, len);
        assert_eq!(pieces(0, 1, 4096).unwrap(), [piece(12_288, 4096)]);
        assert_eq!(pieces(1, 1, 4096).unwrap(), [piece((100 << 10) + 2048, 2048), piece(200 << 10, 2048)]);
        assert_eq!(partitions.offset(Address { partition: 1, block: 2 }).unwrap(), 200 << 10);
        for (partition, block, len) in [(0, 9, 4096), (0, u32::MAX, 1), (1, 2, 2049), (1, 3, 1), (3, 0, 1)] {
            assert_eq!(pieces(partition, block, len).unwrap_err().kind(), storage::ErrorKind::Corrupt);
        }
        let error = pieces(2, 0, 1).unwrap_err();
        assert_eq!(error.kind(), storage::ErrorKind::Unsupported);
        assert!(error.what().contains("Virtual"), "{error}");
    }
}
