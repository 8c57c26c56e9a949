//! How an object is cut into parts.

use crate::error::{Error, Result};
use std::ops::Range;

/// Smallest part but the last: OSS.
const SMALLEST: u64 = 100 << 10;
/// Largest part: OSS.
const LARGEST: u64 = 5 << 30;
/// Parts of an upload, at most: OSS.
const MOST: u64 = 10_000;
/// The size of parts, as long as there are not too many of them: ours.
const USUAL: u64 = 16 << 20;
/// The same of what is made as it is sent.
const STREAMED: u64 = 4 << 20;
/// Parts that a plan of ours has, at most: room to spare.
const AIM: u64 = 9_000;
const MIB: u64 = 1 << 20;

/// Equal parts, but for the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    size: u64,
    part: u64,
}

impl Plan {
    /// The parts of an object of `size` bytes; of `part` bytes each, where that is said.
    pub fn new(size: u64, part: Option<u64>) -> Result<Self> {
        if size == 0 {
            return Err(Error::usage("the image is empty; ECS imports no empty object"));
        }
        let part = match part {
            Some(part) => part,
            None => size.div_ceil(AIM).div_ceil(MIB).saturating_mul(MIB).max(USUAL),
        };
        let why = if !(SMALLEST..=LARGEST).contains(&part) {
            "parts are 100 KiB to 5 GiB"
        } else if size.div_ceil(part) > MOST {
            "an upload has at most 10,000 parts"
        } else {
            return Ok(Plan { size, part });
        };
        Err(Error::usage(format!("parts of {part} bytes of an object of {size}: {why}")))
    }

    /// The parts of an object that is made as it is sent, and will have at most `bound` bytes. They are in memory, so
    /// they are smaller, as long as there are not too many.
    pub fn streamed(bound: u64) -> Result<Self> {
        Plan::new(bound, Some(bound.div_ceil(AIM).div_ceil(MIB).saturating_mul(MIB).max(STREAMED)))
    }

    /// Bytes of the object.
    pub fn size(self) -> u64 {
        self.size
    }

    /// Bytes of each part but the last.
    pub fn part_size(self) -> u64 {
        self.part
    }

    /// How many parts there are.
    pub fn count(self) -> u32 {
        u32::try_from(self.size.div_ceil(self.part)).expect("at most 10,000, as checked when it was made")
    }

    /// The bytes of the part `number`, counted from one.
    pub fn range(self, number: u32) -> Range<u64> {
        let start = u64::from(number.saturating_sub(1)).saturating_mul(self.part).min(self.size);
        start..start.saturating_add(self.part).min(self.size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_plan_keeps_the_limits_and_covers_the_object() {
        const TIB: u64 = 1 << 40;
        for size in [1, SMALLEST, USUAL, USUAL + 1, 9000 * USUAL, 9000 * USUAL + 1, 2 * TIB, 48 * TIB - 7, 42 * TIB] {
            let Ok(plan) = Plan::new(size, None) else {
                assert!(size > 43 * TIB, "{size}");
                continue;
            };
            assert!(u64::from(plan.count()) <= AIM && plan.part_size() <= LARGEST, "{plan:?}");
            let mut at = 0;
            for number in 1..=plan.count() {
                let range = plan.range(number);
                assert!(range.start == at && range.end > at, "{plan:?} {number}");
                at = range.end;
            }
            assert_eq!(at, size);
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        assert!(Plan::new(0, None).is_err());
        assert!(Plan::new(1 << 30, Some(1000)).is_err());
        assert!(Plan::new(1 << 40, Some(SMALLEST)).is_err());
        assert!(Plan::new(1 << 40, Some(LARGEST + 1)).is_err());
        assert!(Plan::new(1 << 40, Some(LARGEST)).is_ok());
    }
}
