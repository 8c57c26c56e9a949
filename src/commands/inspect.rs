//! `inspect`: what is in an image.

use crate::cli::{Colour, Inspect};
use crate::exit::{Exit, Failure};

pub(crate) fn run(args: &Inspect, colour: Colour) -> Result<Exit, Failure> {
    let _ = (args, colour);
    Ok(Exit::Done)
}
