//! Objects in a bucket of OSS (API 2019-05-17): multipart uploads and what is known of objects and buckets.

mod bucket;
mod info;
mod multipart;
mod parts;

pub use bucket::Bucket;
pub use info::{BucketInfo, ObjectInfo};
pub(crate) use multipart::Begin;
pub use multipart::Upload;
pub use parts::Part;
pub(crate) use parts::Sending;
