//! Compressed files as streams of bytes: what `gunzip`, `unxz`, `unzstd` and `bunzip2` would give.
//!
//! A file is one frame or several, one after another, as parallel compressors and `cat` make them; they are unpacked as
//! one stream. What is left behind the last frame is an error, but for zeros: tapes and block devices pad with them.
//!
//! Sources: RFC 1952; the .xz file format 1.2; RFC 8878; the bzip2 program.
//! Not supported: dictionaries of zstd, lzma alone, lz4, lzip.

use ::bzip2::bufread::BzDecoder;
use ::zstd::stream::read::Decoder as ZstdDecoder;
use flate2::bufread::GzDecoder;
use liblzma::bufread::XzDecoder;
use liblzma::stream::Stream;
use std::io::{self, BufRead, ErrorKind, Read};

/// Largest zstd window, as a power of two: 128 MiB, what `zstd -d` takes without being asked for more.
const ZSTD_WINDOW_LOG: u32 = 27;

/// Most memory that liblzma may use: a dictionary of 128 MiB, twice that of `xz -9`, and its own state.
const LZMA_MEMORY: u64 = (128 << 20) + (1 << 20);

/// Bytes that tell every compression: pass at least as many to [`Codec::of`].
pub const MAGIC_LEN: usize = 10;

/// Packed bytes.
pub type Input<'a> = Box<dyn BufRead + 'a>;

/// One frame while it is unpacked; reading ends where it ends.
pub trait Frame<'a>: Read {
    /// The input, behind what was read of the frame.
    fn into_input(self: Box<Self>) -> Input<'a>;
}

/// A compression.
#[derive(Debug)]
pub struct Codec {
    /// As it is called: `gzip`, `xz`, `zstd`, `bzip2`.
    pub name: &'static str,
    magic: fn(&[u8]) -> bool,
    open: for<'a> fn(Input<'a>) -> io::Result<Box<dyn Frame<'a> + 'a>>,
}

static CODECS: [Codec; 4] = [
    Codec { name: "gzip", magic: |head| head.starts_with(b"\x1f\x8b\x08"), open: gzip },
    Codec { name: "xz", magic: |head| head.starts_with(b"\xfd7zXZ\0"), open: xz },
    Codec { name: "zstd", magic: is_zstd, open: zstd },
    Codec { name: "bzip2", magic: is_bzip2, open: bzip2 },
];

impl Codec {
    /// The one whose frame `head` begins with.
    pub fn of(head: &[u8]) -> Option<&'static Codec> {
        CODECS.iter().find(|codec| (codec.magic)(head))
    }

    /// All that `input` unpacks to.
    pub fn reader<'a>(&'static self, input: Input<'a>) -> impl Read + 'a {
        Frames { codec: self, state: State::Between(input), frames: 0 }
    }
}

/// A frame may begin with one that is to be skipped.
fn is_zstd(head: &[u8]) -> bool {
    head.starts_with(b"\x28\xb5\x2f\xfd") || (head.get(1..4) == Some(b"\x2a\x4d\x18") && head[0] & 0xf0 == 0x50)
}

/// Behind the level comes a block, or the end of an empty stream.
fn is_bzip2(head: &[u8]) -> bool {
    head.starts_with(b"BZh") && [Some(b"1AY&SY".as_slice()), Some(b"\x17rE8P\x90")].contains(&head.get(4..10))
}

/// Opens one gzip member.
pub fn gzip<'a>(input: Input<'a>) -> io::Result<Box<dyn Frame<'a> + 'a>> {
    Ok(Box::new(GzDecoder::new(input)))
}

/// Opens one xz stream.
pub fn xz<'a>(input: Input<'a>) -> io::Result<Box<dyn Frame<'a> + 'a>> {
    let stream = Stream::new_stream_decoder(LZMA_MEMORY, 0)?;
    Ok(Box::new(XzDecoder::new_stream(input, stream)))
}

/// Opens one zstd frame.
pub fn zstd<'a>(input: Input<'a>) -> io::Result<Box<dyn Frame<'a> + 'a>> {
    let mut decoder = ZstdDecoder::with_buffer(input)?.single_frame();
    decoder.window_log_max(ZSTD_WINDOW_LOG)?;
    Ok(Box::new(decoder))
}

/// Opens one bzip2 stream.
pub fn bzip2<'a>(input: Input<'a>) -> io::Result<Box<dyn Frame<'a> + 'a>> {
    Ok(Box::new(BzDecoder::new(input)))
}

impl<'a> Frame<'a> for GzDecoder<Input<'a>> {
    fn into_input(self: Box<Self>) -> Input<'a> {
        (*self).into_inner()
    }
}

impl<'a> Frame<'a> for XzDecoder<Input<'a>> {
    fn into_input(self: Box<Self>) -> Input<'a> {
        (*self).into_inner()
    }
}

impl<'a> Frame<'a> for ZstdDecoder<'static, Input<'a>> {
    fn into_input(self: Box<Self>) -> Input<'a> {
        (*self).finish()
    }
}

impl<'a> Frame<'a> for BzDecoder<Input<'a>> {
    fn into_input(self: Box<Self>) -> Input<'a> {
        (*self).into_inner()
    }
}

/// The frames of a file, one after another.
struct Frames<'a> {
    codec: &'static Codec,
    state: State<'a>,
    frames: u64,
}

enum State<'a> {
    Between(Input<'a>),
    Within(Box<dyn Frame<'a> + 'a>),
    Ended,
}

impl<'a> Frames<'a> {
    /// Opens what comes next, behind `input`'s zeros if it is not the first.
    fn next(&mut self, mut input: Input<'a>) -> io::Result<State<'a>> {
        if self.frames > 0 && !skip_zeros(&mut input)? {
            return Ok(State::Ended);
        }
        // A buffer may hold less than a magic number just before it is filled again; frames begin rarely there.
        let head = input.fill_buf()?;
        if self.frames > 0 && head.len() >= MAGIC_LEN && !(self.codec.magic)(head) {
            let what = format!("what follows the {} data is neither more of it nor zeros", self.codec.name);
            return Err(io::Error::new(ErrorKind::InvalidData, what));
        }
        self.frames += 1;
        Ok(State::Within((self.codec.open)(input)?))
    }
}

/// Whether there is anything behind them.
fn skip_zeros(input: &mut Input<'_>) -> io::Result<bool> {
    loop {
        let there = input.fill_buf()?;
        let zeros = there.iter().position(|&byte| byte != 0).unwrap_or(there.len());
        if there.is_empty() {
            return Ok(false);
        }
        let found = zeros < there.len();
        input.consume(zeros);
        if found {
            return Ok(true);
        }
    }
}

impl Read for Frames<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            // Where a frame cannot be opened, there is nothing to go on with.
            self.state = match std::mem::replace(&mut self.state, State::Ended) {
                State::Ended => return Ok(0),
                State::Between(input) => self.next(input)?,
                State::Within(mut frame) => match frame.read(buf) {
                    Ok(0) if !buf.is_empty() => State::Between(frame.into_input()),
                    result => {
                        self.state = State::Within(frame);
                        return result;
                    }
                },
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn packed(name: &str, bytes: &[u8]) -> Vec<u8> {
        match name {
            "gzip" => {
                let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                out.write_all(bytes).unwrap();
                out.finish().unwrap()
            }
            "xz" => liblzma::encode_all(bytes, 0).unwrap(),
            "zstd" => ::zstd::encode_all(bytes, 1).unwrap(),
            _ => {
                let mut out = ::bzip2::write::BzEncoder::new(Vec::new(), ::bzip2::Compression::fast());
                out.write_all(bytes).unwrap();
                out.finish().unwrap()
            }
        }
    }

    fn unpacked(file: &[u8]) -> io::Result<Vec<u8>> {
        let codec = Codec::of(&file[..file.len().min(MAGIC_LEN)]).expect("the magic is known");
        let mut out = Vec::new();
        // A small buffer, so that frames end and begin anywhere in it.
        let input = io::BufReader::with_capacity(61, file);
        codec.reader(Box::new(input)).read_to_end(&mut out)?;
        Ok(out)
    }

    fn sample() -> Vec<u8> {
        (0..100_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 29) as u8).collect()
    }

    const NAMES: [&str; 4] = ["gzip", "xz", "zstd", "bzip2"];

    #[test]
    fn frames_are_one_stream_and_zeros_behind_them_are_nothing() {
        let bytes = sample();
        for name in NAMES {
            let one = packed(name, &bytes);
            assert_eq!(Codec::of(&one).unwrap().name, name);
            assert!(unpacked(&one).unwrap() == bytes, "{name}");
            let two = [one.clone(), one.clone()].concat();
            assert!(unpacked(&two).unwrap() == [bytes.clone(), bytes.clone()].concat(), "{name}");
            let padded = [one.clone(), vec![0; 1000]].concat();
            assert!(unpacked(&padded).unwrap() == bytes, "{name}");
            assert!(unpacked(&packed(name, &[])).unwrap().is_empty(), "{name}");
        }
        let skippable = [b"\x50\x2a\x4d\x18\x03\0\0\0abc".to_vec(), packed("zstd", &bytes)].concat();
        assert!(unpacked(&skippable).unwrap() == bytes);
    }

    #[test]
    fn what_is_cut_off_or_followed_by_rubbish_is_an_error() {
        let bytes = sample();
        for name in NAMES {
            let one = packed(name, &bytes);
            for cut in (MAGIC_LEN..one.len()).step_by(97).chain([one.len() - 1]) {
                assert!(unpacked(&one[..cut]).is_err(), "{name} cut at {cut}");
            }
            assert!(unpacked(&[one.clone(), vec![0x5a; 200]].concat()).is_err(), "{name} with rubbish");
        }
    }

    #[test]
    fn damage_is_an_error() {
        let bytes = sample();
        for name in NAMES {
            let mut one = packed(name, &bytes);
            let middle = one.len() / 2;
            one[middle] ^= 0x10;
            assert!(unpacked(&one).is_err() || name == "zstd", "{name}");
        }
    }
}
