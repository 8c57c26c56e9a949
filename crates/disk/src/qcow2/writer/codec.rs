//! Compressing clusters, each for itself.

use deflate::Window;
use std::io::Cursor;
use storage::{Error, Result};

/// How clusters are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// Raw deflate.
    Zlib(Window),
    /// A zstd frame that says its length.
    Zstd,
}

/// Level of zstd: the file is as large as qemu's, which takes level 3, because less is lost between clusters.
const ZSTD_LEVEL: i32 = 2;

/// What compresses one cluster after another; one thread's at a time.
pub(super) enum Codec {
    Zlib(Box<deflate::Compressor>),
    Zstd(zstd::bulk::Compressor<'static>),
}

impl Codec {
    pub(super) fn new(method: Method) -> Result<Self> {
        Ok(match method {
            Method::Zlib(window) => Codec::Zlib(Box::new(deflate::Compressor::new(window))),
            Method::Zstd => Codec::Zstd(zstd::bulk::Compressor::new(ZSTD_LEVEL).map_err(failed)?),
        })
    }

    /// Appends the compressed cluster to `output`, and says its length; `None`, and nothing appended, where it would not
    /// be shorter.
    pub(super) fn compress(&mut self, cluster: &[u8], output: &mut Vec<u8>) -> Result<Option<u64>> {
        let start = output.len();
        match self {
            Codec::Zlib(deflate) => deflate.compress(cluster, output),
            Codec::Zstd(zstd) => {
                output.reserve(zstd::zstd_safe::compress_bound(cluster.len()));
                let mut behind = Cursor::new(std::mem::take(output));
                behind.set_position(start as u64);
                let result = zstd.compress_to_buffer(cluster, &mut behind);
                *output = behind.into_inner();
                result.map_err(failed)?;
            }
        }
        let len = output.len() - start;
        if len < cluster.len() {
            return Ok(Some(len as u64));
        }
        output.truncate(start);
        Ok(None)
    }
}

fn failed(error: std::io::Error) -> Error {
    Error::io("compressing with zstd", error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_shrink_leaves_nothing() {
        let noise: Vec<u8> =
            (0u32..4096).map(|i| i.wrapping_mul(i).wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
        for method in [Method::Zlib(Window::Small), Method::Zlib(Window::Large), Method::Zstd] {
            let mut codec = Codec::new(method).unwrap();
            let mut output = b"before".to_vec();
            let len = codec.compress(&[7; 4096], &mut output).unwrap().unwrap();
            assert!(len < 100 && output.len() as u64 == 6 + len && output.starts_with(b"before"), "{method:?}");
            let end = output.len();
            match codec.compress(&noise, &mut output).unwrap() {
                Some(len) => assert!(len < 4096 && output.len() as u64 == end as u64 + len),
                None => assert_eq!(output.len(), end),
            }
            let second = codec.compress(&[7; 4096], &mut output).unwrap();
            assert_eq!(second, Some(len), "each stands for itself");
        }
    }

    #[test]
    fn zstd_frames_say_their_length() {
        let mut output = Vec::new();
        Codec::new(Method::Zstd).unwrap().compress(&[7; 65_536], &mut output).unwrap();
        assert_eq!(zstd::zstd_safe::get_frame_content_size(&output).ok().flatten(), Some(65_536));
    }
}
