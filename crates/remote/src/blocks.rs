//! What was sent of an image, kept in blocks.

use crate::address::Address;
use crate::server::Server;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};
use storage::{Error, ReadAt, Result, check_range, to_usize};

/// The least that is asked for.
const BLOCK: u64 = 64 << 10;
/// Blocks that are asked for at once where one read follows the other: 4 MiB.
const MOST: u64 = 64;
/// Blocks that are kept: 256 MiB.
const KEPT: usize = 4096;

/// An image behind an address. Clones of what was read are shared by all threads; requests are made one at a time.
pub struct Remote {
    address: Address,
    size: u64,
    /// Bytes that may be sent.
    budget: u64,
    state: Mutex<State>,
}

struct State {
    server: Server,
    blocks: HashMap<u64, Box<[u8]>>,
    /// In the order in which they came.
    order: VecDeque<u64>,
    sent: u64,
    requests: u64,
    /// The block behind the last that was asked for, and how many are asked for if that is the next one wanted.
    next: u64,
    ahead: u64,
}

impl Remote {
    /// Asks for the length of the image, and for its first bytes. No more than `budget` bytes are ever sent.
    ///
    /// # Errors
    ///
    /// `Unsupported` if the server knows no ranges; `Refused` if the budget is not enough; `Io` for all else.
    pub fn open(address: Address, budget: u64) -> Result<Self> {
        let at_address = |error: Error| error.at_path(address.to_string());
        if budget < BLOCK {
            return Err(at_address(Error::refused(format!("at least {BLOCK} bytes must be allowed with --max-read"))));
        }
        let mut state = State {
            server: Server::new(address.clone()),
            blocks: HashMap::new(),
            order: VecDeque::new(),
            sent: 0,
            requests: 0,
            next: 0,
            ahead: 1,
        };
        state.fetch(0..1, u64::MAX).map_err(at_address)?;
        let size = state.server.length();
        Ok(Remote { address, size, budget, state: Mutex::new(state) })
    }

    /// Where it is.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Bytes that the server has sent of it.
    pub fn sent(&self) -> u64 {
        self.state().sent
    }

    /// Requests that were answered.
    pub fn requests(&self) -> u64 {
        self.state().requests
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the block at hand, and as many of the `wanted` ones behind it as are not.
    fn have(&self, state: &mut State, block: u64, wanted: Range<u64>) -> Result<()> {
        if state.blocks.contains_key(&block) {
            return Ok(());
        }
        state.ahead = if block == state.next { (state.ahead * 2).min(MOST) } else { 1 };
        let end = (block + state.ahead).max(wanted.end.min(block + MOST)).min(self.size.div_ceil(BLOCK));
        let end = (block + 1..end).find(|next| state.blocks.contains_key(next)).unwrap_or(end);
        // What is only asked for because it may be wanted next must not be what ends the reading.
        let left = self.budget.saturating_sub(state.sent) / BLOCK;
        if left == 0 {
            return Err(self.exhausted());
        }
        state.fetch(block..end.min(block.saturating_add(left)), self.size)
    }

    fn exhausted(&self) -> Error {
        Error::refused(format!(
            "more than the {} bytes of the image that may be read would be needed; allow more with --max-read",
            self.budget
        ))
    }
}

impl State {
    /// Asks for blocks of an image of that size.
    fn fetch(&mut self, blocks: Range<u64>, size: u64) -> Result<()> {
        let (start, end) = (blocks.start * BLOCK, (blocks.end * BLOCK).min(size));
        let bytes = self.server.read(start, end - start)?;
        self.sent += bytes.len() as u64;
        self.requests += 1;
        self.next = blocks.end;
        for (number, block) in blocks.zip(bytes.chunks(to_usize(BLOCK)?)) {
            if self.order.len() == KEPT
                && let Some(oldest) = self.order.pop_front()
            {
                self.blocks.remove(&oldest);
            }
            self.order.push_back(number);
            self.blocks.insert(number, block.into());
        }
        Ok(())
    }
}

impl ReadAt for Remote {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<()> {
        let at_address = |error: Error| error.at_path(self.address.to_string());
        check_range(self.size, offset, buf.len() as u64).map_err(at_address)?;
        let wanted = offset / BLOCK..(offset + buf.len() as u64).div_ceil(BLOCK);
        let mut state = self.state();
        let mut filled = 0;
        for block in wanted.clone() {
            self.have(&mut state, block, wanted.clone()).map_err(at_address)?;
            let start = to_usize((offset + filled as u64) % BLOCK)?;
            let bytes = state.blocks.get(&block).and_then(|bytes| bytes.get(start..)).unwrap_or_default();
            let len = bytes.len().min(buf.len() - filled);
            buf[filled..filled + len].copy_from_slice(&bytes[..len]);
            filled += len;
        }
        Ok(())
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").field("address", &self.address).field("size", &self.size).finish_non_exhaustive()
    }
}
