//! Which copies of a RAID 1 volume are whole: what the kernel remembers beside each in a volume of its own.
//!
//! Linux `drivers/md/dm-raid.c`, `struct dm_raid_superblock`, little-endian, at byte 0 of `NAME_rmeta_N`.

use storage::{ErrorKind, ReadAt, Result, read_array};

const MAGIC: &[u8; 4] = b"DmRd";

/// What stands in place of a byte up to which a copy is whole, if all of it is.
const WHOLE: u64 = u64::MAX;

/// What one copy remembers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Memory {
    events: u64,
    /// A bit for each copy that failed.
    failed: u64,
    recovered: u64,
}

/// What a copy remembers; nothing if it was never in use, or cannot be read.
pub(super) fn read(volume: &dyn ReadAt) -> Result<Option<Memory>> {
    let bytes: [u8; 48] = match read_array(volume, 0) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::Io => return Err(error),
        Err(_) => return Ok(None),
    };
    let field = |at: usize| super::label::u64_at(&bytes, at).unwrap_or(0);
    let memory = Memory { events: field(16), failed: field(24), recovered: field(32) };
    Ok(bytes.starts_with(MAGIC).then_some(memory))
}

/// Why a copy should not be read, if it should not: `all` is what every copy remembers, in order.
pub(super) fn fault(all: &[Option<Memory>], index: usize) -> Option<&'static str> {
    let newest = all.iter().flatten().max_by_key(|memory| memory.events)?;
    let Some(own) = all[index] else { return Some("it was never in use") };
    let is_failed = u32::try_from(index).ok().and_then(|shift| newest.failed.checked_shr(shift));
    if is_failed.is_some_and(|bits| bits & 1 == 1) {
        Some("it failed")
    } else if own.recovered != WHOLE {
        Some("it is being made")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(events: u64, failed: u64, recovered: u64) -> Option<Memory> {
        Some(Memory { events, failed, recovered })
    }

    #[test]
    fn the_newest_decides_who_failed() {
        let all = [memory(16, 0, WHOLE), memory(17, 1, WHOLE)];
        assert_eq!((fault(&all, 0), fault(&all, 1)), (Some("it failed"), None));
        let all = [memory(5, 0, WHOLE), memory(5, 0, 4096)];
        assert_eq!((fault(&all, 0), fault(&all, 1)), (None, Some("it is being made")));
        assert_eq!(fault(&[None, None], 1), None);
        assert_eq!(fault(&[None, memory(1, 0, WHOLE)], 0), Some("it was never in use"));
        let many = vec![memory(1, u64::MAX, WHOLE); 70];
        assert_eq!((fault(&many, 63), fault(&many, 69)), (Some("it failed"), None));
    }
}
