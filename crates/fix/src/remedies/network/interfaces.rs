//! `/etc/network/interfaces` and what it sources. interfaces(5).

use super::{Wanted, line, on_boot};
use crate::edit::Edit;
use crate::work::Work;
use facts::InterfaceMatch;

/// Options of the `static` method, and of the old network.
const OLD: &[&str] = &[
    "address",
    "netmask",
    "gateway",
    "broadcast",
    "network",
    "pointopoint",
    "dns-nameservers",
    "dns-nameserver",
    "dns-search",
    "dns-domain",
];

/// Words that begin a stanza.
const STANZAS: &[&str] = &["iface", "auto", "mapping", "source", "source-directory", "rename", "template"];

pub(super) fn change(work: &Work<'_>, wanted: &Wanted<'_>) -> Option<Vec<Edit>> {
    let InterfaceMatch::Name(name) = &wanted.profile.interface else { return None };
    let head = line(wanted)?;
    let new_name = if wanted.any_name && !name.contains('*') { "eth0" } else { name.as_str() };
    let lines = work.lines(wanted.path);
    let mut edits = Vec::new();
    if new_name != name {
        edits.extend(
            lines.iter().filter(|(_, text)| names(text, name)).map(|(number, _)| rename(*number, name, new_name)),
        );
    }
    if wanted.dhcp {
        edits.push(Edit::Line(head, Box::new(to_dhcp)));
        let body = lines.iter().filter(|(number, _)| *number > head).map(|(number, text)| (*number, first(text)));
        let body = body.take_while(|(_, word)| !STANZAS.contains(word) && !word.starts_with("allow-"));
        edits.extend(body.filter(|(_, word)| OLD.contains(word)).map(|(number, _)| Edit::Delete(number)));
        if !on_boot(wanted.profile) {
            edits.push(Edit::Insert(head.checked_sub(1)?, format!("auto {new_name}")));
        }
    }
    Some(edits)
}

/// Whether a line brings up or configures that interface.
fn names(text: &str, name: &str) -> bool {
    let word = first(text);
    (matches!(word, "iface" | "auto") || word.starts_with("allow-"))
        && text.split_ascii_whitespace().any(|word| word == name)
}

fn first(text: &str) -> &str {
    text.split_ascii_whitespace().next().unwrap_or_default()
}

fn rename(line: usize, old: &str, new: &str) -> Edit {
    let (old, new) = (old.to_owned(), new.to_owned());
    Edit::Line(
        line,
        Box::new(move |text| {
            Some(text.split(' ').map(|word| if word == old { &new } else { word }).collect::<Vec<_>>().join(" "))
        }),
    )
}

/// `iface eth0 inet static` with another method.
fn to_dhcp(text: &str) -> Option<String> {
    let text = text.trim_end();
    let (head, method) = text.rsplit_once([' ', '\t'])?;
    let end = &text[head.len()..text.len() - method.len()];
    Some(format!("{head}{end}dhcp"))
}
