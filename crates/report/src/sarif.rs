//! SARIF 2.1.0 (OASIS; its schema is `schema/sarif-2.1.0.json`): one run for all images.
//!
//! A finding is a result at the image file; where in the image it is, is said by logical locations. What could not be
//! decided is a result of kind `open`; what passed or was skipped is listed only in verbose documents. Not written:
//! fixes, code flows, taxonomies.

use crate::escape::{self, shown};
use crate::json::TOOL;
use crate::uri::uri;
use crate::{Judged, Style};
use facts::Evidence;
use preflight::{Finding, Judgement, Outcome, Report, Severity, Waiver};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::io;

/// SARIF.
pub(crate) struct Reporter;

/// Results that code scanning takes of one run; the mildest are left out.
const RESULTS: usize = 25_000;
/// Places told of one result.
const PLACES: usize = 100;
/// The name of our fingerprints.
const FINGERPRINT: &str = "bootworthy/v1";

impl crate::Reporter for Reporter {
    fn name(&self) -> &'static str {
        "sarif"
    }

    fn write(&self, images: &[Judged<'_>], style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        escape::json(&document(images, style, RESULTS), out)
    }
}

fn document(images: &[Judged<'_>], style: &Style, most: usize) -> Value {
    let rules = Rules::of(images);
    let mut results: Vec<_> = images.iter().enumerate().flat_map(|image| results(image, &rules, style)).collect();
    results.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    let left_out = results.len().saturating_sub(most);
    results.truncate(most);
    let results: Vec<_> = results.into_iter().map(|(_, result)| result).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": TOOL.name,
                "version": TOOL.version,
                "semanticVersion": TOOL.version,
                "rules": rules.list,
            }},
            "invocations": [invocation(left_out, style)],
            "artifacts": images.iter().map(artifact).collect::<Vec<_>>(),
            "results": results,
            "properties": { "rulePack": preflight::PACK },
        }],
    })
}

fn invocation(left_out: usize, style: &Style) -> Value {
    let mut invocation = json!({ "executionSuccessful": true });
    if left_out > 0 {
        let text = format!("{left_out} results are left out: this format holds {RESULTS}");
        let notice = json!({ "level": "warning", "message": { "text": text } });
        invocation["toolExecutionNotifications"] = json!([notice]);
    }
    if let Some(moment) = style.moment("T", ":") {
        invocation["endTimeUtc"] = json!(format!("{moment}Z"));
    }
    invocation
}

fn artifact(image: &Judged<'_>) -> Value {
    let Report { image: path, file_size, verdict, .. } = image.report;
    json!({ "location": { "uri": uri(path) }, "length": file_size, "properties": { "verdict": verdict } })
}

/// The rules that were asked, each once.
struct Rules<'r> {
    list: Vec<Value>,
    index: HashMap<&'r str, usize>,
}

impl<'r> Rules<'r> {
    fn of(images: &[Judged<'r>]) -> Self {
        let mut rules = Rules { list: Vec::new(), index: HashMap::new() };
        for image in images {
            for result in &image.report.results {
                if !rules.index.contains_key(&*result.id) {
                    rules.index.insert(&result.id, rules.list.len());
                    rules.list.push(rule(result, image.report.fail_on));
                }
            }
        }
        rules
    }
}

/// What a rule is; those of a policy file have no words of their own.
fn rule(result: &Judgement, fail_on: Severity) -> Value {
    let mut rule = json!({
        "id": shown(&result.id),
        "shortDescription": { "text": message(&result.title) },
        "defaultConfiguration": { "level": level(result.worst, fail_on) },
        "properties": {
            "severity": result.worst,
            "confidence": result.confidence,
            "source": shown(&result.source),
            "aliases": result.aliases,
        },
    });
    if let Some(known) = preflight::rule(&result.id) {
        let plain = known.docs.trim().replace("# ", "").replace('`', "");
        rule["help"] = json!({ "text": plain, "markdown": known.docs.trim() });
        let about = known.docs.trim().split("\n\n").next().unwrap_or_default();
        let about = about.lines().filter(|line| !line.starts_with("# ")).collect::<Vec<_>>().join(" ");
        rule["fullDescription"] = json!({ "text": about.replace('`', "") });
    }
    rule
}

fn level(severity: Severity, fail_on: Severity) -> &'static str {
    match severity {
        severity if severity >= fail_on => "error",
        Severity::Info => "note",
        _ => "warning",
    }
}

/// What is to be said of an image, each with its weight.
fn results<'a>(
    (index, image): (usize, &'a Judged<'_>),
    rules: &'a Rules<'_>,
    style: &'a Style,
) -> impl Iterator<Item = (usize, Value)> + 'a {
    let report = image.report;
    let compared = report.findings().iter().any(|(_, finding)| finding.in_baseline);
    let about = move |judgement: &Judgement, rest: Value| {
        let mut result = Map::new();
        result.insert("ruleId".into(), json!(shown(&judgement.id)));
        result.insert("ruleIndex".into(), json!(rules.index.get(&*judgement.id)));
        if let Some(waiver) = &judgement.waived {
            result.insert("suppressions".into(), json!([suppression(waiver)]));
        }
        if let Value::Object(rest) = rest {
            result.extend(rest);
        }
        Value::Object(result)
    };
    let artifact = move || json!({ "uri": uri(&report.image), "index": index });
    report.results.iter().flat_map(move |judgement| {
        let findings = judgement.outcome.findings().iter();
        let mut all: Vec<_> = findings
            .map(|found| {
                let finding = finding(found, report.fail_on, compared, &artifact());
                (3 + found.severity as usize, about(judgement, finding))
            })
            .collect();
        let (weight, kind, text) = match &judgement.outcome {
            Outcome::Unknown { why } => (2, "open", format!("{}: it cannot be told: {why}", judgement.title)),
            Outcome::Failed { open: Some(why), .. } => (2, "open", format!("it may be worse: {why}")),
            Outcome::Passed if style.verbose => (1, "pass", judgement.title.to_string()),
            Outcome::Skipped { why } if style.verbose => (0, "notApplicable", why.clone()),
            _ => return all,
        };
        let locations = json!([location(&Evidence::default(), &artifact())]);
        let result =
            json!({ "kind": kind, "level": "none", "message": { "text": message(&text) }, "locations": locations });
        all.push((weight, about(judgement, result)));
        all
    })
}

fn finding(finding: &Finding, fail_on: Severity, compared: bool, artifact: &Value) -> Value {
    let text = format!("{}. To fix it: {}.", finding.message, finding.remedy);
    let nowhere = [Evidence::default()];
    let places = if finding.evidence.is_empty() { &nowhere[..] } else { &finding.evidence };
    let mut places: Vec<_> = places.iter().take(PLACES).map(|place| location(place, artifact)).collect();
    let related = places.split_off(1);
    let mut result = json!({
        "level": level(finding.severity, fail_on),
        "message": { "text": message(&text) },
        "locations": places,
        "partialFingerprints": { FINGERPRINT: finding.fingerprint },
        "properties": { "severity": finding.severity, "remedy": shown(&finding.remedy) },
    });
    if !related.is_empty() {
        result["relatedLocations"] = json!(related);
    }
    if compared {
        result["baselineState"] = json!(if finding.in_baseline { "unchanged" } else { "new" });
    }
    result
}

/// The image file, and the place in it. Code scanning asks for a line even of a file that has none.
fn location(place: &Evidence, artifact: &Value) -> Value {
    let physical = json!({ "artifactLocation": artifact, "region": { "startLine": 1 } });
    let mut location = json!({ "physicalLocation": physical });
    if let Some(volume) = &place.volume {
        let line = place.line.map_or(String::new(), |line| format!(":{line}"));
        let volume = shown(&volume.0);
        let path = place.path.as_deref().map(|path| shown(path) + &line);
        let whole = format!("{volume}{}", path.as_deref().unwrap_or_default());
        let name = path.unwrap_or(volume);
        location["logicalLocations"] = json!([{ "name": name, "fullyQualifiedName": whole, "kind": "resource" }]);
    }
    if let Some(text) = place.text.as_deref().filter(|text| !text.trim().is_empty()) {
        location["message"] = json!({ "text": message(&crate::page::cut(text)) });
    }
    location
}

fn suppression(waiver: &Waiver) -> Value {
    let until = waiver.expires.map_or(String::new(), |day| format!(" (until {day})"));
    let justification = shown(&waiver.reason) + &until;
    json!({ "kind": "external", "status": "accepted", "justification": justification })
}

/// A message: braces are doubled, for they enclose placeholders (3.11.5), and what would be a link is none (3.11.6).
fn message(text: &str) -> String {
    let text = shown(text).replace('{', "{{").replace('}', "}}");
    if text.contains("](") { text.replace('[', "\\[").replace(']', "\\]") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use facts::Facts;

    #[test]
    fn a_run_is_cut_at_its_most_and_says_so() {
        let facts = Facts::default();
        let report = preflight::check(&facts, &preflight::Target::default());
        let images = [Judged { report: &report, facts: &facts }];
        let whole = document(&images, &Style::default(), RESULTS);
        let all = whole["runs"][0]["results"].as_array().unwrap().len();
        assert!(all > 20 && whole["runs"][0]["invocations"][0].get("toolExecutionNotifications").is_none());
        let cut = document(&images, &Style::default(), 20);
        assert_eq!(cut["runs"][0]["results"].as_array().unwrap().len(), 20);
        let notice = &cut["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
        assert!(notice.as_str().unwrap().starts_with(&format!("{} results", all - 20)));
    }

    #[test]
    fn messages_have_neither_placeholders_nor_links() {
        assert_eq!(message("{0} [a](http://b)"), "{{0}} \\[a\\](http://b)");
        assert_eq!(message("list[0]"), "list[0]");
    }
}
