//! Parts of an upload: UploadPart, ListParts.

use super::bucket::{Ask, Bucket, foreign, text, texts};
use crate::encoding::{base64, hex};
use crate::error::{Error, Result};
use crate::http::Body;
use crate::signature::Key;
use crate::xml::groups;
use std::io::Read;

/// Pages of a list, at most: ten times what an upload can have.
const PAGES: usize = 100;

/// A part that OSS has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// 1 to 10,000.
    pub number: u32,
    /// Its length in bytes.
    pub size: u64,
    /// Its tag, with the quotes: the MD5 in upper case, but in encrypted buckets.
    pub etag: String,
    /// Its CRC-64/XZ, where the service says it.
    pub crc64: Option<u64>,
}

impl Part {
    /// Whether its tag is the MD5 of these bytes.
    pub(crate) fn is(&self, md5: [u8; 16]) -> bool {
        self.etag.trim_matches('"').eq_ignore_ascii_case(&hex(&md5))
    }
}

/// A part to be sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sending<'a> {
    pub(crate) key: &'a str,
    pub(crate) id: &'a str,
    pub(crate) number: u32,
    pub(crate) size: u64,
    pub(crate) md5: [u8; 16],
}

impl Bucket {
    /// One attempt of UploadPart. The tag and the CRC-64 that OSS says.
    pub(crate) fn upload_part(&self, part: Sending<'_>, bytes: &mut dyn Read, key: &Key, now: i64) -> Result<Part> {
        let operation = "UploadPart";
        let number = part.number.to_string();
        let query = [("partNumber", number.as_str()), ("uploadId", part.id)];
        let headers = [("content-md5", base64(&part.md5))];
        let ask = Ask { operation, method: "PUT", key: Some(part.key), query: &query, headers: &headers };
        let answer = self.attempt(&ask, Body::Reader(bytes, part.size), key, now)?;
        Ok(Part {
            number: part.number,
            size: part.size,
            etag: answer.header("etag").ok_or_else(|| foreign(operation))?.into(),
            crc64: answer.header("x-oss-hash-crc64ecma").and_then(|text| text.parse().ok()),
        })
    }

    /// ListParts: all pages, by number. `None`: there is no such upload.
    pub(crate) fn parts(&self, key: &str, id: &str) -> Result<Option<Vec<Part>>> {
        let (mut all, mut marker) = (Vec::new(), 0);
        for _ in 0..PAGES {
            match self.parts_after(key, id, marker) {
                Err(error) if error.code() == "NoSuchUpload" => return Ok(None),
                Err(error) => return Err(error),
                Ok((mut page, next)) => {
                    all.append(&mut page);
                    match next {
                        Some(next) if next > marker => marker = next,
                        _ => return Ok(Some(all)),
                    }
                }
            }
        }
        Err(Error::network("ListParts: the list does not end"))
    }

    fn parts_after(&self, key: &str, id: &str, after: u32) -> Result<(Vec<Part>, Option<u32>)> {
        let operation = "ListParts";
        let after = after.to_string();
        let query = [("uploadId", id), ("part-number-marker", after.as_str()), ("max-parts", "1000")];
        let ask = Ask { operation, method: "GET", key: Some(key), query: &query, headers: &[] };
        self.ask(&ask, b"", |answer| {
            let texts = texts(operation, &answer)?;
            let at = |name: &str| text(&texts, &format!("ListPartsResult/{name}"));
            let truncated = at("IsTruncated").ok_or_else(|| foreign(operation))? == "true";
            let next = at("NextPartNumberMarker").filter(|_| truncated).and_then(|text| text.parse().ok());
            let of = |fields: Vec<(&str, &str)>| {
                let field = |name: &str| fields.iter().find(|(known, _)| *known == name).map(|(_, text)| *text);
                Some(Part {
                    number: field("PartNumber")?.parse().ok()?,
                    size: field("Size")?.parse().ok()?,
                    etag: field("ETag")?.into(),
                    crc64: field("HashCrc64ecma").and_then(|text| text.parse().ok()),
                })
            };
            Ok((groups(&texts, "ListPartsResult/Part").into_iter().filter_map(of).collect(), next))
        })
    }
}
