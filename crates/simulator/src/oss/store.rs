//! Buckets, objects and uploads.

use super::blob::Blob;
use crate::crc64;
use crate::refusal::Refusal;
use crate::world::lock;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// How a bucket says that what is in it is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// Keys of OSS.
    Aes256,
    /// Keys of the key service.
    Kms,
}

/// A bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Its region; without one, that of the options.
    pub region: Option<String>,
    /// `Standard`, `IA`, `Archive`, `ColdArchive`, …
    pub storage_class: String,
    /// What encrypts it.
    pub encryption: Option<Encryption>,
}

impl Bucket {
    /// A standard bucket in the region of the options.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), region: None, storage_class: "Standard".to_owned(), encryption: None }
    }
}

/// What is known of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectInfo {
    /// Its key.
    pub key: String,
    /// Its size in bytes.
    pub size: u64,
    /// CRC-64/XZ of its bytes.
    pub crc64: u64,
    /// Its ETag, in quotes.
    pub etag: String,
}

/// What is known of an upload that goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadInfo {
    /// Its id.
    pub id: String,
    /// The key of the object that it is to be.
    pub key: String,
    /// Its parts: number and size.
    pub parts: Vec<(u32, u64)>,
}

/// An object: runs of bytes one after another.
#[derive(Clone)]
pub(crate) struct Object {
    pub(super) blobs: Vec<Arc<Blob>>,
    pub(crate) size: u64,
    pub(super) crc: u64,
    pub(super) etag: String,
    pub(super) modified: i64,
    pub(super) kind: &'static str,
    pub(crate) storage_class: String,
    /// `Content-Type` and `x-oss-meta-*`, as they were sent.
    pub(super) headers: Vec<(String, String)>,
}

/// A part of an upload.
#[derive(Clone)]
pub(super) struct Part {
    pub(super) blob: Arc<Blob>,
    pub(super) modified: i64,
}

/// An upload that goes on.
#[derive(Clone)]
pub(super) struct Upload {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) initiated: i64,
    pub(super) forbids_overwrite: bool,
    pub(super) storage_class: Option<String>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) parts: BTreeMap<u32, Part>,
}

/// All that is stored.
pub(crate) struct Store {
    folder: TempDir,
    files: AtomicU64,
    pub(super) shelves: Mutex<Shelves>,
}

#[derive(Default)]
pub(super) struct Shelves {
    pub(super) buckets: BTreeMap<String, Bucket>,
    pub(super) objects: BTreeMap<(String, String), Object>,
    /// By id. Ids grow, so that uploads are in the order of their beginning.
    pub(super) uploads: BTreeMap<String, Upload>,
}

impl Store {
    pub(crate) fn new(scratch: Option<&Path>) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("bootworthy-simulator-");
        let folder = match scratch {
            Some(scratch) => builder.tempdir_in(scratch)?,
            None => builder.tempdir()?,
        };
        Ok(Self { folder, files: AtomicU64::new(0), shelves: Mutex::default() })
    }

    /// A store with these buckets.
    pub(crate) fn holding(scratch: Option<&Path>, buckets: &[Bucket]) -> io::Result<Self> {
        let store = Self::new(scratch)?;
        for bucket in buckets {
            store.add_bucket(bucket.clone());
        }
        Ok(store)
    }

    /// A path that no file has.
    pub(super) fn new_path(&self) -> PathBuf {
        self.folder.path().join(self.files.fetch_add(1, Ordering::Relaxed).to_string())
    }

    pub(crate) fn bucket(&self, name: &str) -> Option<Bucket> {
        lock(&self.shelves).buckets.get(name).cloned()
    }

    pub(crate) fn buckets(&self) -> Vec<Bucket> {
        lock(&self.shelves).buckets.values().cloned().collect()
    }

    pub(crate) fn add_bucket(&self, bucket: Bucket) {
        lock(&self.shelves).buckets.insert(bucket.name.clone(), bucket);
    }

    pub(crate) fn object(&self, bucket: &str, key: &str) -> Option<Object> {
        lock(&self.shelves).objects.get(&(bucket.to_owned(), key.to_owned())).cloned()
    }

    pub(crate) fn objects(&self, bucket: &str) -> Vec<ObjectInfo> {
        let shelves = lock(&self.shelves);
        let here = shelves.objects.iter().filter(|((home, _), _)| home == bucket);
        here.map(|((_, key), object)| object.info(key)).collect()
    }

    pub(crate) fn uploads(&self, bucket: &str) -> Vec<UploadInfo> {
        let shelves = lock(&self.shelves);
        let here = shelves.uploads.iter().filter(|(_, upload)| upload.bucket == bucket);
        here.map(|(id, upload)| UploadInfo {
            id: id.clone(),
            key: upload.key.clone(),
            parts: upload.parts.iter().map(|(number, part)| (*number, part.blob.length)).collect(),
        })
        .collect()
    }

    /// Puts bytes where no request brought them.
    pub(crate) fn put(&self, bucket: &str, key: &str, mut bytes: &[u8], now: i64) -> io::Result<()> {
        let blob = Blob::receive(&self.new_path(), &mut bytes)?;
        let class = self.bucket(bucket).map_or_else(|| "Standard".to_owned(), |bucket| bucket.storage_class);
        let object = Object::whole(blob, now, class, Vec::new());
        lock(&self.shelves).objects.insert((bucket.to_owned(), key.to_owned()), object);
        Ok(())
    }

    pub(crate) fn remove(&self, bucket: &str, key: &str) -> bool {
        lock(&self.shelves).objects.remove(&(bucket.to_owned(), key.to_owned())).is_some()
    }

    /// Ends an upload as if its time were over.
    pub(crate) fn remove_upload(&self, id: &str) -> bool {
        lock(&self.shelves).uploads.remove(id).is_some()
    }
}

impl Shelves {
    pub(super) fn require_bucket(&self, name: &str) -> Result<&Bucket, Refusal> {
        self.buckets.get(name).ok_or_else(|| {
            Refusal::new(404, "NoSuchBucket", "The specified bucket does not exist.").with("BucketName", name)
        })
    }

    pub(super) fn require_upload(&mut self, id: &str, bucket: &str, key: &str) -> Result<&mut Upload, Refusal> {
        self.uploads.get_mut(id).filter(|upload| upload.bucket == bucket && upload.key == key).ok_or_else(|| {
            let message = "The specified upload does not exist. The upload ID may be invalid, or the upload may have \
                           been aborted or completed.";
            Refusal::new(404, "NoSuchUpload", message).with("UploadId", id)
        })
    }

    /// Refuses to replace an object where that was forbidden.
    pub(super) fn guard_overwrite(&self, bucket: &str, key: &str, forbidden: bool) -> Result<(), Refusal> {
        if forbidden && self.objects.contains_key(&(bucket.to_owned(), key.to_owned())) {
            let message = "The object you specified already exists and can not be overwritten.";
            return Err(Refusal::new(409, "FileAlreadyExists", message));
        }
        Ok(())
    }
}

impl Object {
    /// An object that was put whole.
    pub(super) fn whole(blob: Blob, now: i64, storage_class: String, headers: Vec<(String, String)>) -> Self {
        Self {
            size: blob.length,
            crc: blob.crc,
            etag: blob.etag(),
            modified: now,
            kind: "Normal",
            storage_class,
            headers,
            blobs: vec![Arc::new(blob)],
        }
    }

    /// An object of parts; its ETag is not an MD5 of its bytes.
    pub(super) fn of_parts(
        blobs: Vec<Arc<Blob>>,
        etag: String,
        now: i64,
        class: String,
        headers: Vec<(String, String)>,
    ) -> Self {
        Self {
            size: blobs.iter().map(|blob| blob.length).sum(),
            crc: blobs.iter().fold(0, |sum, blob| crc64::combine(sum, blob.crc, blob.length)),
            etag,
            modified: now,
            kind: "Multipart",
            storage_class: class,
            headers,
            blobs,
        }
    }

    pub(crate) fn info(&self, key: &str) -> ObjectInfo {
        ObjectInfo { key: key.to_owned(), size: self.size, crc64: self.crc, etag: self.etag.clone() }
    }
}
