//! VHDX: images made by hand and by qemu-img, sound, damaged and left open.

mod blocks;
mod build;
mod corpus;
mod damage;
mod limits;
mod log;
mod log_limits;
mod mutation;
mod oracle;
mod sound;
mod truncation;

use disk::{Closed, Disk, Format, Info, VhdxDetails};
use std::sync::Arc;
use storage::{Result, Source};

/// The format itself: probing is tested where all formats are.
fn format() -> &'static dyn Format {
    disk::format("vhdx").unwrap()
}

fn open(file: Source) -> Result<Arc<dyn Disk>> {
    format().open(file, &Closed)
}

fn details(info: &Info) -> &VhdxDetails {
    match &info.details {
        disk::Details::Vhdx(details) => details,
        other => panic!("{other:?}"),
    }
}
