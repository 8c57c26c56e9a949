//! Bytes to compress: what images are full of, and what compressors stumble over.

/// Numbers that look random and are the same every time (Marsaglia's xorshift).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 11) as usize % limit
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| (self.next() >> 56) as u8).collect()
    }
}

/// Random bytes that repeat with a period.
pub(crate) fn periodic(period: usize, length: usize) -> Vec<u8> {
    Random::new(period as u64).bytes(period).into_iter().cycle().take(length).collect()
}

/// Words of a small language.
pub(crate) fn text(length: usize) -> Vec<u8> {
    let mut random = Random::new(1);
    let words: Vec<Vec<u8>> = (0..400)
        .map(|_| (0..2 + random.below(7)).map(|_| b'a' + (random.below(26) * random.below(26) / 26) as u8).collect())
        .collect();
    let mut text = Vec::new();
    while text.len() < length {
        text.extend(&words[random.below(400) * random.below(400) / 400]);
        text.push(if random.below(12) == 0 { b'\n' } else { b' ' });
    }
    text.truncate(length);
    text
}

/// Records of sixteen bytes: a counter, flags, a small number, zeros.
pub(crate) fn records(length: usize) -> Vec<u8> {
    let mut random = Random::new(2);
    let record = |number: u32| {
        let small = random.below(50) as u16;
        let flags = 1u16 << random.below(5);
        [&number.to_le_bytes()[..], &flags.to_le_bytes(), &small.to_le_bytes(), &[0; 8]].concat()
    };
    (0..).flat_map(record).take(length).collect()
}

/// Bytes of which each is half as frequent as the one before: codes as long as may be.
pub(crate) fn skewed(length: usize) -> Vec<u8> {
    let mut random = Random::new(3);
    (0..length).map(|_| random.next().leading_zeros() as u8).collect()
}

/// Stretches of everything, one after another, some of them copied from before.
pub(crate) fn mixed(seed: u64, length: usize) -> Vec<u8> {
    let mut random = Random::new(seed);
    let mut bytes = Vec::new();
    while bytes.len() < length {
        let scale = 1 + random.below(13);
        let count = 1 + random.below(1 << scale);
        match random.below(7) {
            0 => bytes.extend(random.bytes(count)),
            1 => bytes.extend(std::iter::repeat_n(random.next() as u8, count)),
            2 => bytes.extend(&text(30_000)[random.below(20_000)..][..count.min(10_000)]),
            3 => bytes.extend(records(count)),
            4 => bytes.extend(random.bytes(count).iter().map(|byte| byte & 3)),
            _ if bytes.is_empty() => {}
            _ => {
                let distance = 1 + random.below(bytes.len().min(40_000));
                let from = bytes.len() - distance;
                for at in from..from + count {
                    bytes.push(bytes[at]);
                }
            }
        }
    }
    bytes.truncate(length);
    bytes
}

/// Everything by name.
pub(crate) fn all(length: usize) -> Vec<(String, Vec<u8>)> {
    let mut samples = vec![
        ("zeros".to_owned(), vec![0; length]),
        ("random".to_owned(), Random::new(4).bytes(length)),
        ("text".to_owned(), text(length)),
        ("records".to_owned(), records(length)),
        ("skewed".to_owned(), skewed(length)),
        ("sorted".to_owned(), (0..length).map(|at| (at * 256 / length.max(1)) as u8).collect()),
        ("counting".to_owned(), (0..length).map(|at| at as u8).collect()),
        ("mixed".to_owned(), mixed(5, length)),
    ];
    for period in [2, 3, 7, 8, 9, 255, 258, 259, 4095, 4096, 4097, 32767, 32768, 32769] {
        samples.push((format!("period {period}"), periodic(period, length)));
    }
    samples
}
