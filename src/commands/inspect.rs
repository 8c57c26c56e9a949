//! `inspect`: what is in an image, or in the several of one machine.

use crate::cli::{Colour, FactsOutput, Inspect};
use crate::exit::{Exit, Failure};
use crate::{image, output};

pub(crate) fn run(args: &Inspect, colour: Colour) -> Result<Exit, Failure> {
    let [system, data @ ..] = args.images.as_slice() else { return Err(Failure::usage("no image was named")) };
    if args.subject.input.member.is_some() && !data.is_empty() {
        return Err(Failure::usage("--member is of one archive, and several images were named"));
    }
    let examined = image::examine_machine(system, data, &args.subject)?;
    if let Some(error) = examined.failure {
        return Err(error.into());
    }
    let facts = &examined.facts;
    match args.output {
        FactsOutput::Text if args.boot_chain => output::text(&report::boot_chain_text(facts, &output::style(colour)))?,
        FactsOutput::Text => output::text(&report::inspect_text(facts, &output::style(colour)))?,
        FactsOutput::Xml => output::text(&report::inspect_xml(facts))?,
        FactsOutput::Json => {
            let mut out = Vec::new();
            report::inspect_json(facts, &mut out)?;
            output::bytes(&out)?;
        }
    }
    Ok(Exit::Done)
}
