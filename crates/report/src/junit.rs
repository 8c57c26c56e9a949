//! JUnit XML: an image is a test suite, a rule a test case.
//!
//! There is no standard of it; elements and attributes are those that Jenkins, GitLab and the schema of
//! `jenkins-junit.xsd` have in common. What blocks is a failure. What is unknown, skipped or waived is skipped, with the
//! reason; warnings and notes are the output of a case that passed.

use crate::escape::shown;
use crate::markup::Xml;
use crate::page::{cut, place};
use crate::{Judged, Style};
use preflight::{Finding, Judgement, Outcome, Report};
use std::io;

/// JUnit XML.
pub(crate) struct Reporter;

impl crate::Reporter for Reporter {
    fn name(&self) -> &'static str {
        "junit"
    }

    fn write(&self, images: &[Judged<'_>], style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        let mut xml = Xml::new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
        let total = images.iter().map(|image| Counts::of(image.report)).fold(Counts::default(), Counts::plus);
        let [tests, failures, skipped] = total.words();
        let attributes = [
            ("name", "bootworthy preflight"),
            ("tests", &tests),
            ("failures", &failures),
            ("errors", "0"),
            ("skipped", &skipped),
        ];
        xml.element("testsuites", &attributes, |xml| images.iter().for_each(|image| suite(xml, image.report, style)));
        out.write_all(xml.finish().as_bytes())
    }
}

/// How many cases came to what.
#[derive(Default)]
struct Counts {
    tests: usize,
    failures: usize,
    skipped: usize,
}

impl Counts {
    fn of(report: &Report) -> Self {
        let count = |which: fn(&State<'_>) -> bool| {
            report.results.iter().filter(|result| which(&State::of(result, report))).count()
        };
        Counts {
            tests: report.results.len(),
            failures: count(|state| matches!(state, State::Fails(_))),
            skipped: count(|state| matches!(state, State::Skipped(_))),
        }
    }

    fn plus(self, other: Self) -> Self {
        Counts {
            tests: self.tests + other.tests,
            failures: self.failures + other.failures,
            skipped: self.skipped + other.skipped,
        }
    }

    fn words(&self) -> [String; 3] {
        [self.tests, self.failures, self.skipped].map(|count| count.to_string())
    }
}

/// What a rule comes to as a test case.
enum State<'r> {
    /// With what blocks.
    Fails(Vec<&'r Finding>),
    /// With the reason.
    Skipped(String),
    Passes,
}

impl<'r> State<'r> {
    fn of(result: &'r Judgement, report: &Report) -> Self {
        let blocks = |finding: &&Finding| finding.severity >= report.fail_on && !finding.in_baseline;
        match (&result.outcome, &result.waived) {
            (Outcome::Failed { .. } | Outcome::Unknown { .. }, Some(waiver)) => {
                State::Skipped(format!("waived: {}", waiver.reason))
            }
            (Outcome::Unknown { why }, None) => State::Skipped(format!("unknown: {why}")),
            (Outcome::Skipped { why }, _) => State::Skipped(format!("not about this disk: {why}")),
            (Outcome::Failed { findings, open }, None) => {
                let blocking: Vec<_> = findings.iter().filter(blocks).collect();
                match open {
                    _ if !blocking.is_empty() => State::Fails(blocking),
                    Some(why) if result.leaves_open(report.fail_on) => State::Skipped(format!("unknown: {why}")),
                    _ => State::Passes,
                }
            }
            (Outcome::Passed, _) => State::Passes,
        }
    }
}

fn suite(xml: &mut Xml, report: &Report, style: &Style) {
    let [tests, failures, skipped] = Counts::of(report).words();
    let (name, moment) = (shown(&report.image), style.moment("T", ":"));
    let mut attributes = vec![
        ("name", name.as_str()),
        ("tests", &tests),
        ("failures", &failures),
        ("errors", "0"),
        ("skipped", &skipped),
    ];
    attributes.extend(moment.as_deref().map(|moment| ("timestamp", moment)));
    xml.element("testsuite", &attributes, |xml| {
        xml.element("properties", &[], |xml| {
            let verdict = crate::sorted::word(report.verdict).to_lowercase();
            for (name, value) in [("verdict", &*verdict), ("rules", report.pack), ("profile", report.profile)] {
                xml.empty("property", &[("name", name), ("value", value)]);
            }
        });
        report.results.iter().for_each(|result| case(xml, result, report));
    });
}

fn case(xml: &mut Xml, result: &Judgement, report: &Report) {
    let group = result.id.split('-').next().unwrap_or_default();
    let class = format!("preflight.{}", shown(group));
    let name = format!("{}: {}", shown(&result.id), shown(&result.title));
    let attributes = [("classname", class.as_str()), ("name", &name)];
    let state = State::of(result, report);
    let failing = if let State::Fails(findings) = &state { findings.as_slice() } else { &[] };
    let others: Vec<_> = result.outcome.findings().iter().filter(|one| !failing.contains(one)).collect();
    if others.is_empty() && matches!(state, State::Passes) {
        return xml.empty("testcase", &attributes);
    }
    xml.element("testcase", &attributes, |xml| {
        match &state {
            State::Fails(findings) => {
                let message = findings.first().map_or(String::new(), |finding| shown(&finding.message));
                let about = [("message", message.as_str()), ("type", result.severity.word())];
                xml.line("failure", &about, &words(findings));
            }
            State::Skipped(why) => xml.empty("skipped", &[("message", &shown(why))]),
            State::Passes => {}
        }
        if !others.is_empty() {
            xml.text("system-out", &words(&others));
        }
    });
}

/// A finding, where it is and what to do, in a line each.
fn words(findings: &[&Finding]) -> String {
    let mut lines = Vec::new();
    for finding in findings {
        let known = if finding.in_baseline { ", known from the baseline" } else { "" };
        lines.push(format!("{}{known}: {}", finding.severity, shown(&cut(&finding.message))));
        lines.extend(finding.evidence.iter().map(|one| format!("  at {}", shown(&place(one)))));
        lines.push(format!("  fix: {}", shown(&finding.remedy)));
    }
    lines.join("\n")
}
