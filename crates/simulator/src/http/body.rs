//! The body of a request, as a stream: by length or in chunks, with the faults that strike in it.

use super::head::{Head, invalid, read_line};
use std::io::{self, BufRead, Read, Write};

/// The largest body: a part or an object in one `PUT` may have 5 GiB (OSS).
const BODY_LIMIT: u64 = 5 << 30;

/// What is left of the framing.
enum Framing {
    Length(u64),
    /// Bytes left in this chunk; the next one follows.
    Chunk(u64),
    Done,
}

/// The body of a request.
pub(crate) struct Body<'a> {
    stream: &'a mut dyn Duplex,
    framing: Framing,
    /// An interim answer is awaited before anything is sent.
    expects_continue: bool,
    received: u64,
    /// The byte of the body that is to be changed.
    flip: Option<u64>,
    /// The byte of the body at which the connection is to be cut.
    cut: Option<u64>,
}

/// A connection: buffered one way, plain the other.
pub(crate) trait Duplex: BufRead {
    fn writer(&mut self) -> &mut dyn Write;
}

impl<'a> Body<'a> {
    pub(crate) fn new(head: &Head, stream: &'a mut dyn Duplex) -> io::Result<Self> {
        let chunked = head.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
        let framing = match head.header("content-length") {
            Some(_) if chunked => return Err(invalid("a body has a length and chunks")),
            Some(text) => {
                let length = text.parse().map_err(|_| invalid("the length of a body is not a number"))?;
                if length > BODY_LIMIT { return Err(invalid("the body is too large")) } else { Framing::Length(length) }
            }
            None if chunked => Framing::Chunk(0),
            None => Framing::Done,
        };
        let expects_continue = head.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue"));
        Ok(Self { stream, framing, expects_continue, received: 0, flip: None, cut: None })
    }

    /// Changes the byte at `offset` when it comes.
    pub(crate) fn flip_at(&mut self, offset: u64) {
        self.flip = Some(offset);
    }

    /// Makes reading fail past `offset`.
    pub(crate) fn cut_at(&mut self, offset: u64) {
        self.cut = Some(offset);
    }

    /// Bytes of the body that came.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// The whole body, if it has at most `limit` bytes.
    pub(crate) fn read_whole(&mut self, limit: usize) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        self.take(limit as u64 + 1).read_to_end(&mut bytes)?;
        Ok((bytes.len() <= limit).then_some(bytes))
    }

    /// Reads and forgets what is left, so that the next request can be found. False: it cannot.
    pub(crate) fn drain(&mut self) -> bool {
        if self.expects_continue && !matches!(self.framing, Framing::Done | Framing::Length(0)) {
            // Nothing was asked for; whether it comes all the same cannot be known.
            return false;
        }
        io::copy(self, &mut io::sink()).is_ok()
    }

    /// How many bytes may be read at once now.
    fn available(&mut self) -> io::Result<u64> {
        if let Framing::Chunk(0) = self.framing {
            self.next_chunk()?;
        }
        Ok(match self.framing {
            Framing::Length(left) | Framing::Chunk(left) => left,
            Framing::Done => 0,
        })
    }

    fn next_chunk(&mut self) -> io::Result<()> {
        let mut line = Vec::new();
        read_line(&mut self.stream, &mut line)?;
        // The end of the data of the chunk before.
        if line == b"\r\n" {
            line.clear();
            read_line(&mut self.stream, &mut line)?;
        }
        let text = std::str::from_utf8(&line).unwrap_or_default();
        let size = text.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16).map_err(|_| invalid("the size of a chunk is not a number"))?;
        if self.received.checked_add(size).is_none_or(|total| total > BODY_LIMIT) {
            return Err(invalid("the body is too large"));
        }
        self.framing = Framing::Chunk(size);
        if size == 0 {
            self.skip_trailers()?;
            self.framing = Framing::Done;
        }
        Ok(())
    }

    fn skip_trailers(&mut self) -> io::Result<()> {
        let mut lines = Vec::new();
        loop {
            let before = lines.len();
            read_line(&mut self.stream, &mut lines)?;
            match &lines[before..] {
                b"\r\n" => return Ok(()),
                [] => return Err(io::ErrorKind::UnexpectedEof.into()),
                _ => {}
            }
        }
    }

    fn apply_flip(&mut self, bytes: &mut [u8]) {
        let Some(within) = self.flip.and_then(|offset| offset.checked_sub(self.received)) else { return };
        if let Some(byte) = usize::try_from(within).ok().and_then(|index| bytes.get_mut(index)) {
            *byte ^= 1;
            self.flip = None;
        }
    }
}

impl Read for Body<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.expects_continue {
            self.stream.writer().write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            self.expects_continue = false;
        }
        let mut most = self.available()?.min(bytes.len() as u64);
        if let Some(cut) = self.cut {
            most = most.min(cut.saturating_sub(self.received));
            if most == 0 && !matches!(self.framing, Framing::Done | Framing::Length(0)) {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
        }
        if most == 0 {
            return Ok(0);
        }
        let most = usize::try_from(most).unwrap_or(bytes.len());
        let read = self.stream.read(&mut bytes[..most])?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.apply_flip(&mut bytes[..read]);
        let length = read as u64;
        self.received += length;
        if let Framing::Length(left) | Framing::Chunk(left) = &mut self.framing {
            *left -= length;
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Memory<'a>(&'a [u8], Vec<u8>);

    impl Read for Memory<'_> {
        fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
            self.0.read(bytes)
        }
    }

    impl BufRead for Memory<'_> {
        fn fill_buf(&mut self) -> io::Result<&[u8]> {
            Ok(self.0)
        }

        fn consume(&mut self, amount: usize) {
            self.0 = &self.0[amount..];
        }
    }

    impl Duplex for Memory<'_> {
        fn writer(&mut self) -> &mut dyn Write {
            &mut self.1
        }
    }

    fn head(name: &str, value: &str) -> Head {
        Head { headers: vec![(name.to_owned(), value.to_owned())], ..Head::default() }
    }

    #[test]
    fn chunks_are_joined_and_trailers_skipped() {
        let mut stream = Memory(b"5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nA: b\r\n\r\nNEXT", Vec::new());
        let mut body = Body::new(&head("transfer-encoding", "chunked"), &mut stream).expect("a body");
        assert_eq!(body.read_whole(100).expect("read").as_deref(), Some(b"hello world".as_slice()));
        assert_eq!(body.received(), 11);
        assert_eq!(stream.0, b"NEXT");
    }

    #[test]
    fn broken_framing_is_an_error() {
        for bytes in [b"zz\r\n".as_slice(), b"5\r\nhel", b"ffffffffffffffff\r\n", b"0\r\nA: b"] {
            let mut stream = Memory(bytes, Vec::new());
            let mut body = Body::new(&head("transfer-encoding", "chunked"), &mut stream).expect("a body");
            assert!(body.read_whole(100).is_err());
        }
        let mut stream = Memory(b"", Vec::new());
        assert!(Body::new(&head("content-length", "6000000000"), &mut stream).is_err());
        assert!(Body::new(&head("content-length", "-1"), &mut stream).is_err());
    }

    #[test]
    fn a_flip_a_cut_and_a_limit_strike_where_they_should() {
        let length = head("content-length", "6");
        let mut stream = Memory(b"abcdef", Vec::new());
        let mut body = Body::new(&length, &mut stream).expect("a body");
        body.flip_at(2);
        assert_eq!(body.read_whole(6).expect("read").as_deref(), Some(b"abbdef".as_slice()));
        let mut stream = Memory(b"abcdef", Vec::new());
        let mut body = Body::new(&length, &mut stream).expect("a body");
        body.cut_at(4);
        assert!(body.read_whole(100).is_err());
        assert_eq!(body.received(), 4);
        let mut stream = Memory(b"abcdef", Vec::new());
        assert_eq!(Body::new(&length, &mut stream).expect("a body").read_whole(5).expect("read"), None);
    }

    #[test]
    fn the_interim_answer_is_sent_once_and_only_when_the_body_is_wanted() {
        let mut asking = head("content-length", "2");
        asking.headers.push(("expect".to_owned(), "100-continue".to_owned()));
        let mut stream = Memory(b"ab", Vec::new());
        assert!(!Body::new(&asking, &mut stream).expect("a body").drain());
        assert!(stream.1.is_empty());
        Body::new(&asking, &mut stream).expect("a body").read_whole(10).expect("read");
        assert_eq!(stream.1, b"HTTP/1.1 100 Continue\r\n\r\n");
    }
}
