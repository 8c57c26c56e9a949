//! Lists of the keys below a key: `lf`, `lh` and `li` hold keys, `ri` holds lists.

use crate::bytes::{at, le16, le32};
use crate::cells::{Cell, Cells, broken};
use storage::{Error, Result};

/// Lists in lists; Windows makes no more than two levels.
const MAX_DEPTH: usize = 4;

/// Keys that are looked at below one key.
const MAX_KEYS: usize = 1 << 20;

/// Damaged entries of one list after which the rest of it is left.
const MAX_DAMAGED: usize = 1000;

/// Bytes that a key takes at least, so that a hive cannot have more keys than its length over this.
const LEAST_KEY: usize = 80;

/// The cells of the keys in the list at `head`; what is damaged in it stands where it was met.
pub(crate) fn offsets(cells: Cells<'_>, head: u32) -> Vec<Result<u32>> {
    let mut walk = Walk { cells, left: (cells.len() / LEAST_KEY + 1).min(MAX_KEYS), damaged: 0, found: Vec::new() };
    walk.list(head, 0);
    walk.found
}

struct Walk<'h> {
    cells: Cells<'h>,
    /// Entries that may still be met.
    left: usize,
    damaged: usize,
    found: Vec<Result<u32>>,
}

impl Walk<'_> {
    fn list(&mut self, head: u32, depth: usize) {
        if depth == MAX_DEPTH {
            self.fail(broken(head, "lists of keys refer to one another too deeply"));
            return;
        }
        match self.cells.get(head) {
            Ok(cell) => self.entries(&cell, depth),
            Err(error) => self.fail(error),
        }
    }

    fn entries(&mut self, cell: &Cell<'_>, depth: usize) {
        let (width, nested) = match at::<2>(cell.content, 0).as_ref() {
            Some(b"lf" | b"lh") => (8, false),
            Some(b"li") => (4, false),
            Some(b"ri") => (4, true),
            _ => return self.fail(cell.broken("a list of keys is of no known kind")),
        };
        for entry in 0..le16(cell.content, 2).map_or(0, usize::from) {
            let Some(left) = self.left.checked_sub(1) else {
                return self.fail(cell.broken("lists name more keys than the hive can hold"));
            };
            self.left = left;
            match le32(cell.content, 4 + entry * width) {
                Some(offset) if nested => self.list(offset, depth + 1),
                Some(offset) => self.found.push(Ok(offset)),
                None => return self.fail(cell.broken("a list of keys is longer than its cell")),
            }
            if self.left == 0 {
                return;
            }
        }
    }

    fn fail(&mut self, error: Error) {
        self.found.push(Err(error));
        self.damaged += 1;
        if self.damaged == MAX_DAMAGED {
            self.left = 0;
        }
    }
}
