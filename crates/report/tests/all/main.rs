//! Reports of literal facts, against committed pages and committed schemas.

mod disks;
mod golden;
mod schema;
