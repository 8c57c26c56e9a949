//! Reading.

use super::compressed::{Cache, unpack};
use super::features::{self, CORRUPT};
use super::header::Header;
use super::map::{Map, Packed, Place, Subclusters};
use super::refcounts::Refcounts;
use super::{backing, overlap, tables};
use crate::{Disk, Info, Opener};
use std::cell::RefCell;
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use storage::{Error, Extent, Extents, ReadAt, Result, Source, State, check_range, to_usize};

/// Runs that one extent may span: whoever walks extents step by step must not pay for the whole map each time.
const MAX_LOOK: usize = 256;

/// Holes of the file below that are worth knowing (an image may be preallocated), and how many of them.
const MIN_HOLE: u64 = 64 << 10;
const MAX_HOLES: usize = 1 << 16;

#[derive(Debug)]
struct Image {
    info: Info,
    header: Header,
    file: Source,
    /// Where the clusters are: `file`, or the external data file.
    data: Source,
    map: Map,
    backing: Option<Arc<dyn Disk>>,
    cache: Cache,
    holes: OnceLock<Vec<Range<u64>>>,
}

/// Opens the image in `file`, number `depth` of a chain.
pub(super) fn open(file: Source, opener: &dyn Opener, depth: u32) -> Result<Arc<dyn Disk>> {
    let header = Header::read(&file)?;
    refuse(&header)?;
    let data = backing::data_file(&file, &header, opener)?;
    let mut info = header.info();
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
    let cache = Cache::new(to_usize(header.cluster_size())?);
    Ok(Arc::new(Image { info, header, file, data, map, backing, cache, holes: OnceLock::new() }))
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
    /// Reads a part of one run that begins at `offset` of the disk and `within` the run.
    fn read_place(&self, place: Place, buf: &mut [u8], offset: u64, within: u64) -> Result<()> {
        match place {
            Place::Absent => self.read_backing(buf, offset),
            Place::Zero => {
                buf.fill(0);
                Ok(())
            }
            Place::At(at) => self.data.read_at(buf, at + within),
            Place::Compressed(packed) => self.read_compressed(packed, buf, offset - within, within),
            Place::Mixed(subclusters) => self.read_mixed(subclusters, buf, offset, within),
        }
    }

    /// The backing file may be shorter than the disk.
    fn read_backing(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        let below = self.backing.as_ref().map_or(0, |disk| disk.size()).saturating_sub(offset);
        let len = to_usize(below.min(buf.len() as u64))?;
        let (stored, beyond) = buf.split_at_mut(len);
        beyond.fill(0);
        match &self.backing {
            Some(disk) if !stored.is_empty() => disk.read_at(stored, offset),
            _ => Ok(()),
        }
    }

    fn read_mixed(&self, subclusters: Subclusters, mut buf: &mut [u8], mut offset: u64, mut within: u64) -> Result<()> {
        let size = self.header.cluster_size() / 32;
        while !buf.is_empty() {
            let (end, place, start) = subcluster_run(subclusters, within, size);
            let len = to_usize((end - within).min(buf.len() as u64))?;
            let (part, rest) = buf.split_at_mut(len);
            self.read_place(place, part, offset, within - start)?;
            buf = rest;
            offset += len as u64;
            within += len as u64;
        }
        Ok(())
    }

    /// A whole cluster is unpacked to where it is wanted, a part of one by way of the cache.
    fn read_compressed(&self, packed: Packed, buf: &mut [u8], guest: u64, within: u64) -> Result<()> {
        let size = to_usize(self.header.cluster_size())?;
        if buf.len() == size {
            return self.unpack(packed, buf, guest);
        }
        let cluster = match self.cache.get(guest) {
            Some(cluster) => cluster,
            None => {
                let mut cluster = vec![0; size];
                self.unpack(packed, &mut cluster, guest)?;
                let cluster: Arc<[u8]> = cluster.into();
                self.cache.put(guest, cluster.clone());
                cluster
            }
        };
        buf.copy_from_slice(&cluster[to_usize(within)?..][..buf.len()]);
        Ok(())
    }

    fn unpack(&self, packed: Packed, cluster: &mut [u8], guest: u64) -> Result<()> {
        thread_local!(static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) });
        INPUT.with_borrow_mut(|input| {
            // At most twice a cluster, by the width of the field that it comes from.
            input.resize(to_usize(packed.len)?, 0);
            self.file.read_at(input, packed.offset)?;
            unpack(self.header.compression, input, cluster).map_err(|what| {
                Error::corrupt(packed.offset, format!("qcow2 compressed cluster of guest byte {guest}: {what}"))
            })
        })
    }

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
            Place::Absent => self.backing_extent(range),
            Place::Zero => Ok(Extent { range, state: State::Zero }),
            Place::At(at) => self.data_extent(range, at + within),
            Place::Compressed(_) => Ok(Extent { range, state: State::Data }),
            Place::Mixed(subclusters) => {
                let size = self.header.cluster_size() / 32;
                let (end, place, start) = subcluster_run(subclusters, within, size);
                let end = range.end.min(range.start + (end - within));
                self.place_extent(place, range.start..end, within - start)
            }
        }
    }

    /// Clusters may be there and have never been written to: then the file has a hole.
    fn data_extent(&self, range: Range<u64>, at: u64) -> Result<Extent> {
        let len = range.end - range.start;
        let holes = self.holes()?;
        let next = holes.partition_point(|hole| hole.end <= at);
        let (len, state) = match holes.get(next) {
            Some(hole) if hole.start <= at => (len.min(hole.end - at), State::Zero),
            Some(hole) => (len.min(hole.start - at), State::Data),
            None => (len, State::Data),
        };
        Ok(Extent { range: range.start..range.start + len, state })
    }

    /// Holes of the data file that are worth knowing, found when they are first asked for. One walk: to ask at each
    /// run would take a filesystem that looks page by page (tmpfs) through the same pages again and again.
    fn holes(&self) -> Result<&[Range<u64>]> {
        if let Some(holes) = self.holes.get() {
            return Ok(holes);
        }
        let mut holes = Vec::new();
        for extent in Extents::new(&self.data) {
            let extent = extent?;
            if !extent.is_data() && extent.size() >= MIN_HOLE {
                holes.push(extent.range);
            }
            if holes.len() == MAX_HOLES {
                break;
            }
        }
        Ok(self.holes.get_or_init(|| holes))
    }
}

/// The run of like subclusters around `within`: where it ends, its place, where it starts.
fn subcluster_run(subclusters: Subclusters, within: u64, size: u64) -> (u64, Place, u64) {
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
        let mut i = self.map.find(offset);
        while !buf.is_empty() {
            let (range, place) = self.map.run(i);
            let len = to_usize((range.end - offset).min(buf.len() as u64))?;
            let (part, rest) = buf.split_at_mut(len);
            self.read_place(place, part, offset, offset - range.start)?;
            buf = rest;
            offset += len as u64;
            i += 1;
        }
        Ok(())
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        check_range(self.size(), offset, 1)?;
        let first = self.map.find(offset);
        let (range, place) = self.map.run(first);
        let mut extent = self.place_extent(place, offset..range.end, offset - range.start)?;
        for i in first + 1..self.map.len().min(first + MAX_LOOK) {
            let (range, place) = self.map.run(i);
            if extent.range.end != range.start {
                break;
            }
            let next = self.place_extent(place, range, 0)?;
            if next.state != extent.state {
                break;
            }
            extent.range.end = next.range.end;
        }
        Ok(extent)
    }
}

impl Disk for Image {
    fn info(&self) -> &Info {
        &self.info
    }}
