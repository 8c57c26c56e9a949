//! Plans for whole guests: the diff applies with the real `patch`, the script is one that a shell takes, and the guest
//! with the diff is judged better.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that cannot go on fails")]

mod guests;
mod machine;
mod made;
mod makers;
mod source;
