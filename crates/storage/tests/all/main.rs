//! Files and devices of this machine: filesystems on loop devices, the page cache, full disks.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod caching;
mod cloning;
mod existing;
mod machine;
mod new_file;
mod scratch;
