//! `preflight`: whether ECS will import and boot an image.

use crate::cli::{Colour, Preflight, ReportOutput};
use crate::exit::{Exit, Failure};
use crate::{image, output};
use preflight::{Target, Verdict};
use report::Style;

pub(crate) fn run(args: &Preflight, colour: Colour) -> Result<Exit, Failure> {
    let examined = image::examine(&args.image, &args.subject)?;
    let target =
        Target { profile: args.profile, disk: args.disk, fail_on: args.fail_on, request: args.request.parameters() };
    let report = preflight::check(&examined.facts, &target);
    let name = match args.output {
        ReportOutput::Text => "text",
        ReportOutput::Json => "json",
    };
    let style = Style { verbose: args.verbose, facts: args.facts, ..output::style(colour) };
    let mut out = Vec::new();
    report::reporter(name).expect("a reporter of that name").write(&report, &examined.facts, &style, &mut out)?;
    output::bytes(&out)?;
    Ok(match report.verdict {
        _ if examined.failure.is_some() => Exit::Image,
        Verdict::NotReady => Exit::Blocked,
        Verdict::Undecided if args.strict => Exit::Undecided,
        Verdict::Undecided | Verdict::Ready => Exit::Done,
    })
}
