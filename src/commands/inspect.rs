//! `inspect`: what is in an image.

use crate::cli::{Colour, Inspect, ReportOutput};
use crate::exit::{Exit, Failure};
use crate::{image, output};

pub(crate) fn run(args: &Inspect, colour: Colour) -> Result<Exit, Failure> {
    let examined = image::examine(&args.image, &args.input)?;
    if let Some(error) = examined.failure {
        return Err(error.into());
    }
    match args.output {
        ReportOutput::Text => output::text(&report::inspect_text(&examined.facts, &output::style(colour)))?,
        ReportOutput::Json => {
            let mut out = Vec::new();
            report::inspect_json(&examined.facts, &mut out)?;
            output::bytes(&out)?;
        }
    }
    Ok(Exit::Done)
}
