//! Bootworthy from outside: one binary, a module a verb.

mod compare;
mod convert;
mod hostile;
mod info;
mod program;
mod workspace;
