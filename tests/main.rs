//! Bootworthy from outside: one binary, a module a verb.

mod compare;
mod convert;
mod flip;
mod guests;
mod hostile;
mod info;
mod preflight;
mod program;
mod workspace;
