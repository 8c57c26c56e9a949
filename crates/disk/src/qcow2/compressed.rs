//! Compressed clusters: raw deflate or one zstd frame, each exactly one cluster when unpacked.
//!
//! qemu writes deflate with a window of 4 KiB; any window is read. The output is a buffer of one cluster, so neither
//! the claimed size nor the claimed window of a stream costs memory.

use super::features::Compression;
use libdeflater::Decompressor;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

thread_local! {
    static INFLATE: RefCell<Decompressor> = RefCell::new(Decompressor::new());
    static ZSTD: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
}

/// Unpacks one cluster. What follows the stream in `packed` is ignored; a stream of another length is an error.
pub(super) fn unpack(compression: Compression, packed: &[u8], cluster: &mut [u8]) -> Result<(), String> {
    let wanted = cluster.len();
    let len = match compression {
        Compression::Zlib => INFLATE
            .with_borrow_mut(|inflate| inflate.deflate_decompress(packed, cluster))
            .map_err(|error| format!("the deflate stream is damaged ({error})"))?,
        Compression::Zstd => unzstd(packed, cluster).map_err(|error| format!("the zstd frame is damaged ({error})"))?,
    };
    if len == wanted { Ok(()) } else { Err(format!("{len} bytes were compressed instead of {wanted}")) }
}

fn unzstd(packed: &[u8], cluster: &mut [u8]) -> std::io::Result<usize> {
    let frame = zstd::zstd_safe::find_frame_compressed_size(packed)
        .map_err(|code| std::io::Error::other(zstd::zstd_safe::get_error_name(code)))?;
    ZSTD.with_borrow_mut(|slot| {
        let decompressor = match slot {
            Some(decompressor) => decompressor,
            None => slot.insert(zstd::bulk::Decompressor::new()?),
        };
        decompressor.decompress_to_buffer(&packed[..frame], cluster)
    })
}

/// Memory that unpacked clusters may take.
const MAX_BYTES: usize = 16 << 20;

/// Clusters that were unpacked last, for readers that take less than a cluster at a time.
#[derive(Debug)]
pub(super) struct Cache {
    capacity: usize,
    /// By guest offset; the last used in front.
    clusters: Mutex<VecDeque<(u64, Arc<[u8]>)>>,
}

impl Cache {
    pub(super) fn new(cluster_size: usize) -> Self {
        Cache { capacity: (MAX_BYTES / cluster_size).clamp(1, 512), clusters: Mutex::default() }
    }

    pub(super) fn get(&self, guest: u64) -> Option<Arc<[u8]>> {
        let mut clusters = self.clusters.lock().unwrap_or_else(PoisonError::into_inner);
        let at = clusters.iter().position(|&(start, _)| start == guest)?;
        let found = clusters.remove(at)?;
        clusters.push_front(found);
        clusters.front().map(|(_, cluster)| cluster.clone())
    }

    pub(super) fn put(&self, guest: u64, cluster: Arc<[u8]>) {
        let mut clusters = self.clusters.lock().unwrap_or_else(PoisonError::into_inner);
        clusters.truncate(self.capacity - 1);
        clusters.push_front((guest, cluster));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use libdeflater::{CompressionLvl, Compressor};

    fn deflated(bytes: &[u8]) -> Vec<u8> {
        let mut compressor = Compressor::new(CompressionLvl::default());
        let mut packed = vec![0; compressor.deflate_compress_bound(bytes.len())];
        let len = compressor.deflate_compress(bytes, &mut packed).unwrap();
        packed.truncate(len);
        packed
    }

    fn both(bytes: &[u8]) -> [(Compression, Vec<u8>); 2] {
        [(Compression::Zlib, deflated(bytes)), (Compression::Zstd, zstd::bulk::compress(bytes, 1).unwrap())]
    }

    #[test]
    fn what_follows_the_stream_is_ignored() {
        let bytes: Vec<u8> = (0..65_536u32).map(|i| (i % 251) as u8).collect();
        for (compression, mut packed) in both(&bytes) {
            packed.extend([0xa5; 300]);
            let mut cluster = vec![0; bytes.len()];
            unpack(compression, &packed, &mut cluster).unwrap();
            assert!(cluster == bytes, "{compression:?}");
        }
    }

    #[test]
    fn streams_of_another_length_are_errors() {
        for len in [4095, 4097, 1 << 20] {
            for (compression, packed) in both(&vec![7; len]) {
                assert!(unpack(compression, &packed, &mut [0; 4096]).is_err(), "{compression:?} {len}");
            }
        }
        for (compression, packed) in both(&[7; 4096]) {
            assert!(unpack(compression, &packed[..packed.len() - 1], &mut [0; 4096]).is_err(), "{compression:?}");
            assert!(unpack(compression, &[0xff; 512], &mut [0; 4096]).is_err(), "{compression:?}");
            assert!(unpack(compression, &[], &mut [0; 4096]).is_err(), "{compression:?}");
        }
    }

    #[test]
    fn the_cache_is_bounded_and_keeps_what_is_used() {
        let cache = Cache::new(8 << 20);
        let cluster: Arc<[u8]> = Arc::from([0u8; 4]);
        for guest in [1, 2, 3] {
            cache.put(guest, cluster.clone());
            assert!(cache.get(1).is_some() || guest == 3);
        }
        assert!(cache.get(2).is_none() && cache.get(3).is_some());
        assert_eq!(cache.clusters.lock().unwrap().len(), 2);
    }
}
