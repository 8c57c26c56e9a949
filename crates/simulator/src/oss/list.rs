//! ListObjectsV2 with prefix, delimiter and pages.

use super::Call;
use super::multipart::encoding;
use super::store::Object;
use super::xml::Document;
use crate::http::Response;
use crate::refusal::Refusal;
use crate::time;
use crate::world::lock;

/// One page: objects and folders, in order.
#[derive(Default)]
struct Page<'a> {
    contents: Vec<(&'a str, &'a Object)>,
    folders: Vec<&'a str>,
    /// The last key that the page covers.
    last: &'a str,
    truncated: bool,
}

impl<'a> Page<'a> {
    fn collect(
        objects: impl Iterator<Item = (&'a str, &'a Object)>,
        (prefix, delimiter): (&str, &str),
        after: &str,
        most: usize,
    ) -> Self {
        let mut page = Self::default();
        for (key, object) in objects.filter(|(key, _)| key.starts_with(prefix) && *key > after) {
            let folder = folder_of(key, prefix, delimiter);
            // A folder counts once, and is behind the marker as soon as one key of it is.
            if !folder.is_some_and(|folder| page.folders.last() == Some(&folder) || after.starts_with(folder)) {
                if page.count() == most {
                    page.truncated = true;
                    break;
                }
                match folder {
                    Some(folder) => page.folders.push(folder),
                    None => page.contents.push((key, object)),
                }
            }
            page.last = key;
        }
        page
    }

    fn count(&self) -> usize {
        self.contents.len() + self.folders.len()
    }
}

pub(super) fn objects(call: &Call<'_>) -> Result<Response, Refusal> {
    let most = call.page("max-keys", 100)?;
    let query = |name| call.head.query(name).unwrap_or_default();
    let (prefix, delimiter) = (query("prefix"), query("delimiter"));
    let after = query("continuation-token").max(query("start-after"));
    let shelves = lock(&call.world.store.shelves);
    shelves.require_bucket(&call.bucket)?;
    let here = shelves.objects.iter().filter(|((bucket, _), _)| *bucket == call.bucket);
    let here = here.map(|((_, key), object)| (key.as_str(), object));
    let page = Page::collect(here, (prefix, delimiter), after, most);
    let encoded = call.encodes_keys();
    let mut document = Document::new("ListBucketResult");
    encoding(call, &mut document);
    document.text("Name", &call.bucket).key("Prefix", prefix, encoded).text("MaxKeys", &most.to_string());
    document.key("Delimiter", delimiter, encoded).text("KeyCount", &page.count().to_string());
    document.text("IsTruncated", &page.truncated.to_string());
    if page.truncated {
        document.key("NextContinuationToken", page.last, encoded);
    }
    for (key, object) in page.contents {
        document.open("Contents").key("Key", key, encoded);
        document.text("LastModified", &time::iso_millis(object.modified)).text("ETag", &object.etag);
        document.text("Type", object.kind).text("Size", &object.size.to_string());
        document.text("StorageClass", &object.storage_class).close();
    }
    for folder in page.folders {
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
