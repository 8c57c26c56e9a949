//! Bootworthy from outside: one binary, a module a verb.

mod workspace;
