//! root's account and the terminals. master.passwd(5), ttys(5).

use crate::look::{Gap, Look, Outcome as _};
use crate::passwords;
use crate::tree::Tree;
use facts::{BsdTerminal, Known, RootLogin};

/// Terminals that are listed.
const MAX_TERMINALS: usize = 256;

pub(super) fn root(tree: &Tree<'_>) -> Look<RootLogin> {
    // The file that everyone may read has no passwords.
    let (file, secret) = match tree.read("/etc/master.passwd").optional()? {
        Some(file) => (file, true),
        None => (tree.read("/etc/passwd")?, false),
    };
    let text = String::from_utf8_lossy(&file.bytes).into_owned();
    let (line, found) = (1..).zip(text.lines()).find(|(_, line)| line.starts_with("root:")).ok_or(Gap::Absent)?;
    let fields: Vec<&str> = found.split(':').collect();
    let field = |index: usize| fields.get(index).copied().unwrap_or_default();
    let shell = field(if secret { 9 } else { 6 });
    let hash = |known: bool| if secret { Known::Is(known) } else { Known::unknown("there is no master.passwd") };
    Ok(RootLogin {
        shell: shell.to_owned(),
        locked: hash(field(1).starts_with('*')),
        empty_password: hash(field(1).is_empty()),
        hashed_by: match secret {
            true => passwords::hashed_by(field(1)).map(str::to_owned).known(),
            false => Known::unknown("there is no master.passwd"),
        },
        must_change: match field(5) {
            "" | "0" => hash(false),
            _ => Known::unknown("master.passwd sets a day, and which day it is will be known at the boot"),
        },
        // In seconds.
        expires: match field(6) {
            _ if !secret => Known::unknown("there is no master.passwd"),
            "" | "0" => Known::Absent,
            day => day
                .parse::<u64>()
                .ok()
                .and_then(|second| u32::try_from(second / 86_400).ok())
                .map_or_else(|| Known::unknown("the day on which the account of root ends is not a number"), Known::Is),
        },
        // Never the hash itself.
        evidence: vec![file.evidence.at_line(line).saying(format!("shell {shell}"))],
    })
}

/// Terminals on which a login prompt is started: `ttyu0 "/usr/libexec/getty 3wire" vt100 onifconsole secure`.
pub(super) fn terminals(tree: &Tree<'_>) -> Look<Vec<BsdTerminal>> {
    let Some(file) = tree.read("/etc/ttys").optional()? else { return Err(Gap::Absent) };
    let text = String::from_utf8_lossy(&file.bytes).into_owned();
    let terminal = |(number, line): (u32, &str)| {
        let line = line.split('#').next().unwrap_or_default().trim();
        let name = line.split_whitespace().next()?;
        // What follows the program, which may be of several words in quotes.
        let after = line.rsplit('"').next().unwrap_or_default();
        let status = after.split_whitespace().find(|word| matches!(*word, "on" | "onifconsole" | "onifexists"))?;
        Some(BsdTerminal {
            name: name.to_owned(),
            conditional: status != "on",
            evidence: file.evidence.clone().at_line(number).saying(line),
        })
    };
    Ok((1..).zip(text.lines()).filter_map(terminal).take(MAX_TERMINALS).collect())
}
