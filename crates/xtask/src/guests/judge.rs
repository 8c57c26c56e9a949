//! What the program says of an image.

use super::case::{Recipe, Verb};
use crate::Result;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

/// Severities of findings that block, the worst last.
const BLOCKING: [&str; 3] = ["no_login", "no_boot", "reject"];

/// Exit code of a request that is not made because of a rule.
const REFUSED: i32 = 10;

/// What it says of one rule.
pub(super) struct Said {
    /// The severity at which the rule blocks the image, or else the word of its status.
    pub(super) word: String,
    pub(super) blocks: bool,
    /// Other rules that block it.
    pub(super) others: Vec<String>,
}

/// Asks for one rule.
pub(super) fn ask(program: &Path, image: &Path, recipe: &Recipe, rule: &str) -> Result<Said> {
    match recipe.verb {
        Verb::Preflight => of_report(&report(program, image, recipe.arguments)?, rule),
        Verb::Request => of_request(&run(program, "request", image, recipe.arguments)?, rule),
    }
}

fn of_report(report: &Value, rule: &str) -> Result<Said> {
    let results = results(report)?;
    let result = results.iter().find(|result| result["id"] == rule).ok_or("the report lacks the rule")?;
    let worst = worst(result);
    let others = results.iter().filter(|other| other["id"] != rule && self::worst(other).is_some());
    Ok(Said {
        word: worst.or_else(|| result["status"].as_str()).unwrap_or("?").to_owned(),
        blocks: worst.is_some(),
        others: others.filter_map(|other| other["id"].as_str()).map(str::to_owned).collect(),
    })
}

/// The worst severity among findings that block.
fn worst(result: &Value) -> Option<&'static str> {
    let severities = result["findings"].as_array().into_iter().flatten().filter_map(|one| one["severity"].as_str());
    severities.filter_map(|word| BLOCKING.iter().position(|known| *known == word)).max().map(|at| BLOCKING[at])
}

/// A request that is refused names the rules in lines of their own: program, image, rule, message.
fn of_request(done: &Output, rule: &str) -> Result<Said> {
    let words = String::from_utf8_lossy(&done.stderr);
    let is_rule =
        |word: &&str| word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-');
    let named: BTreeSet<_> = words.lines().filter_map(|line| line.split(": ").nth(2).filter(is_rule)).collect();
    let blocks = named.contains(rule);
    let word = match done.status.code() {
        Some(0) => "PASSED",
        Some(REFUSED) if blocks => "reject",
        Some(REFUSED) => "not asked",
        _ => return Err(format!("request: {}", words.trim()).into()),
    };
    let others = named.into_iter().filter(|other| *other != rule).map(str::to_owned).collect();
    Ok(Said { word: word.to_owned(), blocks, others })
}

/// The rules that can block: a report names of those that found nothing the worst that they can say.
pub(super) fn blocking(program: &Path, sound: &Path) -> Result<BTreeSet<String>> {
    let report = report(program, sound, &[])?;
    let blocks = |result: &&Value| result["severity"].as_str().is_some_and(|word| BLOCKING.contains(&word));
    Ok(results(&report)?.iter().filter(blocks).filter_map(|result| result["id"].as_str()).map(str::to_owned).collect())
}

fn results(report: &Value) -> Result<&Vec<Value>> {
    Ok(report["results"].as_array().ok_or("a report without results")?)
}

fn report(program: &Path, image: &Path, arguments: &[&str]) -> Result<Value> {
    let done = run(program, "preflight", image, arguments)?;
    let words = || String::from_utf8_lossy(&done.stderr).trim().to_owned();
    Ok(serde_json::from_slice(&done.stdout).map_err(|error| format!("preflight: {error}: {}", words()))?)
}

fn run(program: &Path, verb: &str, image: &Path, arguments: &[&str]) -> Result<Output> {
    Ok(Command::new(program).args([verb, "--no-policy", "--output", "json"]).args(arguments).arg(image).output()?)
}
