//! A plain reader of deflate (RFC 1951) that says how far back a stream reaches.

/// What a stream unpacks to, and its longest distance.
pub(crate) struct Inflated {
    pub(crate) bytes: Vec<u8>,
    pub(crate) reach: usize,
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, n: usize) -> usize {
        (0..n).fold(0, |word, i| {
            let bit = self.bytes[self.at / 8] >> (self.at % 8) & 1;
            self.at += 1;
            word | usize::from(bit) << i
        })
    }
}

/// A canonical Huffman code: how many codes there are of each length, and the symbols in the order of their codes.
struct Code {
    counts: [usize; 16],
    symbols: Vec<usize>,
}

impl Code {
    fn new(lengths: &[usize]) -> Self {
        let mut counts = [0; 16];
        lengths.iter().filter(|&&len| len > 0).for_each(|&len| counts[len] += 1);
        let mut symbols: Vec<usize> = (0..lengths.len()).filter(|&symbol| lengths[symbol] > 0).collect();
        symbols.sort_by_key(|&symbol| lengths[symbol]);
        Code { counts, symbols }
    }

    fn read(&self, bits: &mut Bits<'_>) -> usize {
        let (mut code, mut first, mut index) = (0, 0, 0);
        for count in &self.counts[1..] {
            code |= bits.take(1);
            if code < first + count {
                return self.symbols[index + code - first];
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        panic!("no such code");
    }
}

/// The lengths 3 to 258 and the distances 1 to 32768, each with the number of extra bits.
fn ranges(first: usize, groups: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut base = first;
    let mut all = Vec::new();
    for &(count, extra) in groups {
        for _ in 0..count {
            all.push((base, extra));
            base += 1 << extra;
        }
    }
    all
}

fn codes(bits: &mut Bits<'_>) -> (Code, Code) {
    const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
    let (literals, distances, count) = (bits.take(5) + 257, bits.take(5) + 1, bits.take(4) + 4);
    let mut lengths = [0; 19];
    ORDER[..count].iter().for_each(|&i| lengths[i] = bits.take(3));
    let code = Code::new(&lengths);
    let mut lengths = Vec::new();
    while lengths.len() < literals + distances {
        let (value, times) = match code.read(bits) {
            16 => (*lengths.last().unwrap(), 3 + bits.take(2)),
            17 => (0, 3 + bits.take(3)),
            18 => (0, 11 + bits.take(7)),
            len => (len, 1),
        };
        lengths.extend(std::iter::repeat_n(value, times));
    }
    (Code::new(&lengths[..literals]), Code::new(&lengths[literals..]))
}

/// Unpacks a stream; what follows it is ignored.
pub(crate) fn inflate(stream: &[u8]) -> Inflated {
    let mut lengths = ranges(3, &[(8, 0), (4, 1), (4, 2), (4, 3), (4, 4), (4, 5)]);
    lengths.push((258, 0));
    lengths[27].1 = 5;
    let distances = ranges(
        1,
        &[
            (4, 0),
            (2, 1),
            (2, 2),
            (2, 3),
            (2, 4),
            (2, 5),
            (2, 6),
            (2, 7),
            (2, 8),
            (2, 9),
            (2, 10),
            (2, 11),
            (2, 12),
            (2, 13),
        ],
    );
    let mut bits = Bits { bytes: stream, at: 0 };
    let mut out = Inflated { bytes: Vec::new(), reach: 0 };
    loop {
        let last = bits.take(1) == 1;
        let (literals, far) = match bits.take(2) {
            0 => {
                bits.at = bits.at.next_multiple_of(8);
                let len = bits.take(16);
                assert_eq!(bits.take(16), !len & 0xffff);
                (0..len).for_each(|_| out.bytes.push(bits.take(8) as u8));
                if last {
                    return out;
                }
                continue;
            }
            1 => {
                let fixed: Vec<_> =
                    [(144, 8), (112, 9), (24, 7), (8, 8)].iter().flat_map(|&(n, len)| vec![len; n]).collect();
                (Code::new(&fixed), Code::new(&[5; 30]))
            }
            2 => codes(&mut bits),
            _ => panic!("no such block"),
        };
        loop {
            match literals.read(&mut bits) {
                256 => break,
                byte @ 0..256 => out.bytes.push(byte as u8),
                symbol => {
                    let (base, extra) = lengths[symbol - 257];
                    let len = base + bits.take(extra);
                    let (base, extra) = distances[far.read(&mut bits)];
                    let distance = base + bits.take(extra);
                    out.reach = out.reach.max(distance);
                    (0..len).for_each(|_| out.bytes.push(out.bytes[out.bytes.len() - distance]));
                }
            }
        }
        if last {
            return out;
        }
    }
}

#[test]
fn streams_of_all_kinds_are_read() {
    use libdeflater::{CompressionLvl, Compressor};
    let sample = crate::support::texture(200_000);
    for level in [0, 1, 6, 12] {
        for bytes in [&sample[..], &[7; 100], b"", &sample[..3]] {
            let mut compressor = Compressor::new(CompressionLvl::new(level).unwrap());
            let mut packed = vec![0; compressor.deflate_compress_bound(bytes.len()) + 9];
            compressor.deflate_compress(bytes, &mut packed).unwrap();
            assert!(inflate(&packed).bytes == bytes, "{level}");
        }
    }
}
