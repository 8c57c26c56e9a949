//! Disks for tests: random ones, and one disk shown in several layouts.

use convert::Options;
use std::sync::Arc;
use storage::{Extent, Memory, ReadAt, Result, State, WriteAt, check_range, is_zero};

/// Lengths around everything the engine cuts at.
pub(crate) const SIZES: [u64; 16] = [
    0,
    1,
    511,
    512,
    4095,
    4097,
    65_535,
    65_536,
    65_537,
    (1 << 20) - 1,
    1 << 20,
    (1 << 20) + 1,
    (2 << 20) + 65_536,
    3_333_333,
    (4 << 20) - 4096,
    (5 << 20) + 12_345,
];

/// Numbers that look random (splitmix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }
}

/// Content with runs of data and zeros of all lengths, from one byte to several chunks.
pub(crate) fn content(size: u64, seed: u64) -> Vec<u8> {
    let mut random = Random(seed);
    let mut bytes = vec![0; usize::try_from(size).unwrap()];
    let mut at = 0;
    while at < bytes.len() {
        let longest = 1u64 << random.below(20);
        let len = usize::try_from(random.below(longest) + 1).unwrap().min(bytes.len() - at);
        if random.below(2) == 0 {
            bytes[at..at + len].fill_with(|| random.next().to_le_bytes()[0]);
        }
        at += len;
    }
    bytes
}

/// How much of its zeros a disk admits to, and in runs of what length.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Layout {
    /// All is data.
    Data,
    /// Aligned blocks of this size that are zeros are holes of one kind or the other; every block is a run of its own.
    Blocks(u64),
    /// As above, but every third block of zeros is stored as data.
    Some(u64),
}

pub(crate) const LAYOUTS: [Layout; 5] =
    [Layout::Data, Layout::Blocks(512), Layout::Blocks(4096), Layout::Blocks(100_000), Layout::Some(65_536)];

/// One content in one layout.
#[derive(Clone, Debug)]
pub(crate) struct Disk {
    pub(crate) bytes: Arc<Vec<u8>>,
    pub(crate) layout: Layout,
}

impl Disk {
    pub(crate) fn new(bytes: Vec<u8>, layout: Layout) -> Self {
        Disk { bytes: Arc::new(bytes), layout }
    }

    fn state(&self, block: &[u8], number: u64) -> State {
        let hidden = matches!(self.layout, Layout::Some(_)) && number.is_multiple_of(3);
        match (is_zero(block) && !hidden, number % 2) {
            (false, _) => State::Data,
            (true, 0) => State::Zero,
            (true, _) => State::Unmapped,
        }
    }
}

impl ReadAt for Disk {
    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        self.bytes.read_at(buf, offset)
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        check_range(self.size(), offset, 1)?;
        let (Layout::Blocks(block) | Layout::Some(block)) = self.layout else {
            return Ok(Extent { range: offset..self.size(), state: State::Data });
        };
        let number = offset / block;
        let end = ((number + 1) * block).min(self.size());
        let whole = &self.bytes[usize::try_from(number * block).unwrap()..usize::try_from(end).unwrap()];
        Ok(Extent { range: offset..end, state: self.state(whole, number) })
    }
}

/// Fails if the two do not hold the same bytes.
pub(crate) fn assert_holds(target: &Memory, bytes: &[u8], what: &str) {
    let mut there = vec![1; bytes.len()];
    target.read_at(&mut there, 0).unwrap();
    let differs = there.iter().zip(bytes).position(|(a, b)| a != b);
    assert_eq!(differs, None, "{what}");
}

/// A target that is full of old content.
pub(crate) fn dirty(size: u64) -> Memory {
    let memory = Memory::new(size);
    memory.write_at(&vec![0xee; usize::try_from(size).unwrap()], 0).unwrap();
    memory
}

/// So many threads, and this granularity of zeros.
pub(crate) fn options(workers: usize, sparse: u64) -> Options {
    Options { workers, sparse, ..Options::default() }
}
