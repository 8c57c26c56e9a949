//! The report as JSON. Its schema is `schema/preflight-1.json`; several reports are an object that has them and a summary.

use crate::summary::Summary;
use crate::{Judged, Style, escape};
use facts::Facts;
use preflight::Report;
use serde::Serialize;
use std::io;

/// Version of the document. Raised when a reader would have to change.
const SCHEMA_VERSION: u32 = 1;
const SCHEMA: &str = "https://github.com/bootworthy/bootworthy/blob/main/crates/report/schema/preflight-1.json";

/// JSON.
pub(crate) struct Reporter;

/// Who wrote a document.
#[derive(Serialize)]
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
}

/// This program.
pub(crate) const TOOL: Tool = Tool { name: "bootworthy", version: env!("CARGO_PKG_VERSION") };

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    schema_version: u32,
    tool: Tool,
    #[serde(flatten)]
    report: &'a Report,
    #[serde(skip_serializing_if = "Option::is_none")]
    facts: Option<&'a Facts>,
}

impl<'a> Document<'a> {
    fn of(image: &Judged<'a>, style: &Style) -> Self {
        let facts = style.facts.then_some(image.facts);
        Document { schema: SCHEMA, schema_version: SCHEMA_VERSION, tool: TOOL, report: image.report, facts }
    }
}

#[derive(Serialize)]
struct Documents<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    schema_version: u32,
    tool: Tool,
    summary: Summary<'a>,
    reports: Vec<Document<'a>>,
}

impl crate::Reporter for Reporter {
    fn name(&self) -> &'static str {
        "json"
    }

    fn write(&self, images: &[Judged<'_>], style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        match images {
            [image] => escape::json(&Document::of(image, style), out),
            _ => {
                let reports = images.iter().map(|image| Document::of(image, style)).collect();
                let summary = Summary::of(images);
                let all = Documents { schema: SCHEMA, schema_version: SCHEMA_VERSION, tool: TOOL, summary, reports };
                escape::json(&all, out)
            }
        }
    }
}
