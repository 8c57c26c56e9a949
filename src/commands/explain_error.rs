//! `explain-error`: what a code of the cloud means.

use crate::cli::ExplainError;
use crate::exit::{Exit, Failure};
use crate::output;
use ::import::explain::{Explanation, explain, explanations, nearest};
use facts::printable;
use std::fmt::Write;

pub(crate) fn run(args: &ExplainError) -> Result<Exit, Failure> {
    let Some(code) = &args.code else {
        let line = |known: &Explanation| format!("{:<48}  {}\n", name(known), known.meaning);
        output::text(&explanations().map(line).collect::<String>())?;
        return Ok(Exit::Done);
    };
    let known = explain(code).ok_or_else(|| {
        let hint = nearest(code).map_or_else(String::new, |near| format!("; did you mean {near}?"));
        Failure::usage(format!("{}: no such code is known{hint}", printable(code)))
    })?;
    output::text(&text(known))?;
    Ok(Exit::Done)
}

/// What follows a failure that has a code, and that does not say as much itself.
pub(super) fn hint(error: &::import::Error) -> Option<String> {
    let known = explain(error.code())?;
    let rules = match known.rules {
        [] if error.refusal().is_some() => return None,
        [] => String::new(),
        rules => format!(" (preflight tells before: {})", rules.join(", ")),
    };
    Some(format!("{}: {}; {}{rules}", known.code, known.meaning, known.remedy))
}

fn name(known: &Explanation) -> String {
    format!("{}{}", known.code, if known.family { ".*" } else { "" })
}

fn text(known: &Explanation) -> String {
    let mut text = format!("{}, of {}\n\n{}.\n", name(known), known.origin.name(), known.meaning);
    let _ = writeln!(text, "\nWhat to do: {}.", known.remedy);
    if known.temporary {
        text += "It passes: bootworthy tries again by itself.\n";
    }
    if !known.rules.is_empty() {
        let _ = writeln!(text, "Preflight tells before: {}.", known.rules.join(", "));
    }
    text
}
