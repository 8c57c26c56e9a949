//! ListObjectsV2 with prefix, delimiter and pages.

use super::Call;
use super::multipart::encoding;
use super::xml::Document;
use crate::http::Response;
use crate::refusal::Refusal;
use crate::time;
use crate::world::lock;

pub(super) fn objects(call: &Call<'_>) -> Result<Response, Refusal> {
    let most = usize::try_from(call.number("max-keys", 1..=1000, 100)?).unwrap_or(100);
    let query = |name| call.head.query(name).unwrap_or_default();
    let (prefix, delimiter) = (query("prefix"), query("delimiter"));
    let after = query("continuation-token").max(query("start-after"));
    let shelves = lock(&call.world.store.shelves);
    shelves.require_bucket(&call.bucket)?;
    let encoded = call.encodes_keys();
    let (mut contents, mut folders) = (Vec::new(), Vec::new());
    let (mut last, mut truncated) = ("", false);
    let all = shelves.objects.iter().filter(|((bucket, key), _)| *bucket == call.bucket && key.starts_with(prefix));
    for ((_, key), object) in all.filter(|((_, key), _)| key.as_str() > after) {
        let folder = folder_of(key, prefix, delimiter);
        // A folder counts once, and is behind the marker as soon as one key of it is.
        if !folder.is_some_and(|folder| folders.last() == Some(&folder) || after.starts_with(folder)) {
            if contents.len() + folders.len() == most {
                truncated = true;
                break;
            }
            match folder {
                Some(folder) => folders.push(folder),
                None => contents.push((key, object)),
            }
        }
        last = key;
    }
    let count = contents.len() + folders.len();
    let mut document = Document::new("ListBucketResult");
    encoding(call, &mut document);
    document.text("Name", &call.bucket).key("Prefix", prefix, encoded).text("MaxKeys", &most.to_string());
    document.key("Delimiter", delimiter, encoded).text("KeyCount", &count.to_string());
    document.text("IsTruncated", &truncated.to_string());
    if truncated {
        document.key("NextContinuationToken", last, encoded);
    }
    for (key, object) in contents {
        document.open("Contents").key("Key", key, encoded);
        document.text("LastModified", &time::iso_millis(object.modified)).text("ETag", &object.etag);
        document.text("Type", object.kind).text("Size", &object.size.to_string());
        document.text("StorageClass", &object.storage_class).close();
    }
    for folder in folders {
        document.open("CommonPrefixes").key("Prefix", folder, encoded).close();
    }
    Ok(Response::xml(document.end()))
}

/// The key up to the delimiter behind the prefix.
fn folder_of<'a>(key: &'a str, prefix: &str, delimiter: &str) -> Option<&'a str> {
    if delimiter.is_empty() {
        return None;
    }
    let at = key[prefix.len()..].find(delimiter)?;
    Some(&key[..prefix.len() + at + delimiter.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_end_at_the_delimiter() {
        assert_eq!(folder_of("a/b/c", "a/", "/"), Some("a/b/"));
        assert_eq!(folder_of("a/b", "a/", "/"), None);
        assert_eq!(folder_of("a/b/c", "a/", ""), None);
    }
}
