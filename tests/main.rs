//! Bootworthy from outside: one binary, a module a verb.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that cannot go on fails, and says what it skips")]

mod compare;
mod convert;
mod fix_plan;
mod flip;
mod guests;
mod hostile;
mod import;
mod info;
mod machine;
mod media;
mod pipes;
mod policy;
mod preflight;
mod program;
mod remote;
mod request;
mod shaping;
mod verbs;
mod workspace;
