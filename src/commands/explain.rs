//! `explain`: a rule in full, or the list of all rules.

use crate::cli::{Colour, Explain};
use crate::exit::{Exit, Failure};
use crate::output;
use preflight::RULES;
use std::fmt::Write;

pub(crate) fn run(args: &Explain, colour: Colour) -> Result<Exit, Failure> {
    let Some(name) = &args.rule else {
        output::text(&list())?;
        return Ok(Exit::Done);
    };
    let rule = preflight::rule(name).ok_or_else(|| {
        Failure::usage(format!("no rule is called {name:?}; bootworthy explain lists them{}", similar(name)))
    })?;
    output::text(&report::explain(rule, &output::style(colour)))?;
    Ok(Exit::Done)
}

fn list() -> String {
    let width = RULES.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    for rule in RULES {
        let _ = writeln!(text, "{:width$}  {:8}  {}", rule.id, rule.severity, rule.title);
    }
    text
}

/// Rules whose id has the word in it.
fn similar(name: &str) -> String {
    let wanted = name.to_ascii_uppercase();
    let near: Vec<_> = RULES.iter().map(|rule| rule.id).filter(|id| id.contains(&wanted)).collect();
    if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(", ")) }
}
