//! The head of a request: its line and its headers, bounded.

use crate::encoding::{parse_query, percent_decode};
use std::io::{self, BufRead};

/// The head of a request, all headers together: ours, as that of common servers.
const HEAD_LIMIT: usize = 64 << 10;
/// Headers of one request: ours.
const HEADER_LIMIT: usize = 128;

/// The line and the headers of a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Head {
    pub(crate) method: String,
    /// What the line names, as it was sent.
    pub(crate) target: String,
    /// The path, decoded.
    pub(crate) path: String,
    /// The pairs of the query, decoded, in the order sent.
    pub(crate) query: Vec<(String, String)>,
    /// Names in lower case, values trimmed, in the order sent.
    pub(crate) headers: Vec<(String, String)>,
    /// HTTP/1.1 rather than 1.0.
    pub(crate) keeps_alive: bool,
}

impl Head {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A value of the query.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Reads a head. `None`: the peer closed the connection where a request could have begun.
    pub(crate) fn read(stream: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        loop {
            let before = bytes.len();
            read_line(stream, &mut bytes)?;
            match &bytes[before..] {
                [] if before == 0 => return Ok(None),
                [] => return Err(io::ErrorKind::UnexpectedEof.into()),
                // Clients may end a body with an empty line too many (RFC 9112, section 2.2).
                b"\r\n" | b"\n" if before == 0 => bytes.clear(),
                b"\r\n" | b"\n" => return Self::parse(&bytes).map(Some),
                _ => {}
            }
        }
    }

    fn parse(bytes: &[u8]) -> io::Result<Self> {
        let mut headers = [httparse::EMPTY_HEADER; HEADER_LIMIT];
        let mut request = httparse::Request::new(&mut headers);
        request.parse(bytes).map_err(|error| invalid(&error.to_string()))?;
        let target = request.path.unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        // A proxy is asked for a whole address.
        let path = path.strip_prefix("http://").map_or(path, |rest| rest.find('/').map_or("/", |at| &rest[at..]));
        let headers = request.headers.iter().map(|header| {
            let value = std::str::from_utf8(header.value).map_err(|_| invalid("a header is not UTF-8"))?;
            Ok((header.name.to_ascii_lowercase(), value.trim().to_owned()))
        });
        let headers = headers.collect::<io::Result<Vec<_>>>()?;
        let asked_to_close = headers.iter().any(|(name, value)| {
            name == "connection" && value.split(',').any(|word| word.trim().eq_ignore_ascii_case("close"))
        });
        Ok(Self {
            method: request.method.unwrap_or_default().to_owned(),
            target: target.to_owned(),
            path: percent_decode(path, false).ok_or_else(|| invalid("the path is not an encoding of UTF-8"))?,
            query: parse_query(query).ok_or_else(|| invalid("the query is not an encoding of UTF-8"))?,
            headers,
            keeps_alive: request.version == Some(1) && !asked_to_close,
        })
    }
}

/// Adds one line, with its end, to `bytes`, which stay within the limit of a head.
pub(crate) fn read_line(stream: &mut impl BufRead, bytes: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let buffer = stream.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(buffer.len(), |at| at + 1);
        if bytes.len() + taken > HEAD_LIMIT {
            return Err(invalid("the head is too long"));
        }
        bytes.extend_from_slice(&buffer[..taken]);
        stream.consume(taken);
        if end.is_some() {
            return Ok(());
        }
    }
}

pub(crate) fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_and_decoded() {
        let mut bytes: &[u8] = b"\r\nPUT /b/dir%2Fa%20b?x=1&uploads HTTP/1.1\r\nHost: H\r\nX-Oss-A:  v \r\n\r\nrest";
        let head = Head::read(&mut bytes).expect("readable").expect("a request");
        assert_eq!((head.method.as_str(), head.path.as_str()), ("PUT", "/b/dir/a b"));
        assert_eq!((head.query("x"), head.query("uploads"), head.query("y")), (Some("1"), Some(""), None));
        assert_eq!(head.header("x-oss-a"), Some("v"));
        assert!(head.keeps_alive);
        assert_eq!(bytes, b"rest");
    }

    #[test]
    fn hostile_heads_are_refused_within_bounds() {
        let long = [b"GET / HTTP/1.1\r\nA: ".as_slice(), &vec![b'x'; HEAD_LIMIT], b"\r\n\r\n"].concat();
        let many = [b"GET / HTTP/1.1\r\n".as_slice(), &b"A: x\r\n".repeat(HEADER_LIMIT + 1), b"\r\n"].concat();
        for head in [long.as_slice(), &many, b"GET / HTTP/1.1\r\nA: x", b"\x00\r\n\r\n", b"GET /%ff HTTP/1.1\r\n\r\n"] {
            assert!(Head::read(&mut &*head).is_err());
        }
        assert!(Head::read(&mut b"".as_slice()).expect("a close is no error").is_none());
    }
}
