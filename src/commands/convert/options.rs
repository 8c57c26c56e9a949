//! `-o`.

use crate::exit::Failure;
use disk::Format;
use std::fmt::Write;

/// `a=b,c=d`; a comma in a value is written twice. A name without a value means `on`.
pub(crate) fn split(given: &[String]) -> Result<Vec<(String, String)>, Failure> {
    let mut options = Vec::new();
    for item in given.iter().flat_map(|text| text.replace(",,", "\0").split(',').map(str::to_owned).collect::<Vec<_>>())
    {
        let item = item.replace('\0', ",");
        let (name, value) = item.split_once('=').unwrap_or((&item, "on"));
        if name.is_empty() {
            return Err(Failure::usage(format!("-o {:?}: an option has no name", given.join(","))));
        }
        options.push((name.to_owned(), value.to_owned()));
    }
    Ok(options)
}

/// What `-o help` prints.
pub(super) fn help(format: &dyn Format) -> String {
    let options = format.options();
    if options.is_empty() {
        return format!("{} has no options.\n", format.name());
    }
    let mut out = format!("Options of {}:\n", format.name());
    for (name, what) in options {
        let _ = writeln!(out, "  {name:<18} {what}");
    }
    out
}
