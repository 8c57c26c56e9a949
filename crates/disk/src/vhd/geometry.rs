//! Cylinders, heads and sectors: what a disk's size was before sizes were numbers.
//!
//! Source: VHD specification, appendix "CHS Calculation".

use super::SECTOR;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Geometry {
    pub(super) cylinders: u16,
    pub(super) heads: u8,
    pub(super) sectors: u8,
}

impl Geometry {
    /// The largest; stands for all larger disks too.
    pub(super) const FULL: Geometry = Geometry { cylinders: 65535, heads: 16, sectors: 255 };

    pub(super) fn size(self) -> u64 {
        u64::from(self.cylinders) * u64::from(self.heads) * u64::from(self.sectors) * SECTOR
    }

    pub(super) fn is_full(self) -> bool {
        self.size() >= Self::FULL.size()
    }

    /// The specification's geometry for a disk of that length; amounts to at most that.
    pub(super) fn of(size: u64) -> Self {
        let total = size.min(Self::FULL.size()) / SECTOR;
        let (sectors, heads) = if total >= 65535 * 16 * 63 {
            (255, 16)
        } else {
            let heads = (total / 17).div_ceil(1024).max(4);
            if total / 17 < heads * 1024 && heads <= 16 {
                (17, heads)
            } else if total / 31 < 16 * 1024 {
                (31, 16)
            } else {
                (63, 16)
            }
        };
        let cylinders = u16::try_from(total / sectors / heads).unwrap_or(u16::MAX);
        let small = |n: u64| u8::try_from(n).unwrap_or(u8::MAX);
        Geometry { cylinders, heads: small(heads), sectors: small(sectors) }
    }

    /// The smallest geometry that amounts to at least `size`, as qemu searches for it; full for what is too large.
    pub(super) fn at_least(size: u64) -> Self {
        let mut wanted = size;
        loop {
            let geometry = Self::of(wanted);
            if geometry.size() >= size || geometry.is_full() {
                return geometry;
            }
            wanted += SECTOR;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_that_qemu_gives() {
        // qemu-img create -f vpc -o force_size=off
        assert_eq!(Geometry::at_least(10 << 20).size(), 10_514_432);
        assert_eq!(Geometry::at_least(209_715_200).size(), 209_764_352);
        assert_eq!(Geometry::of(136_365_211_648), Geometry { cylinders: 65278, heads: 16, sectors: 255 });
        assert_eq!(Geometry::of(4_194_304), Geometry { cylinders: 120, heads: 4, sectors: 17 });
        assert!(Geometry::of(1 << 40).is_full() && Geometry::at_least(1 << 40).is_full());
        assert_eq!(Geometry::at_least(0).size(), 0);
    }

    #[test]
    fn never_amounts_to_more_than_the_disk() {
        for size in (0..2_000u64).map(|i| i * i * 65_536) {
            assert!(Geometry::of(size).size() <= size, "{size}");
            assert!(Geometry::at_least(size).size() >= size.min(Geometry::FULL.size()), "{size}");
        }
    }
}
