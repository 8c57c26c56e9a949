//! `cancel`: imports that go on.

use super::cloud::{Cloud, Farewell};
use crate::cli::Cancel;
use crate::exit::{Exit, Failure, complain};
use crate::output;
use facts::printable;

pub(crate) fn run(args: &Cancel) -> Result<Exit, Failure> {
    let cloud = Cloud::at(&args.place, &Farewell::default())?;
    let (ecs, mut exit) = (cloud.ecs()?, Exit::Done);
    for task in &args.tasks {
        match ecs.cancel(task) {
            Ok(()) => output::text(&format!("{}: cancelled\n", printable(task)))?,
            Err(error) => {
                let failure = Failure::from(error);
                exit = failure.exit;
                complain(&failure);
            }
        }
    }
    Ok(exit)
}
