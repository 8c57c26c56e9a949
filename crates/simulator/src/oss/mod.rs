//! OSS, API version 2019-05-17: routes, signatures, refusals. Operations are in the files beside this one.

mod authorize;
mod blob;
mod bucket;
mod complete;
mod download;
mod list;
mod multipart;
mod parts;
mod store;
mod upload;
mod xml;

pub(crate) use bucket::is_name as is_bucket_name;
pub(crate) use download::ObjectReader;
pub use store::{Bucket, Encryption, ObjectInfo, UploadInfo};
pub(crate) use store::{Object, Store};

use crate::encoding::base64;
use crate::http::{Body, Content, Head, Response};
use crate::operation::Operation;
use crate::refusal::Refusal;
use crate::time;
use crate::world::World;

/// One request: where it points, and what it brought.
pub(crate) struct Call<'a> {
    pub(crate) world: &'a World,
    pub(crate) head: &'a Head,
    pub(crate) bucket: String,
    pub(crate) key: String,
}

/// What is asked.
pub(crate) fn operation(head: &Head) -> Operation {
    let (bucket, key) = target(head);
    let has = |name: &str| head.query(name).is_some();
    if bucket.is_empty() {
        return Operation::Unknown;
    }
    let bucket_call = key.is_empty();
    match (head.method.as_str(), bucket_call) {
        ("PUT", true) if head.query.is_empty() => Operation::PutBucket,
        ("GET", true) if has("bucketInfo") => Operation::GetBucketInfo,
        ("GET", true) if has("location") => Operation::GetBucketLocation,
        ("GET", true) if has("uploads") => Operation::ListMultipartUploads,
        ("GET", true) if head.query("list-type") == Some("2") => Operation::ListObjectsV2,
        ("POST", false) if has("uploads") => Operation::InitiateMultipartUpload,
        ("POST", false) if has("uploadId") => Operation::CompleteMultipartUpload,
        ("PUT", false) if has("partNumber") && has("uploadId") => Operation::UploadPart,
        ("PUT", false) if !has("append") && !has("acl") && !has("tagging") => Operation::PutObject,
        ("GET", false) if has("uploadId") => Operation::ListParts,
        ("GET", false) if !has("acl") && !has("tagging") => Operation::GetObject,
        ("HEAD", false) => Operation::HeadObject,
        ("DELETE", false) if has("uploadId") => Operation::AbortMultipartUpload,
        ("DELETE", false) if !has("tagging") => Operation::DeleteObject,
        _ => Operation::Unknown,
    }
}

/// Bucket and key, in virtual-host or path style.
fn target(head: &Head) -> (String, String) {
    let path = head.path.strip_prefix('/').unwrap_or(&head.path);
    match bucket_of_host(head.header("host").unwrap_or_default()) {
        Some(bucket) => (bucket.to_owned(), path.to_owned()),
        None => {
            let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
            (bucket.to_owned(), key.to_owned())
        }
    }
}

/// The bucket that a host names: `BUCKET.oss-REGION.aliyuncs.com`, `BUCKET.REGION.oss.aliyuncs.com` or
/// `BUCKET.localhost`.
fn bucket_of_host(host: &str) -> Option<&str> {
    let host = host.split(':').next().unwrap_or_default();
    if let Some(bucket) = host.strip_suffix(".localhost") {
        return Some(bucket);
    }
    let endpoint = host.strip_suffix(".aliyuncs.com")?;
    match endpoint.strip_suffix(".oss") {
        Some(rest) => rest.split_once('.').map(|(bucket, _)| bucket),
        None => endpoint.split_once('.').filter(|(_, rest)| rest.starts_with("oss-")).map(|(bucket, _)| bucket),
    }
}

/// Does what is asked.
pub(crate) fn answer(
    world: &World,
    operation: Operation,
    head: &Head,
    body: &mut Body<'_>,
) -> Result<Response, Refusal> {
    let (bucket, key) = target(head);
    let call = Call { world, head, bucket, key };
    authorize::authorize(&call, operation)?;
    let response = match operation {
        Operation::PutBucket => bucket::put(&call, body),
        Operation::GetBucketInfo => bucket::info(&call),
        Operation::GetBucketLocation => bucket::location(&call),
        Operation::ListObjectsV2 => list::objects(&call),
        Operation::PutObject => upload::object(&call, body),
        Operation::GetObject => download::get(&call),
        Operation::HeadObject => download::head(&call),
        Operation::DeleteObject => download::delete(&call),
        Operation::InitiateMultipartUpload => multipart::initiate(&call),
        Operation::UploadPart => upload::part(&call, body),
        Operation::CompleteMultipartUpload => complete::complete(&call, body),
        Operation::AbortMultipartUpload => multipart::abort(&call),
        Operation::ListParts => parts::list(&call),
        Operation::ListMultipartUploads => multipart::list(&call),
        _ => Err(Refusal::new(501, "NotImplemented", "The simulator does not have this operation.")),
    }?;
    Ok(common(world, response))
}

/// Headers of every answer.
fn common(world: &World, mut response: Response) -> Response {
    response.set("Server", "AliyunOSS");
    response.set("Date", time::http(world.clock.now()));
    response.set("x-oss-request-id", format!("{:024X}", world.number()));
    response
}

/// A refusal: XML, which a `HEAD` request gets in a header.
pub(crate) fn refuse(world: &World, head: &Head, refusal: &Refusal) -> Response {
    let mut response = common(world, Response::new(refusal.status));
    let id = response.headers.iter().find(|(name, _)| name == "x-oss-request-id").map(|(_, id)| id.clone());
    let mut document = xml::Document::new("Error");
    document.text("Code", &refusal.code).text("Message", &refusal.message);
    document.text("RequestId", &id.unwrap_or_default()).text("HostId", head.header("host").unwrap_or_default());
    for (name, value) in &refusal.details {
        document.text(name, value);
    }
    let document = document.end();
    response.set("Content-Type", "application/xml");
    if head.method == "HEAD" {
        response.set("x-oss-err", base64(document.as_bytes()));
        response.set("Content-Length", "0");
    } else {
        response.content = Content::Bytes(document.into_bytes());
    }
    response.code = Some(refusal.code.to_string());
    response
}

impl Call<'_> {
    /// How many items a page has: what is asked for, within the bounds of the service and of the options.
    pub(crate) fn page(&self, name: &str, default: u64) -> Result<usize, Refusal> {
        let asked = usize::try_from(self.number(name, 1..=1000, default)?).unwrap_or(1000);
        Ok(asked.min(self.world.options.page).max(1))
    }

    /// A whole number of the query within bounds.
    pub(crate) fn number(
        &self,
        name: &str,
        bounds: std::ops::RangeInclusive<u64>,
        default: u64,
    ) -> Result<u64, Refusal> {
        let Some(text) = self.head.query(name).filter(|text| !text.is_empty()) else { return Ok(default) };
        text.parse().ok().filter(|number| bounds.contains(number)).ok_or_else(|| {
            Refusal::new(
                400,
                "InvalidArgument",
                format!("{name} is not a number from {} to {}.", bounds.start(), bounds.end()),
            )
            .with("ArgumentName", name)
            .with("ArgumentValue", text)
        })
    }

    /// Keys of the answer are to be percent-encoded.
    pub(crate) fn encodes_keys(&self) -> bool {
        self.head.query("encoding-type") == Some("url")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_name_buckets() {
        for (host, bucket) in [
            ("127.0.0.1:8080", None),
            ("localhost:8080", None),
            ("bkt.localhost:8080", Some("bkt")),
            ("oss-cn-hangzhou.aliyuncs.com", None),
            ("bkt.oss-cn-hangzhou.aliyuncs.com", Some("bkt")),
            ("bkt.oss-cn-hangzhou-internal.aliyuncs.com", Some("bkt")),
            ("bkt.oss-accelerate.aliyuncs.com", Some("bkt")),
            ("cn-hangzhou.oss.aliyuncs.com", None),
            ("bkt.cn-hangzhou.oss.aliyuncs.com", Some("bkt")),
        ] {
            assert_eq!(bucket_of_host(host), bucket, "{host}");
        }
    }

    #[test]
    fn methods_and_queries_name_operations() {
        for (method, path, query, operation) in [
            ("PUT", "/b/", "", Operation::PutBucket),
            ("GET", "/b/", "bucketInfo", Operation::GetBucketInfo),
            ("GET", "/b/", "uploads", Operation::ListMultipartUploads),
            ("POST", "/b/k", "uploads", Operation::InitiateMultipartUpload),
            ("PUT", "/b/k/l", "uploadId partNumber", Operation::UploadPart),
            ("PUT", "/b/k", "", Operation::PutObject),
            ("DELETE", "/b/k", "uploadId", Operation::AbortMultipartUpload),
            ("DELETE", "/b/", "", Operation::Unknown),
            ("GET", "/", "", Operation::Unknown),
        ] {
            let query = query.split_whitespace().map(|name| (name.to_owned(), String::new())).collect();
            let head = Head { method: method.to_owned(), path: path.to_owned(), query, ..Head::default() };
            assert_eq!(self::operation(&head), operation, "{method} {path}");
        }
    }
}
