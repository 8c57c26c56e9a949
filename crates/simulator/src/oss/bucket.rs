//! PutBucket, GetBucketInfo, GetBucketLocation.

use super::Call;
use super::store::{Bucket, Encryption};
use super::xml::{Document, texts};
use crate::http::{Body, Response};
use crate::refusal::Refusal;
use crate::time;
use crate::world::lock;

/// The configuration of a new bucket has a few lines.
const CONFIGURATION_LIMIT: usize = 64 << 10;

/// PutBucket: a bucket in the region of the options. One's own bucket may be put again.
pub(super) fn put(call: &Call<'_>, body: &mut Body<'_>) -> Result<Response, Refusal> {
    check_name(&call.bucket)?;
    let malformed = || Refusal::new(400, "MalformedXML", "The XML you provided was not well-formed.");
    let bytes = body.read_whole(CONFIGURATION_LIMIT).map_err(|_| malformed())?.ok_or_else(malformed)?;
    let mut bucket = Bucket::new(call.bucket.as_str());
    if !bytes.is_empty() {
        let texts = texts(&bytes).ok_or_else(malformed)?;
        let class = texts.into_iter().find(|(path, _)| path == "CreateBucketConfiguration/StorageClass");
        bucket.storage_class = class.map_or(bucket.storage_class, |(_, class)| class);
    }
    lock(&call.world.store.shelves).buckets.entry(call.bucket.clone()).or_insert(bucket);
    Ok(Response::new(200).header("Location", format!("/{}", call.bucket)))
}

/// GetBucketLocation.
pub(super) fn location(call: &Call<'_>) -> Result<Response, Refusal> {
    let mut document = Document::new("LocationConstraint");
    let location = format!("oss-{}", region(call, &find(call)?));
    document.bare(&location);
    Ok(Response::xml(document.end()))
}

/// GetBucketInfo.
pub(super) fn info(call: &Call<'_>) -> Result<Response, Refusal> {
    let bucket = find(call)?;
    let region = region(call, &bucket);
    let created = time::iso_millis(call.world.clock.now());
    let mut document = Document::new("BucketInfo");
    document.open("Bucket").text("Name", &bucket.name).text("CreationDate", &created);
    document.text("Location", &format!("oss-{region}")).text("StorageClass", &bucket.storage_class);
    document.text("DataRedundancyType", "LRS").text("AccessMonitor", "Disabled");
    document.text("ExtranetEndpoint", &format!("oss-{region}.aliyuncs.com"));
    document.text("IntranetEndpoint", &format!("oss-{region}-internal.aliyuncs.com"));
    let owner = call.world.account.id.as_str();
    document.open("Owner").text("DisplayName", owner).text("ID", owner).close();
    document.open("AccessControlList").text("Grant", "private").close();
    document.open("ServerSideEncryptionRule").text("SSEAlgorithm", algorithm(bucket.encryption)).close();
    Ok(Response::xml(document.end()))
}

fn algorithm(encryption: Option<Encryption>) -> &'static str {
    match encryption {
        None => "None",
        Some(Encryption::Aes256) => "AES256",
        Some(Encryption::Kms) => "KMS",
    }
}

fn find(call: &Call<'_>) -> Result<Bucket, Refusal> {
    lock(&call.world.store.shelves).require_bucket(&call.bucket).cloned()
}

fn region(call: &Call<'_>, bucket: &Bucket) -> String {
    bucket.region.clone().unwrap_or_else(|| call.world.options.region.clone())
}

fn check_name(name: &str) -> Result<(), Refusal> {
    if is_name(name) {
        return Ok(());
    }
    Err(Refusal::new(400, "InvalidBucketName", "The specified bucket is not valid.").with("BucketName", name))
}

/// Names have 3 to 63 lower-case letters, digits and hyphens, with no hyphen at an end.
pub(crate) fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = name.bytes().next().is_some_and(plain) && name.bytes().next_back().is_some_and(plain);
    (3..=63).contains(&name.len()) && ends && name.bytes().all(|byte| plain(byte) || byte == b'-')
}
