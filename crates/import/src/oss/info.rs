//! What is known of an object and of a bucket: HeadObject, GetBucketInfo, DeleteObject.

use super::bucket::{Ask, Bucket, foreign, text, texts};
use crate::error::Result;

/// What OSS says of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectInfo {
    /// Its length in bytes.
    pub size: u64,
    /// Its tag, with the quotes.
    pub etag: String,
    /// Its CRC-64/XZ.
    pub crc64: Option<u64>,
    /// Its storage class; empty for Standard, where it may be left out.
    pub storage_class: String,
}

/// What OSS says of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketInfo {
    /// Its region.
    pub region: String,
    /// Its storage class.
    pub storage_class: String,
    /// The algorithm of encryption on the server; `None`: none.
    pub encryption: Option<String>,
}

impl Bucket {
    /// HeadObject; `None`: there is no such object.
    pub fn head(&self, key: &str) -> Result<Option<ObjectInfo>> {
        let operation = "HeadObject";
        let ask = Ask { operation, method: "HEAD", key: Some(key), query: &[], headers: &[] };
        let found = self.ask(&ask, b"", |answer| {
            let number = |name: &str| answer.header(name).and_then(|text| text.parse().ok());
            Ok(ObjectInfo {
                size: number("content-length").ok_or_else(|| foreign(operation))?,
                etag: answer.header("etag").ok_or_else(|| foreign(operation))?.into(),
                crc64: number("x-oss-hash-crc64ecma"),
                storage_class: answer.header("x-oss-storage-class").unwrap_or_default().into(),
            })
        });
        match found {
            Err(error) if error.code() == "NoSuchKey" => Ok(None),
            found => found.map(Some),
        }
    }

    /// GetBucketInfo.
    pub fn info(&self) -> Result<BucketInfo> {
        let operation = "GetBucketInfo";
        let ask = Ask { operation, method: "GET", key: None, query: &[("bucketInfo", "")], headers: &[] };
        self.ask(&ask, b"", |answer| {
            let texts = texts(operation, &answer)?;
            let at = |name: &str| text(&texts, &format!("BucketInfo/Bucket/{name}")).filter(|text| !text.is_empty());
            let location = at("Location").ok_or_else(|| foreign(operation))?;
            Ok(BucketInfo {
                region: location.strip_prefix("oss-").unwrap_or(location).into(),
                storage_class: at("StorageClass").unwrap_or_default().into(),
                encryption: at("ServerSideEncryptionRule/SSEAlgorithm").filter(|name| *name != "None").map(Into::into),
            })
        })
    }

    /// DeleteObject. That there is none is as good.
    pub(crate) fn delete(&self, key: &str) -> Result<()> {
        let ask = Ask { operation: "DeleteObject", method: "DELETE", key: Some(key), query: &[], headers: &[] };
        self.ask(&ask, b"", |_| Ok(()))
    }
}
