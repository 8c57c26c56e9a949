//! Numbers that differ from call to call, for pauses and nonces. They need not be secret: who guesses a nonce cannot
//! sign with it. The standard library seeds its hash tables from the system; this takes the seed of one.

use crate::encoding::hex;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};

static COUNT: AtomicU64 = AtomicU64::new(0);

/// Sixty-four bits.
pub(crate) fn bits() -> u64 {
    RandomState::new().hash_one((COUNT.fetch_add(1, Ordering::Relaxed), std::process::id(), std::time::Instant::now()))
}

/// Thirty-two hexadecimal digits.
pub(crate) fn nonce() -> String {
    hex(&[bits().to_be_bytes(), bits().to_be_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_nonce_comes_twice() {
        let all: std::collections::BTreeSet<_> = (0..10_000).map(|_| nonce()).collect();
        assert_eq!(all.len(), 10_000);
        assert!(all.iter().all(|nonce| nonce.len() == 32));
    }
}
