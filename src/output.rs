//! Writing to standard output.

use crate::exit::Failure;
use serde::Serialize;
use std::io::{IsTerminal, Write};

/// Writes a text and flushes it, so that a full disk or a closed pipe is noticed.
pub(crate) fn text(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// Writes a JSON document, indented by four as qemu-img does.
pub(crate) fn json(document: &impl Serialize) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    document
        .serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, formatter))
        .map_err(std::io::Error::from)?;
    bytes.push(b'\n');
    text(&String::from_utf8_lossy(&bytes))
}

/// Whether to colour: asked for, or a terminal that has not opted out (`NO_COLOR`).
pub(crate) fn colour(choice: crate::cli::Colour) -> bool {
    match choice {
        crate::cli::Colour::Always => true,
        crate::cli::Colour::Never => false,
        crate::cli::Colour::Auto => {
            let opted_out = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            std::io::stdout().is_terminal() && !opted_out && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
        }
    }
}
