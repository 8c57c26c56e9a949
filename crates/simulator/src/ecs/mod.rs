//! ECS, API version 2014-05-26, as far as an import of images needs it.

mod cancel_task;
mod check;
mod describe_images;
mod describe_regions;
mod describe_snapshots;
mod describe_tasks;
mod disks;
mod import;
mod import_image;
mod object;
mod outcome;
mod stage;
mod validate;

pub use check::Check;
pub(crate) use import::Cloud;
pub use import::{Image, Task};
pub use outcome::Outcome;

use crate::operation::Operation;
use crate::refusal::Refusal;
use crate::rpc::{Answer, Call, unknown};

/// Does what is asked.
pub(crate) fn answer(call: &Call<'_>) -> Answer {
    if call.operation != Operation::DescribeRegions {
        check_region(call)?;
    }
    match call.operation {
        Operation::ImportImage => import_image::answer(call),
        Operation::DescribeTasks => describe_tasks::list(call),
        Operation::DescribeTaskAttribute => describe_tasks::attribute(call),
        Operation::CancelTask => cancel_task::answer(call),
        Operation::DescribeImages => describe_images::list(call),
        Operation::DeleteImage => describe_images::delete(call),
        Operation::DescribeSnapshots => describe_snapshots::answer(call),
        Operation::DescribeRegions => describe_regions::answer(call),
        _ => Err(unknown()),
    }
}

fn check_region(call: &Call<'_>) -> Result<(), Refusal> {
    let region = call.require("RegionId")?;
    if region == call.world.options.region || describe_regions::REGIONS.contains(&region) {
        return Ok(());
    }
    Err(Refusal::new(404, "InvalidRegionId.NotFound", "The RegionId provided does not exist in our records."))
}

/// One page of `all`: `PageNumber`, `PageSize`.
fn page<T>(call: &Call<'_>, all: Vec<T>) -> Result<(usize, usize, usize, Vec<T>), Refusal> {
    let number = call.number("PageNumber", 1..=usize::MAX, 1)?;
    let size = call.number("PageSize", 1..=100, 10)?;
    let total = all.len();
    let items = all.into_iter().skip((number - 1).saturating_mul(size)).take(size).collect();
    Ok((number, size, total, items))
}
