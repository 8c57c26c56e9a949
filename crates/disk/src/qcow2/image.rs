//! An open image.

use super::features::{self, CORRUPT};
use super::header::Header;
use super::map::{Map, Place, Subclusters};
use super::preallocated::Preallocated;
use super::refcounts::Refcounts;
use super::{backing, info, overlap, tables};
use crate::holes::Holes;
use crate::join;
use crate::recent::Recent;
use crate::{Disk, Info, Mapping, Opener};
use std::ops::Range;
use std::sync::Arc;
use storage::{Error, Extent, ReadAt, Result, Source, State, check_range, to_usize};

/// Memory that unpacked clusters may take.
const MAX_UNPACKED: usize = 16 << 20;

#[derive(Debug)]
pub(super) struct Image {
    info: Info,
    pub(super) header: Header,
    pub(super) file: Source,
    /// Where the clusters are: `file`, or the external data file.
    pub(super) data: Source,
    pub(super) map: Map,
    pub(super) refcounts: Option<Refcounts>,
    pub(super) backing: Option<Arc<dyn Disk>>,
    pub(super) cache: Recent,
    holes: Holes,
    pub(super) preallocated: Preallocated,
}

/// Opens the image in `file`, number `depth` of a chain.
pub(super) fn open(file: Source, opener: &dyn Opener, depth: u32) -> Result<Arc<dyn Disk>> {
    let header = Header::read(&file)?;
    open_with(file, header, opener, depth)
}

/// Opens the disk that `header` tells of, which may be another than that of the header in the file.
pub(super) fn open_with(file: Source, header: Header, opener: &dyn Opener, depth: u32) -> Result<Arc<dyn Disk>> {
    refuse(&header)?;
    let data = backing::data_file(&file, &header, opener)?;
    let mut info = info(&file, &header)?;
    let refcounts = match Refcounts::read(&file, &header) {
        Ok(refcounts) => Some(refcounts),
        Err(error) if error.kind() == storage::ErrorKind::Corrupt => {
            info.notes.push(format!("{error}; reading does not need refcounts, but the file needs repair"));
            None
        }
        Err(error) => return Err(error),
    };
    let tables = tables::read_l1(&file, &header)?;
    let map = tables::read_map(&file, &header, &tables, data.size())?;
    overlap::refuse(&file, &header, &tables, &map, refcounts.as_ref())?;
    let backing = backing::open(&header, opener, depth)?;
    let cache = Recent::new(to_usize(header.cluster_size())?, MAX_UNPACKED, 512);
    Ok(Arc::new(Image {
        info,
        header,
        file,
        data,
        map,
        refcounts,
        backing,
        cache,
        holes: Holes::default(),
        preallocated: Preallocated::default(),
    }))
}

/// What can be known from the header not to be readable.
fn refuse(header: &Header) -> Result<()> {
    features::refuse_unknown(header.incompatible, &header.extensions.feature_names)?;
    if header.has(CORRUPT) {
        let what = "qcow2 header: the image is marked corrupt by the program that last wrote to it; check it with \
                    qemu-img check before anything else";
        return Err(Error::corrupt(72, what));
    }
    match header.crypt_method {
        0 => Ok(()),
        1 => Err(Error::unsupported("the qcow2 is encrypted with AES; decrypt it first (qemu-img convert)")),
        _ => Err(Error::unsupported("the qcow2 is encrypted with LUKS; decrypt it first (qemu-img convert)")),
    }
}

impl Image {
    /// What is in the backing file at a run that is absent here.
    fn backing_extent(&self, range: Range<u64>) -> Result<Extent> {
        match &self.backing {
            Some(disk) if range.start < disk.size() => {
                let below = disk.extent_at(range.start)?;
                Ok(Extent { range: range.start..below.range.end.min(range.end), state: below.state })
            }
            _ => Ok(Extent { range, state: State::Unmapped }),
        }
    }

    /// What is at `range`, which begins `within` the run that has that place.
    fn place_extent(&self, place: Place, range: Range<u64>, within: u64) -> Result<Extent> {
        match place {
            Place::Absent(_) => self.backing_extent(range),
            Place::Zero(_) => Ok(Extent { range, state: State::Zero }),
            Place::At(at) => {
                let (len, state) = self.holes.run(&self.data, at + within, range.end - range.start)?;
                Ok(Extent { range: range.start..range.start + len, state })
            }
            Place::Compressed(_) => Ok(Extent { range, state: State::Data }),
            Place::Mixed(subclusters) => {
                let size = self.header.cluster_size() / 32;
                let (end, place, start) = subcluster_run(subclusters, within, size);
                let end = range.end.min(range.start + (end - within));
                self.place_extent(place, range.start..end, within - start)
            }
        }
    }
}

/// The run of like subclusters around `within`: where it ends, its place, where it starts.
pub(super) fn subcluster_run(subclusters: Subclusters, within: u64, size: u64) -> (u64, Place, u64) {
    let number = u32::try_from(within / size).unwrap_or(31).min(31);
    let (end, place) = subclusters.run(number, size);
    (u64::from(end) * size, place, u64::from(number) * size)
}

impl ReadAt for Image {
    fn size(&self) -> u64 {
        self.header.size
    }

    fn read_at(&self, mut buf: &mut [u8], mut offset: u64) -> Result<()> {
        check_range(self.size(), offset, buf.len() as u64)?;
        let cluster_size = to_usize(self.header.cluster_size())?;
        let mut i = self.map.find(offset);
        while !buf.is_empty() {
            let (range, place) = self.map.run(i);
            let whole = matches!(place, Place::Compressed(_)) && offset == range.start && buf.len() >= cluster_size;
            let len = if whole {
                let clusters = self.neighbours(i, buf.len());
                let len = clusters.len() * cluster_size;
                self.unpack_all(&clusters, &mut buf[..len], offset)?;
                i += clusters.len();
                len
            } else {
                let len = to_usize((range.end - offset).min(buf.len() as u64))?;
                self.read_place(place, &mut buf[..len], offset, offset - range.start)?;
                i += 1;
                len
            };
            buf = &mut buf[len..];
            offset += len as u64;
        }
        Ok(())
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        check_range(self.size(), offset, 1)?;
        let first = self.map.find(offset);
        let (range, place) = self.map.run(first);
        let extent = self.place_extent(place, offset..range.end, offset - range.start)?;
        let of = |i| {
            let (range, place) = self.map.run(i);
            self.place_extent(place, range, 0)
        };
        join::runs(extent, first + 1..self.map.len(), |i| self.map.run(i).0.start, of)
    }
}

impl Disk for Image {
    fn info(&self) -> &Info {
        &self.info
    }

    fn mapping_at(&self, offset: u64) -> Result<Mapping> {
        check_range(self.size(), offset, 1)?;
        let (range, place) = self.map.run(self.map.find(offset));
        self.place_mapping(place, offset..range.end, offset - range.start)
    }
}
