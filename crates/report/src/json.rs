//! The report as JSON. Its schema is `schema/preflight-1.json`.

use crate::Style;
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
    name: &'static str,
    version: &'static str,
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

impl crate::Reporter for Reporter {
    fn name(&self) -> &'static str {
        "json"
    }

    fn write(&self, report: &Report, facts: &Facts, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        let document = Document {
            schema: SCHEMA,
            schema_version: SCHEMA_VERSION,
            tool: TOOL,
            report,
            facts: style.facts.then_some(facts),
        };
        serde_json::to_writer_pretty(&mut *out, &document)?;
        out.write_all(b"\n")
    }
}
