//! Writing to standard output.

use crate::cli::Colour;
use crate::exit::Failure;
use serde::Serialize;
use serde_json::Value;
use std::io::{IsTerminal, Write};

/// Where schemas are.
const SCHEMAS: &str = "https://github.com/bootworthy/bootworthy/blob/main/src/commands/schema";

/// Writes bytes and flushes them, so that a full disk or a closed pipe is noticed.
pub(crate) fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()?;
    Ok(())
}

/// Writes a text.
pub(crate) fn text(text: &str) -> Result<(), Failure> {
    bytes(text.as_bytes())
}

/// Writes a JSON document, indented by four as qemu-img does.
pub(crate) fn json(document: &impl Serialize) -> Result<(), Failure> {
    let mut out = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
    document.serialize(&mut serializer).map_err(std::io::Error::from)?;
    out.push(b'\n');
    bytes(&out)
}

/// Writes a JSON document of ours with the schema that it follows: `src/commands/schema/NAME-1.json`.
pub(crate) fn document(name: &str, mut document: Value) -> Result<(), Failure> {
    document["$schema"] = format!("{SCHEMAS}/{name}-1.json").into();
    document["schema_version"] = 1.into();
    json(&document)
}

/// How a report looks on this terminal, or in this pipe.
pub(crate) fn style(choice: Colour) -> report::Style {
    report::Style { colour: colour(choice), ..report::Style::default() }
}

/// Asked for, or a terminal that has not opted out (`NO_COLOR`).
fn colour(choice: Colour) -> bool {
    match choice {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => {
            let opted_out = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
            std::io::stdout().is_terminal() && !opted_out && !dumb
        }
    }
}
