//! Bytes that were uploaded, in a scratch file without its zeros, with their digests.

use crate::crc64;
use crate::encoding::{base64, hex};
use md5::{Digest, Md5};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Bytes copied at once, and the grain of holes: ours.
const CHUNK: usize = 128 << 10;
static ZEROS: [u8; CHUNK] = [0; CHUNK];

/// Uploaded bytes; the file goes with the last owner.
#[derive(Debug)]
pub(super) struct Blob {
    path: PathBuf,
    pub(super) length: u64,
    pub(super) md5: [u8; 16],
    pub(super) crc: u64,
}

impl Blob {
    /// Copies `source` to its end into a new file.
    pub(super) fn receive(path: &Path, source: &mut dyn Read) -> io::Result<Self> {
        let mut blob = Self { path: path.to_owned(), length: 0, md5: [0; 16], crc: 0 };
        let mut file = File::create_new(path)?;
        let (mut md5, mut crc) = (Md5::new(), crc64::digest());
        let mut buffer = vec![0; CHUNK];
        loop {
            let filled = fill(source, &mut buffer)?;
            let bytes = &buffer[..filled];
            if bytes.is_empty() {
                break;
            }
            md5.update(bytes);
            crc.update(bytes);
            if bytes == &ZEROS[..filled] {
                file.seek(SeekFrom::Current(i64::try_from(filled).unwrap_or(0)))?;
            } else {
                file.write_all(bytes)?;
            }
            blob.length += filled as u64;
        }
        file.set_len(blob.length)?;
        blob.md5 = md5.finalize().into();
        blob.crc = crc.finalize();
        Ok(blob)
    }

    pub(super) fn open(&self) -> io::Result<File> {
        File::open(&self.path)
    }

    /// The ETag of a part or of an object that was put whole: upper-case hex of the MD5, in quotes.
    pub(super) fn etag(&self) -> String {
        format!("\"{}\"", hex(&self.md5).to_uppercase())
    }

    /// As `Content-MD5` says it.
    pub(super) fn content_md5(&self) -> String {
        base64(&self.md5)
    }
}

impl Drop for Blob {
    fn drop(&mut self) {
        // The folder goes in the end; a file that cannot be removed now goes then.
        let _ = fs::remove_file(&self.path);
    }
}

fn fill(source: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_and_zeros_take_no_room() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("blob");
        let bytes = [vec![0; 8 * CHUNK], b"end".to_vec(), vec![0; CHUNK]].concat();
        let blob = Blob::receive(&path, &mut bytes.as_slice()).expect("stored");
        assert_eq!((blob.length, fs::read(&path).expect("readable")), (bytes.len() as u64, bytes));
        drop(blob);
        assert!(!path.exists());
        let blob = Blob::receive(&path, &mut b"123456789".as_slice()).expect("stored");
        assert_eq!(blob.crc, 0x995D_C9BB_DF19_39FA);
        assert_eq!(blob.etag(), "\"25F9E794323B453885F5181F1B624D0B\"");
        assert_eq!(blob.content_md5(), "JfnnlDI7RTiF9RgfG2JNCw==");
    }
}
