//! The parsers on whole files, and on what no file should be.

mod grub;
mod hostile;
mod lines;
