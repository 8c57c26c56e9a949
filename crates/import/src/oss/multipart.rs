//! Multipart uploads as wholes: InitiateMultipartUpload, CompleteMultipartUpload, AbortMultipartUpload,
//! ListMultipartUploads.

use super::bucket::{Ask, Bucket, foreign, text, texts};
use super::parts::Part;
use crate::encoding::{base64, unpercent};
use crate::error::{Error, Result};
use crate::hash::md5;
use crate::time;
use crate::xml::groups;
use quick_xml::escape::escape;

/// Pages of a list, at most: ten million uploads.
const PAGES: usize = 10_000;

/// The key and the id of the last upload of a page.
type Marker = (String, String);

/// An upload that was begun and neither completed nor aborted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// The key of the object to be.
    pub key: String,
    /// What tells it from others of the key.
    pub id: String,
    /// When it was begun, in seconds since 1970.
    pub begun: Option<i64>,
}

/// What a new object is to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Begin<'a> {
    pub(crate) key: &'a str,
    pub(crate) overwrite: bool,
}

impl Begin<'_> {
    fn headers(self) -> Vec<(&'static str, String)> {
        vec![
            ("content-type", "application/octet-stream".into()),
            ("x-oss-forbid-overwrite", (!self.overwrite).to_string()),
        ]
    }
}

impl Bucket {
    /// InitiateMultipartUpload: the id of a new upload.
    pub(crate) fn initiate(&self, begin: Begin<'_>) -> Result<String> {
        let operation = "InitiateMultipartUpload";
        let query = [("uploads", ""), ("encoding-type", "url")];
        let headers = begin.headers();
        let ask = Ask { operation, method: "POST", key: Some(begin.key), query: &query, headers: &headers };
        self.ask(&ask, b"", |answer| {
            let texts = texts(operation, &answer)?;
            let id = text(&texts, "InitiateMultipartUploadResult/UploadId").filter(|id| !id.is_empty());
            id.map(str::to_owned).ok_or_else(|| foreign(operation))
        })
    }

    /// CompleteMultipartUpload: the tag of the object, and its CRC-64. An answer that was lost is for the caller to
    /// find out about; trying again is no harm.
    pub(crate) fn complete(&self, begin: Begin<'_>, id: &str, parts: &[Part]) -> Result<(String, Option<u64>)> {
        let operation = "CompleteMultipartUpload";
        let body = document(parts);
        let mut headers = begin.headers();
        headers.push(("content-md5", base64(&md5(body.as_bytes()))));
        let query = [("uploadId", id), ("encoding-type", "url")];
        let ask = Ask { operation, method: "POST", key: Some(begin.key), query: &query, headers: &headers };
        self.ask(&ask, body.as_bytes(), |answer| {
            let texts = texts(operation, &answer)?;
            let etag = text(&texts, "CompleteMultipartUploadResult/ETag").ok_or_else(|| foreign(operation))?;
            Ok((etag.into(), answer.header("x-oss-hash-crc64ecma").and_then(|text| text.parse().ok())))
        })
    }

    /// AbortMultipartUpload. Whether there was such an upload.
    pub fn abort(&self, key: &str, id: &str) -> Result<bool> {
        let query = [("uploadId", id)];
        let ask =
            Ask { operation: "AbortMultipartUpload", method: "DELETE", key: Some(key), query: &query, headers: &[] };
        match self.ask(&ask, b"", |_| Ok(true)) {
            Err(error) if error.code() == "NoSuchUpload" => Ok(false),
            done => done,
        }
    }

    /// ListMultipartUploads of keys that begin with `prefix`: all pages.
    pub fn uploads(&self, prefix: &str) -> Result<Vec<Upload>> {
        let (mut all, mut marker) = (Vec::new(), (String::new(), String::new()));
        for _ in 0..PAGES {
            let (mut page, next) = self.uploads_after(prefix, &marker)?;
            all.append(&mut page);
            match next {
                Some(next) if next != marker => marker = next,
                _ => return Ok(all),
            }
        }
        Err(Error::network("ListMultipartUploads: the list does not end"))
    }

    fn uploads_after(&self, prefix: &str, after: &Marker) -> Result<(Vec<Upload>, Option<Marker>)> {
        let operation = "ListMultipartUploads";
        let mut query = vec![("uploads", ""), ("encoding-type", "url"), ("max-uploads", "1000")];
        let more = [("prefix", prefix), ("key-marker", after.0.as_str()), ("upload-id-marker", after.1.as_str())];
        query.extend(more.into_iter().filter(|(_, value)| !value.is_empty()));
        let ask = Ask { operation, method: "GET", key: None, query: &query, headers: &[] };
        self.ask(&ask, b"", |answer| {
            let texts = texts(operation, &answer)?;
            let at = |name: &str| text(&texts, &format!("ListMultipartUploadsResult/{name}"));
            let truncated = at("IsTruncated").ok_or_else(|| foreign(operation))? == "true";
            let key = |text: &str| if at("EncodingType") == Some("url") { unpercent(text) } else { text.to_owned() };
            let next = truncated.then(|| {
                (key(at("NextKeyMarker").unwrap_or_default()), at("NextUploadIdMarker").unwrap_or_default().to_owned())
            });
            let of = |fields: Vec<(&str, &str)>| {
                let field = |name: &str| fields.iter().find(|(known, _)| *known == name).map(|(_, text)| *text);
                let begun = field("Initiated").and_then(time::parse_iso);
                Some(Upload { key: key(field("Key")?), id: field("UploadId")?.into(), begun })
            };
            Ok((groups(&texts, "ListMultipartUploadsResult/Upload").into_iter().filter_map(of).collect(), next))
        })
    }
}

/// The list of parts that make the object, by ascending number.
fn document(parts: &[Part]) -> String {
    let mut text = String::from("<CompleteMultipartUpload>");
    for part in parts {
        let etag = escape(&*part.etag);
        text += &format!("<Part><PartNumber>{}</PartNumber><ETag>{etag}</ETag></Part>", part.number);
    }
    text + "</CompleteMultipartUpload>"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_cannot_leave_their_element() {
        let part = Part { number: 3, size: 1, etag: "\"A</ETag>".into(), crc64: None };
        let text = document(&[part]);
        let texts = crate::xml::texts(text.as_bytes()).unwrap();
        assert!(texts.contains(&("CompleteMultipartUpload/Part/ETag".into(), "\"A</ETag>".into())), "{text}");
    }
}
