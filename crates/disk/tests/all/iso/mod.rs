//! Optical media, made in memory and by other programs.

mod bootable;
mod damage;
mod facts;
pub(crate) mod media;
mod oracle;
