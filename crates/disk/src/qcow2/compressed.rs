//! Compressed clusters: raw deflate or one zstd frame, each exactly one cluster when unpacked.
//!
//! qemu writes deflate with a window of 4 KiB; any window is read. The output is a buffer of one cluster, so neither
//! the claimed size nor the claimed window of a stream costs memory.

use super::features::Compression;
use libdeflater::Decompressor;
use std::cell::RefCell;

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
}
