//! A hive as a whole.

use crate::base::{BASE_BLOCK, Base};
use crate::bins;
use crate::cells::Cells;
use crate::key::Key;
use crate::log;
use storage::{Error, Result};

/// Length of the longest hive that is read. Ones of large servers have a tenth of it.
pub const MAX_HIVE: usize = 512 << 20;

/// Whether a hive says all that was written to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing was left half written.
    Clean,
    /// It was left half written, and its logs made up for that.
    Recovered,
    /// It was left half written, and no log that was given goes with it: the last changes are missing.
    Dirty,
}

/// Whether a hive needs no logs. What is no hive needs none either.
pub fn is_clean(bytes: &[u8]) -> bool {
    Base::read(bytes).map_or(true, |base| base.is_clean())
}

/// A hive in memory.
#[derive(Debug)]
pub struct Hive {
    bytes: Vec<u8>,
    root: u32,
    state: State,
    damage: Vec<Error>,
}

impl Hive {
    /// The hive in `bytes`, with the changes in its transaction logs (`.LOG`, `.LOG1`, `.LOG2`) where it needs them.
    ///
    /// Logs that are empty or belong to another state of the hive are passed over. What is no hive at all is `Corrupt`;
    /// of damaged ones [`damage`](Self::damage) tells.
    pub fn open(mut bytes: Vec<u8>, logs: &[Vec<u8>]) -> Result<Self> {
        if bytes.len() > MAX_HIVE {
            return Err(Error::refused(format!("a hive of more than {MAX_HIVE} bytes")));
        }
        let mut base = Base::read(&bytes)?;
        if bytes.len() < BASE_BLOCK {
            return Err(Error::corrupt(bytes.len() as u64, "the base block of the hive is cut off"));
        }
        let mut state = State::Clean;
        if !base.is_clean() {
            match log::recover(&mut bytes, &base, logs) {
                Some(recovered) => (base, state) = (recovered, State::Recovered),
                None => state = State::Dirty,
            }
        }
        let mut damage = bins::defects(&bytes, base.bins);
        if !base.sound {
            damage.insert(0, Error::corrupt(508, "the checksum of the hive's base block is wrong"));
        }
        Ok(Hive { bytes, root: base.root, state, damage })
    }

    /// Whether it says all that was written to it.
    pub fn state(&self) -> State {
        self.state
    }

    /// What is wrong with its base block and the headers of its bins. Keys may be readable all the same.
    pub fn damage(&self) -> &[Error] {
        &self.damage
    }

    /// The root key.
    pub fn root(&self) -> Result<Key<'_>> {
        Key::read(Cells::new(&self.bytes), self.root)
    }

    /// The key at a path, names separated by `\`; capitals do not matter. See [`Key::key`].
    pub fn key(&self, path: &str) -> Result<Key<'_>> {
        self.root()?.key(path)
    }
}
