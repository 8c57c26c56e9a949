//! What the server's program says of itself. The names of its keywords and its messages are in it as text, so that it
//! tells what its version and its distribution's patches understand.

use crate::look::{Gap, Look, first};
use crate::tree::Tree;
use std::cell::OnceCell;

/// Where the program is.
pub(super) const PATHS: &[&str] = &["/usr/sbin/sshd", "/sbin/sshd", "/usr/local/sbin/sshd"];

/// A longer program is not read. OpenSSH's has one to two megabytes.
const MAX_PROGRAM: u64 = 16 << 20;

/// Keywords that every OpenSSH server has: a program without them holds its names in another way, or is none.
const SIGNS: [&str; 2] = ["permitrootlogin", "hostbasedauthentication"];

/// The program, read when it is first asked.
pub(super) struct Program<'t, 'v> {
    tree: &'t Tree<'v>,
    bytes: OnceCell<Look<Vec<u8>>>,
}

impl<'t, 'v> Program<'t, 'v> {
    pub(super) fn new(tree: &'t Tree<'v>) -> Self {
        Program { tree, bytes: OnceCell::new() }
    }

    /// Whether a string that ends so is in it. Linkers let strings share their ends, so that nothing can be said about
    /// where one begins.
    pub(super) fn says(&self, text: &str) -> Look<bool> {
        let bytes = self.bytes.get_or_init(|| read(self.tree)).as_ref().map_err(Gap::clone)?;
        Ok(holds(bytes, text))
    }
}

fn read(tree: &Tree<'_>) -> Look<Vec<u8>> {
    let file = first(PATHS, |path| tree.read_up_to(path, MAX_PROGRAM))?;
    if SIGNS.iter().all(|sign| holds(&file.bytes, sign)) {
        return Ok(file.bytes);
    }
    Err(Gap::unknown("the program sshd does not show which keywords it knows"))
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.split(|byte| *byte == 0).any(|string| string.ends_with(text.as_bytes()))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A server that knows these words.
    pub(in crate::sshd) fn program(words: &[&str]) -> String {
        let all: Vec<_> = SIGNS.iter().chain(words).copied().collect();
        format!("\u{7f}ELF\0{}\0", all.join("\0"))
    }

    #[test]
    fn strings_end_with_a_zero_and_may_share_their_ends() {
        let bytes = b"\x7fELF\0localport\0with no zero";
        assert!(holds(bytes, "localport") && holds(bytes, "port"));
        assert!(!holds(bytes, "local") && !holds(b"\x7fELF include not a keyword\0", "include"));
    }
}
